//! What may be shown of text that somebody else wrote.
//!
//! A handoff is untrusted: it can carry terminal escapes, bidirectional overrides that reorder what a person
//! reads, and invisible characters that only a model reads. [`Sanitised`] is the only text that the renderer and
//! the tables take, and this crate is the only place that makes one.
//!
//! Not here: what a handoff's words may imitate. That is the frame's business, see `handoff-surface`.

mod hidden;
mod json;
mod shell;
mod tables;

use std::fmt;
use std::ops::Deref;
use std::path::Path;

use hidden::Shown;

pub use json::visible_json;
pub use shell::quoted;

/// Text without anything that a terminal obeys or that a reader cannot see: valid UTF-8; of the categories Cc, Cf, Cn and
/// Co only newline and tab; no character that has no picture; no space but the ordinary one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sanitised(String);

/// The beginning of a text, sanitised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What fits.
    pub text: Sanitised,
    /// Whether that is all of it.
    pub whole: bool,
}

impl Sanitised {
    /// All of `bytes`. Line ends become `\n`, invalid UTF-8 becomes U+FFFD, hidden characters vanish.
    pub fn text(bytes: &[u8]) -> Self {
        Self::up_to(bytes, usize::MAX).text
    }

    /// As much of `bytes` as fits into `limit` bytes of output. Reads no further than it has to, so the beginning of
    /// a 50 MB line costs as much as the beginning of a short one.
    pub fn up_to(bytes: &[u8], limit: usize) -> Excerpt {
        let mut out = Builder::new(limit.min(bytes.len()));
        for chunk in bytes.utf8_chunks() {
            let mut rest = chunk.valid();
            while !rest.is_empty() {
                rest = out.push_plain(rest, limit);
                let mut characters = rest.chars();
                if characters.next().is_some_and(|c| !out.push(c, limit)) {
                    return Excerpt { text: Self(out.text), whole: false };
                }
                rest = characters.as_str();
            }
            if !chunk.invalid().is_empty() && !out.push(char::REPLACEMENT_CHARACTER, limit) {
                return Excerpt { text: Self(out.text), whole: false };
            }
        }
        Excerpt { text: Self(out.text), whole: true }
    }

    /// One line of at most `limit` bytes for a header or a table: every run of white space is one space, and what
    /// was cut off is marked with `…`.
    pub fn line(bytes: &[u8], limit: usize) -> Self {
        const MARK: &str = "…";
        // White space shrinks, so more than `limit` may be needed; what lies beyond four times that is not looked at.
        let excerpt = Self::up_to(bytes, limit.saturating_mul(4));
        let mut line = String::with_capacity(limit.min(256));
        for word in excerpt.text.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if line.len() > limit || !excerpt.whole {
            line.truncate(line.floor_char_boundary(limit.saturating_sub(MARK.len())));
            line.push_str(MARK);
        }
        Self(line)
    }

    /// A path in one line, all of its first 4,096 bytes: a line end or a tab in it, which could forge a line of ours,
    /// is U+FFFD.
    pub fn path(path: &Path) -> Self {
        const MAX_PATH_BYTES: usize = 4_096;
        let path = path.as_os_str().as_encoded_bytes();
        let shown = Self::text(path.get(..MAX_PATH_BYTES).unwrap_or(path));
        Self(shown.0.replace(['\n', '\t'], "\u{FFFD}"))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sanitised {
    fn from(text: &str) -> Self {
        Self::text(text.as_bytes())
    }
}

impl Deref for Sanitised {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sanitised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

struct Builder {
    text: String,
    after_return: bool,
    /// Whether a U+FE0F may follow: it turns the one character before it into an emoji.
    selectable: bool,
}

impl Builder {
    fn new(capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), after_return: false, selectable: false }
    }

    /// Takes the printable ASCII at the beginning of `text`, as much as fits, all at once: most text is nothing else.
    /// Gives the rest.
    fn push_plain<'t>(&mut self, text: &'t str, limit: usize) -> &'t str {
        let plain = text.bytes().take_while(|byte| matches!(byte, b' '..=b'~')).count();
        let (plain, rest) = text.split_at(plain.min(limit.saturating_sub(self.text.len())));
        if !plain.is_empty() {
            self.text.push_str(plain);
            self.after_return = false;
            self.selectable = false;
        }
        rest
    }

    /// Takes the next character of the source; false when it does not fit any more.
    fn push(&mut self, c: char, limit: usize) -> bool {
        let after_return = std::mem::replace(&mut self.after_return, c == '\r');
        let shown = match hidden::shown(c) {
            _ if c == '\n' && after_return => None,
            // A run of selectors, or one after any letter, is a channel for hidden bytes.
            _ if c == '\u{FE0F}' && self.selectable => Some(c),
            Shown::Itself => Some(c),
            Shown::Space => Some(' '),
            Shown::Newline => Some('\n'),
            Shown::Nothing => None,
        };
        if let Some(c) = shown {
            if self.text.len() + c.len_utf8() > limit {
                return false;
            }
            self.selectable = hidden::takes_emoji_style(c);
            self.text.push(c);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tab_and_newline_stay_of_the_control_characters() {
        let controls: String = (0u32..0xA0).filter_map(char::from_u32).filter(|c| c.is_control()).collect();
        assert_eq!(Sanitised::text(controls.replace('\r', "").as_bytes()).as_str(), "\t\n");
        assert_eq!(Sanitised::text(b"\x1b[31mred\x1b[0m").as_str(), "[31mred[0m");
    }

    #[test]
    fn line_ends_become_newlines() {
        assert_eq!(
            Sanitised::text("a\r\nb\rc\n\rd\u{2028}e\u{2029}f".as_bytes()).as_str(),
            "a\nb\nc\n\nd\ne\nf"
        );
    }

    #[test]
    fn invalid_utf8_is_marked_not_dropped() {
        assert_eq!(
            Sanitised::text(b"a\xFFb\x9Bc\xED\xA0\x80").as_str(),
            "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}\u{FFFD}"
        );
        assert_eq!(Sanitised::text(b"nul\0byte").as_str(), "nulbyte");
    }

    #[test]
    fn what_only_a_model_would_read_vanishes() {
        let tags: String = "ignore".chars().filter_map(|c| char::from_u32(0xE0000 + c as u32)).collect();
        let selectors = "\u{FE00}\u{FE0F}\u{E0100}\u{E01EF}";
        let text = format!("a{tags}{selectors}\u{200B}\u{202E}\u{2066}\u{FEFF}\u{AD}\u{180E}\u{3164}b");
        assert_eq!(Sanitised::from(text.as_str()).as_str(), "ab");
    }

    #[test]
    fn one_selector_stays_with_its_symbol_and_no_more() {
        assert_eq!(Sanitised::from("⚠\u{FE0F}\u{FE0F}\u{FE0E} ok").as_str(), "⚠\u{FE0F} ok");
        assert_eq!(Sanitised::from("\u{FE0F}x").as_str(), "x");
    }

    #[test]
    fn an_excerpt_ends_at_a_character() {
        assert_eq!(Sanitised::up_to("aéb".as_bytes(), 2).text.as_str(), "a");
        assert!(!Sanitised::up_to("aéb".as_bytes(), 2).whole);
        assert!(Sanitised::up_to("aéb".as_bytes(), 4).whole);
        assert!(Sanitised::up_to(b"", 0).whole);
    }

    #[test]
    fn a_path_is_one_line_that_keeps_its_spaces() {
        let path = Path::new("/a  b/\u{202E}c\n\x1b[31md\te");
        assert_eq!(Sanitised::path(path).as_str(), "/a  b/c\u{FFFD}[31md\u{FFFD}e");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(Sanitised::line(b"  a \n\t b\r\n", 20).as_str(), "a b");
        assert_eq!(Sanitised::line("abcdefgh".as_bytes(), 6).as_str(), "abc…");
        assert_eq!(Sanitised::line("éééé".as_bytes(), 6).as_str(), "é…");
    }
}
