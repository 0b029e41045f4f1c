//! Private keys in PEM and in PGP's armour. Public keys and certificates are none.

use crate::Match;
use crate::shape::Alphabet::Base64;
use crate::shape::UNBOUNDED;

pub(crate) const RULE: &str = "private-key";

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// So few characters of base64 are no key: the markers are only being spoken of.
const LEAST_MATERIAL: usize = 16;

/// Words of base64 that share a line, as when a block's line ends were made spaces, are told from
/// prose by a word that is longer than any of prose.
const LONGER_THAN_PROSE: usize = 24;

/// How `-----BEGIN` is encoded in base64, as in a kubeconfig.
const ENCODED_BEGIN: &str = "LS0tLS1CRUdJTi";

/// So many characters of base64 hold the label of a block.
const ENCODED_LABEL: usize = 80;

/// The private key blocks in `text`, whole, in order of position, plain and in base64.
pub(crate) fn find(text: &str) -> Vec<Match> {
    let mut found = plain(text);
    found.extend(encoded(text));
    found
}

/// The blocks that are encoded in base64 as a whole.
fn encoded(text: &str) -> Vec<Match> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(ahead) = text[from..].find(ENCODED_BEGIN) {
        let start = from + ahead;
        let length = Base64.run(&bytes[start..], UNBOUNDED);
        let padding = bytes[start + length..].iter().take(2).take_while(|byte| **byte == b'=').count();
        from = start + length + padding;
        let follows_base64 = start > 0 && Base64.contains(bytes[start - 1]);
        let label = decoded(&bytes[start..start + length.min(ENCODED_LABEL)]);
        let is_private = label.windows(11).any(|window| window == b"PRIVATE KEY");
        if is_private && !follows_base64 && length > ENCODED_LABEL {
            found.push(Match { rule: RULE, span: start..from });
        }
    }
    found
}

/// What characters of base64 stand for; fewer than four at the end are left out.
fn decoded(base64: &[u8]) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits = base64
        .chunks_exact(4)
        .map(|four| four.iter().fold(0_u32, |bits, &b| bits << 6 | u32::from(value(b))));
    bits.flat_map(|bits| bits.to_be_bytes().into_iter().skip(1)).collect()
}

fn plain(text: &str) -> Vec<Match> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(ahead) = text[from..].find(BEGIN) {
        let start = from + ahead;
        from = start + BEGIN.len();
        if let Some(body) = body_of_private_key(text, from)
            && let Some(end) = block_end(text, body)
        {
            found.push(Match { rule: RULE, span: start..end });
            from = end;
        }
    }
    found
}

/// Where the body begins, if the label at `label` is a private key's.
fn body_of_private_key(text: &str, label: usize) -> Option<usize> {
    let closing = text[label..].trim_start_matches(is_in_label);
    let end = text.len() - closing.len();
    let is_private = text[label..end].contains("PRIVATE KEY");
    (is_private && closing.starts_with(DASHES)).then_some(end + DASHES.len())
}

/// Where the block ends: behind its END line, or, if that is missing, behind the base64.
fn block_end(text: &str, body: usize) -> Option<usize> {
    let markers = text[body..].find(DASHES).map_or(text.len(), |ahead| body + ahead);
    let mut at = body;
    let mut material_end = body;
    let mut material = 0;
    while at < markers {
        let (line, next) = line_at(&text[..markers], at);
        match material_in(line) {
            Some(length) => {
                material += length;
                if length > 0 {
                    material_end = at + line.trim_end_matches(is_mark).len();
                }
            }
            None if material == 0 && is_header(line) => {}
            None => return (material >= LEAST_MATERIAL).then_some(material_end),
        }
        at = next;
    }
    (material >= LEAST_MATERIAL).then(|| end_marker(text, markers).unwrap_or(material_end))
}

/// The line at `at` and where the next begins; a line also ends at an escape such as `\n`.
fn line_at(text: &str, at: usize) -> (&str, usize) {
    let rest = &text[at..];
    let Some(length) = rest.find(['\n', '\\']) else { return (rest, text.len()) };
    let is_escape = rest[length..].starts_with(['\\']) && rest[length + 1..].starts_with(['n', 'r']);
    (&rest[..length], at + length + if is_escape { 2 } else { 1 })
}

/// How many characters of the key a line holds, with the marks of a quotation, a diff or a string
/// around them; none if the line holds anything else.
fn material_in(line: &str) -> Option<usize> {
    let line = line.trim_matches(is_mark);
    let is_base64 = line.bytes().all(|byte| Base64.contains(byte) || matches!(byte, b'=' | b' '));
    let longest = line.split(' ').map(str::len).max().unwrap_or(0);
    let is_material = is_base64 && (!line.contains(' ') || longest >= LONGER_THAN_PROSE);
    is_material.then_some(line.len())
}

fn is_mark(mark: char) -> bool {
    mark.is_whitespace() || matches!(mark, '>' | '|' | '#' | '*' | '-' | '"' | '\'' | '`' | ',')
}

/// A header of the armour, such as `Proc-Type: 4,ENCRYPTED`.
fn is_header(line: &str) -> bool {
    let name = line.split_once(": ").map(|(name, _)| name.trim_start_matches(['>', '|', '#', ' ', '\t']));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Where the END line whose dashes begin at `at` ends, if one does. A diff adds a dash of its own.
fn end_marker(text: &str, at: usize) -> Option<usize> {
    let label = text[at..].trim_start_matches('-').strip_prefix("END ")?;
    let closing = label.trim_start_matches(is_in_label);
    closing.starts_with(DASHES).then_some(text.len() - closing.len() + DASHES.len())
}

fn is_in_label(letter: char) -> bool {
    letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == ' '
}
