//! JSON that a terminal may be shown.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::hidden::{Shown, shown};

/// The same JSON document with everything that a terminal obeys or a reader cannot see written as `\\uXXXX`. What a
/// program reads of it does not change. Such characters stand only inside of strings in JSON.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    let is_plain =
        |c: char| matches!(c, '\n' | '\r' | '\t') || matches!(shown(c), Shown::Itself | Shown::Space);
    if json.chars().all(is_plain) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_plain(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        let json = "{\"a\": \"\u{202E}\u{7F}\u{9B}31m\u{E0041}\u{2028} é 漢 🦀\"}\n";
        let visible = r#"{"a": "\u202e\u007f\u009b31m\udb40\udc41\u2028 é 漢 🦀"}"#;
        assert_eq!(visible_json(json), format!("{visible}\n"));
        assert!(matches!(visible_json("{\"a\": 1}"), Cow::Borrowed(_)));
    }
}
