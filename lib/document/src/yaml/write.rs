//! Writing a text as a one-line scalar that every reader of YAML gives back as that text.

use std::fmt::Write as _;

use super::lines::is_allowed;

/// `value` as a YAML scalar on one line, to stand after a key's colon and space.
///
/// Plain where every YAML 1.1 and 1.2 reader takes it for this very string, else in double quotes with escapes:
/// what looks like a number, a date, a truth value or null is quoted. An RFC 3339 time with its offset, such as
/// `2026-11-21T10:00:00Z`, stays plain although YAML 1.1 takes it for a time, since it is one.
pub fn scalar(value: &str) -> String {
    if is_rfc3339(value) || is_plain_text(value) && !has_other_type(value) {
        value.to_owned()
    } else {
        quote(value)
    }
}

fn quote(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_allowed(c) => quoted.push(c),
            _ => {
                let code = u32::from(c);
                let written = if code < 0x100 {
                    write!(quoted, "\\x{code:02X}")
                } else {
                    write!(quoted, "\\u{code:04X}")
                };
                written.expect("writing to a String cannot fail, and what must be escaped is below U+10000");
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether YAML's grammar lets the text stand without quotes.
///
/// Narrower than the grammar at the start, where `-`, `?`, `:` and `=` only sometimes are text.
fn is_plain_text(value: &str) -> bool {
    let starts_well = !value.is_empty()
        && !value.starts_with("...")
        && !value.starts_with(|c: char| "-?:=,[]{}#&*!|>'\"%@`<".contains(c));
    starts_well
        && value.trim() == value
        && !value.ends_with(':')
        && !value.contains(": ")
        && !value.contains(" #")
        && value.chars().all(|c| c != '\t' && is_allowed(c))
}

/// Whether some reader takes the plain text for something else than a string.
fn has_other_type(value: &str) -> bool {
    // The words of YAML 1.1 and 1.2, and the numbers that a general float parser knows by name.
    const WORDS: [&str; 13] =
        ["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let word = unsigned.strip_prefix('.').unwrap_or(unsigned);
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
        || is_prefixed_integer(unsigned)
        || is_decimal(unsigned)
        || starts_with_date(value)
}

/// `0x1F`, `0o17`, `0b11`, with underscores. A hash such as `0b9a3f21` is none.
fn is_prefixed_integer(unsigned: &str) -> bool {
    let Some((prefix, digits)) = unsigned.split_at_checked(2) else { return false };
    let base = match prefix {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return false,
    };
    digits.chars().all(|c| c.is_digit(base) || c == '_')
}

/// Decimal and octal integers, floats, and numbers to the base of 60, with their separators.
fn is_decimal(unsigned: &str) -> bool {
    let are_digits = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | ',' | ':'))
    };
    match unsigned.split_once(['e', 'E']) {
        None => are_digits(unsigned),
        Some((mantissa, exponent)) => {
            are_digits(mantissa) && are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        }
    }
}

/// A date alone or with any time: readers of YAML 1.1 differ in how much of the time they check.
fn starts_with_date(value: &str) -> bool {
    let mut parts = value.splitn(3, '-');
    let mut starts_with_digits = |count: usize| {
        parts
            .next()
            .is_some_and(|part| part.len() >= count && part.bytes().take(count).all(|b| b.is_ascii_digit()))
    };
    let is_date = starts_with_digits(4) && starts_with_digits(1) && starts_with_digits(1);
    is_date && value.chars().all(|c| c.is_ascii_digit() || "-:.+ TtZz".contains(c))
}

/// `YYYY-MM-DDTHH:MM:SS`, a fraction or none, and `Z` or an offset: the form, not whether the day exists.
fn is_rfc3339(value: &str) -> bool {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let Some((time, rest)) = value.split_at_checked(FORM.len()) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
        None => rest,
    };
    let is_offset = rest.strip_prefix(['+', '-']).is_some_and(|offset| has_form(offset, b"dd:dd"));
    has_form(time, FORM) && (rest == "Z" || is_offset)
}

/// Whether a text is made as `form` says, where `d` is any digit.
fn has_form(text: &str, form: &[u8]) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form).all(|(b, &f)| if f == b'd' { b.is_ascii_digit() } else { b == f })
}
