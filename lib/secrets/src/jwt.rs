//! JSON web tokens: a header, a payload and a signature in base64, with dots between.

use crate::Match;
use crate::placeholder;
use crate::shape::Alphabet::UrlSafe;
use crate::shape::UNBOUNDED;

pub(crate) const RULE: &str = "jwt";

/// How `{"`, the start of every header, is encoded.
const ENCODED_BRACE: &str = "eyJ";

/// The shortest header, payload or signature that is one; real ones are several times as long.
const SHORTEST_PART: usize = 10;

/// A signed token has three parts, an encrypted one five.
const MOST_PARTS: usize = 5;

/// The signed or encrypted tokens in `text`, in order of position. An unsigned one opens nothing.
pub(crate) fn find(text: &str) -> Vec<Match> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(ahead) = text[from..].find(ENCODED_BRACE) {
        let start = from + ahead;
        let follows_token = start > 0 && UrlSafe.contains(bytes[start - 1]);
        let (end, is_complete) = token_end(bytes, start);
        if is_complete && !follows_token && !placeholder::stands_for_key(&text[start..end]) {
            found.push(Match { rule: RULE, span: start..end });
        }
        from = end;
    }
    found
}

/// Where the dotted parts that begin at `start` end, and whether they make a token.
fn token_end(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut end = start + UrlSafe.run(&bytes[start..], UNBOUNDED);
    let mut parts = 1;
    let mut is_long_enough = end - start >= SHORTEST_PART;
    while parts < MOST_PARTS && bytes.get(end) == Some(&b'.') {
        let run = UrlSafe.run(&bytes[end + 1..], UNBOUNDED);
        // An encrypted token may have no key part; a dot with nothing behind it otherwise ends a sentence.
        if run == 0 && !(parts == 1 && bytes.get(end + 1) == Some(&b'.')) {
            break;
        }
        is_long_enough &= run == 0 || parts > 2 || run >= SHORTEST_PART;
        end += 1 + run;
        parts += 1;
    }
    (end, parts >= 3 && is_long_enough)
}
