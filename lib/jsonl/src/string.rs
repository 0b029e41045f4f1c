//! The strings of a line, decoded only as far as they are wanted.
//!
//! Decoding is forgiving: a lone surrogate, an escape that is cut off and a byte that is not UTF-8 become U+FFFD,
//! and the rest of the string is kept.

use std::borrow::Cow;

use crate::value;

/// A string as it stands between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(&'a [u8]);

/// A string's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What fits.
    pub text: String,
    /// Whether there was more of it.
    pub cut: bool,
}

enum Piece<'a> {
    /// Bytes without escapes, which need not be UTF-8.
    Plain(&'a [u8]),
    Char(char),
}

impl<'a> Raw<'a> {
    /// What stands between two quotes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// As it is written, escapes and all.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// All of it, up to `limit` bytes: line ends as newlines, without other control characters.
    pub fn body(self, limit: usize) -> Body {
        let mut body = Body { text: String::with_capacity(self.0.len().min(limit)), cut: false };
        let mut after_return = false;
        for piece in self.pieces() {
            match piece {
                Piece::Char(c) => body.push(c, &mut after_return, limit),
                Piece::Plain(bytes) => match str::from_utf8(bytes) {
                    Ok(text) if is_clean(bytes) && body.text.len() + bytes.len() <= limit => {
                        // `\r\n` may be the end of one piece and the beginning of the next, never so with a clean one:
                        // a newline in it is raw, and a raw newline ends the line that this string is in.
                        body.text.push_str(text);
                        after_return = false;
                    }
                    _ => {
                        for chunk in bytes.utf8_chunks() {
                            chunk.valid().chars().for_each(|c| body.push(c, &mut after_return, limit));
                            if !chunk.invalid().is_empty() {
                                body.push(char::REPLACEMENT_CHARACTER, &mut after_return, limit);
                            }
                        }
                    }
                },
            }
            if body.cut {
                break;
            }
        }
        body
    }

    /// As much as fits into `limit` bytes, control characters and all.
    pub fn text(self, limit: usize) -> Body {
        let mut body = Body::default();
        for piece in self.pieces() {
            let room = limit - body.text.len();
            match piece {
                Piece::Char(c) if c.len_utf8() <= room => body.text.push(c),
                Piece::Char(_) => body.cut = true,
                // Three more than fit: the character that is cut through here is one that does not fit.
                Piece::Plain(bytes) => {
                    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(room.saturating_add(4))]);
                    let fits = text.floor_char_boundary(room);
                    body.text.push_str(&text[..fits]);
                    body.cut = fits < text.len();
                }
            }
            if body.cut {
                break;
            }
        }
        body
    }

    /// The decoded beginning, cut after a whole character once it has `limit` bytes. Not UTF-8 where the line is not.
    pub fn beginning(self, limit: usize) -> Cow<'a, [u8]> {
        let mut end = self.0.len().min(limit);
        while end > 0 && self.0.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
            end -= 1;
        }
        if !self.0[..end].contains(&b'\\') {
            return Cow::Borrowed(&self.0[..end]);
        }
        let mut decoded = Vec::with_capacity(end);
        for piece in self.pieces() {
            match piece {
                Piece::Plain(bytes) => decoded.extend_from_slice(bytes),
                Piece::Char(c) => decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            if decoded.len() >= limit {
                break;
            }
        }
        Cow::Owned(decoded)
    }

    fn pieces(self) -> Pieces<'a> {
        Pieces { rest: self.0 }
    }
}

impl Body {
    fn push(&mut self, c: char, after_return: &mut bool, limit: usize) {
        let returned = std::mem::replace(after_return, c == '\r');
        let shown = match c {
            '\n' if returned => return,
            '\r' => '\n',
            '\n' | '\t' => c,
            c if c.is_control() => return,
            c => c,
        };
        if self.cut || self.text.len() + shown.len_utf8() > limit {
            self.cut = true;
        } else {
            self.text.push(shown);
        }
    }
}

/// Whether there is certainly no control character but newline and tab in it. C1 begins with the byte C2 in UTF-8,
/// as do some harmless ones. No early end, so that it runs over many bytes at once.
fn is_clean(bytes: &[u8]) -> bool {
    let odd = |byte: u8| (byte < 0x20 && byte != b'\n' && byte != b'\t') || byte == 0x7F || byte == 0xC2;
    !bytes.iter().fold(false, |found, byte| found | odd(*byte))
}

struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.first() == Some(&b'\\') {
            let (c, length) = unescape(self.rest);
            self.rest = &self.rest[length..];
            return Some(Piece::Char(c));
        }
        // A quote in here is one that no parser let through unescaped; it is text.
        let mut end = 0;
        while let Some(found) = value::quote_or_backslash(&self.rest[end..]) {
            end += found;
            if self.rest[end] == b'\\' {
                let (plain, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Piece::Plain(plain));
            }
            end += 1;
        }
        let plain = std::mem::take(&mut self.rest);
        (!plain.is_empty()).then_some(Piece::Plain(plain))
    }
}

/// The character of the escape that `bytes` begins with, and the escape's length.
fn unescape(bytes: &[u8]) -> (char, usize) {
    let simple = match bytes.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(b'u') => return unicode(bytes),
        Some(byte) if byte.is_ascii() => char::from(*byte),
        // Something that no escape is made of: it is for the next piece.
        _ => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (simple, 2)
}

fn unicode(bytes: &[u8]) -> (char, usize) {
    let Some(unit) = hex(bytes, 2) else { return (char::REPLACEMENT_CHARACTER, 2) };
    if (0xD800..0xDC00).contains(&unit)
        && bytes.get(6..8) == Some(b"\\u")
        && let Some(low @ 0xDC00..0xE000) = hex(bytes, 8)
    {
        let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}
