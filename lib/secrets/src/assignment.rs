//! Values assigned to names that promise a secret, in the ways of configuration, code, command
//! lines and HTTP headers.

use std::ops::Range;

use crate::Match;
use crate::name::{
    ends_in_colon_path, ends_in_element, ends_in_secret_name, is_lone_key, last_word, without_verb,
};
use crate::value::Values;

pub(crate) const RULE: &str = "secret-assignment";

/// A type between a name and its value is no longer than this: `token: Option<&'static str> = …`.
const LONGEST_TYPE: usize = 48;

/// The secrets assigned in `text`, in order of position.
pub(crate) fn find(text: &str) -> Vec<Match> {
    let bytes = text.as_bytes();
    let mut values = Values::of(text);
    let mut found = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        let secret = match byte {
            b':' | b'=' => assigned(bytes, at, &mut values),
            b' ' | b',' => passed(bytes, at, &mut values),
            b'>' => enclosed(bytes, at, &mut values),
            b'|' => in_table(bytes, at, &mut values),
            _ => None,
        };
        found.extend(secret.map(|span| Match { rule: RULE, span }));
    }
    found
}

/// `name = value`, `name: value`, `name := value`, `name => value`, `name: type = value`.
fn assigned(bytes: &[u8], at: usize, values: &mut Values) -> Option<Range<usize>> {
    let (before, rest) = bytes.split_at(at);
    if before.last().is_some_and(|last| is_sign(*last)) {
        return None;
    }
    let is_named = ends_in_secret_name(before) || without_verb(before).is_some_and(ends_in_secret_name);
    let is_key = || rest[0] == b':' && is_lone_key(before) && begins_with_quote(&rest[1..]);
    if !is_named && !is_key() {
        return None;
    }
    let sign = rest.iter().take(3).take_while(|byte| is_sign(**byte)).count();
    let is_path_in_code = rest.starts_with(b"::") || (rest[0] == b':' && ends_in_colon_path(before));
    if is_path_in_code {
        return None;
    }
    let behind = at + sign;
    values.secret_at(behind).or_else(|| values.secret_at(behind + type_before_value(&bytes[behind..])?))
}

fn is_sign(byte: u8) -> bool {
    matches!(byte, b':' | b'=' | b'>')
}

/// The length of a type and the sign behind it, if that is what `rest` begins with.
fn type_before_value(rest: &[u8]) -> Option<usize> {
    let length = rest.iter().take(LONGEST_TYPE).position(|byte| *byte == b'=')?;
    let is_of_type = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b' ' | b'_' | b'&' | b'\'' | b'<' | b'>' | b'[' | b']' | b'.' | b'|' | b'?' | b':'
            )
    };
    rest[..length].iter().all(is_of_type).then_some(length + 1)
}

/// `--name value`, `"--name", "value"` and `Bearer value`.
fn passed(bytes: &[u8], at: usize, values: &mut Values) -> Option<Range<usize>> {
    let before = &bytes[..at];
    let can_be_announced = match bytes[at] {
        b' ' => {
            before.last().is_some_and(|last| last.is_ascii_alphanumeric() || matches!(last, b'"' | b'\''))
        }
        _ => before.ends_with(b"\""),
    };
    if !can_be_announced {
        return None;
    }
    if announces_value(before) {
        return values.secret_at(at + 1);
    }
    if bytes[at] == b' ' { stated(before, at, values) } else { None }
}

/// `The API key is value`, `curl -u user:value`, `machine host login user password value`.
fn stated(before: &[u8], at: usize, values: &mut Values) -> Option<Range<usize>> {
    match last_word(before) {
        b"-u" | b"--user" => behind_user(before, at, values),
        b"password" => behind_login(before, at, values),
        _ if without_verb(before).is_some_and(ends_in_secret_name) => values.secret_at(at + 1),
        _ => None,
    }
}

/// The password of `user:password`, the argument of `curl -u` that begins behind `at`.
fn behind_user(before: &[u8], at: usize, values: &Values) -> Option<Range<usize>> {
    /// A command line before its option is no longer than this.
    const REACH: usize = 256;
    let before = &before[before.len().saturating_sub(REACH)..];
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or(before);
    if !line.windows(5).any(|window| window == b"curl ") {
        return None;
    }
    values.password_at(at + 1 + values.user_length(at + 1)?)
}

/// The password of an entry in `.netrc`, which begins behind `at`.
fn behind_login(before: &[u8], at: usize, values: &Values) -> Option<Range<usize>> {
    /// An entry up to its password is no longer than this.
    const REACH: usize = 256;
    let before = &before[before.len().saturating_sub(REACH)..];
    let mut words = before.rsplit(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(2);
    let is_entry = words.next() == Some(b"login") && words.nth(1) == Some(b"machine");
    if is_entry { values.password_at(at + 1) } else { None }
}

/// `| name | value |`.
fn in_table(bytes: &[u8], at: usize, values: &mut Values) -> Option<Range<usize>> {
    /// A cell with a name is no longer than this.
    const LONGEST_CELL: usize = 64;
    let before = &bytes[at.saturating_sub(LONGEST_CELL)..at];
    let start = before.iter().rposition(|byte| matches!(byte, b'|' | b'\n'))?;
    if before[start] == b'|' && ends_in_secret_name(&before[start + 1..]) {
        values.secret_at(at + 1)
    } else {
        None
    }
}

fn begins_with_quote(rest: &[u8]) -> bool {
    let value = rest.iter().find(|byte| !matches!(byte, b' ' | b'*'));
    value.is_some_and(|byte| matches!(byte, b'`' | b'"' | b'\''))
}

fn announces_value(before: &[u8]) -> bool {
    let word = last_word(before);
    word.eq_ignore_ascii_case(b"bearer") || word.starts_with(b"-") && ends_in_secret_name(before)
}

/// `<name>value</name>`.
fn enclosed(bytes: &[u8], at: usize, values: &mut Values) -> Option<Range<usize>> {
    let before = &bytes[..at];
    if ends_in_element(before) && ends_in_secret_name(before) { values.secret_at(at + 1) } else { None }
}
