//! Paths below a worktree's top, as git has them: any bytes but NUL, `/` between components.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path relative to the worktree's top. In JSON it is a string, or `{"hex": "…"}` when it is not UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// Takes the bytes as they are: whether anything may be written there is [`crate::policy`]'s to say.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its components, in order.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/')
    }

    /// Every directory above it but the top, the uppermost first.
    pub fn parents(&self) -> impl Iterator<Item = Self> {
        let slashes = self.0.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        slashes.map(|at| Self(self.0[..at].to_owned()))
    }

    /// Its last component.
    pub fn name(&self) -> &OsStr {
        OsStr::from_bytes(self.components().next_back().unwrap_or_default())
    }

    /// Whether it is `directory` or in it.
    pub fn is_within(&self, directory: &[u8]) -> bool {
        self.0.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    }
}

impl fmt::Display for TreePath {
    /// For people: as it is, or between quotes and with git's escapes when one could not see where it ends or what is in
    /// it. Characters that change how others look are the printer's to take out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let odd = |c: char| c.is_control() || c == '"' || c == '\\';
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.is_empty() && text.trim() == text && !text.contains(odd) => f.write_str(text),
            // Every byte that is not printable ASCII is escaped.
            _ => f.write_str(&String::from_utf8_lossy(&escaped(b"", &self.0))),
        }
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Written::Hex { hex: hex(&self.0) }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TreePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Hex { hex } => {
                unhex(hex.as_bytes()).map(Self).ok_or_else(|| D::Error::custom("not hex digits"))
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Hex { hex: String },
}

/// Lower case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// `prefix` and `path` as git writes them in a patch with `core.quotePath` on: as they are, or between quotes and
/// escaped as in C when there is a quote, a backslash, a control character or a byte above 126.
pub(crate) fn quoted(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    let odd = |byte: &u8| matches!(byte, 0..=31 | b'"' | b'\\' | 127..);
    if !path.iter().any(odd) {
        return [prefix, path].concat();
    }
    escaped(prefix, path)
}

/// The same, always between quotes.
fn escaped(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(prefix.len() + path.len() + 2);
    out.push(b'"');
    for byte in prefix.iter().chain(path) {
        let letter = match byte {
            7 => b'a',
            8 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            11 => b'v',
            12 => b'f',
            b'\r' => b'r',
            b'"' => b'"',
            b'\\' => b'\\',
            odd @ (0..=31 | 127..) => {
                out.extend_from_slice(format!("\\{odd:03o}").as_bytes());
                continue;
            }
            plain => {
                out.push(*plain);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
    out.push(b'"');
    out
}

/// Reads a name between quotes at the start of `text`: the name, and what stands behind the closing quote.
pub(crate) fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut name = Vec::new();
    loop {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        match byte {
            b'"' => return Some((name, rest)),
            b'\\' => {
                let (&letter, behind) = rest.split_first()?;
                rest = behind;
                name.push(match letter {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'"' | b'\\' => letter,
                    b'0'..=b'3' => {
                        let (digits, behind) = rest.split_first_chunk::<2>()?;
                        rest = behind;
                        let low = digits.iter().try_fold(0, |sum, digit| {
                            matches!(digit, b'0'..=b'7').then(|| sum << 3 | (digit - b'0'))
                        })?;
                        (letter - b'0') << 6 | low
                    }
                    _ => return None,
                });
            }
            plain => name.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_a_name_as_it_is_unless_they_could_misread_it() {
        for (name, shown) in [
            ("ümläut.txt".as_bytes(), "ümläut.txt"),
            (b"with space", "with space"),
            ("日本/файл".as_bytes(), "日本/файл"),
            (b" leading", "\" leading\""),
            (b"trailing ", "\"trailing \""),
            ("\u{3000}wide".as_bytes(), "\"\\343\\200\\200wide\""),
            (b"", "\"\""),
            (b"a\nb", "\"a\\nb\""),
            ("c1 \u{85}x".as_bytes(), "\"c1 \\302\\205x\""),
            (b"q\"q", "\"q\\\"q\""),
            (b"b\\b", "\"b\\\\b\""),
            (b"\xff\xc3", "\"\\377\\303\""),
        ] {
            assert_eq!(TreePath::new(name).to_string(), shown);
        }
        // A patch has git's form all the same.
        assert_eq!(quoted(b"a/", "ü".as_bytes()), b"\"a/\\303\\274\"");
    }

    #[test]
    fn every_name_comes_back_from_its_quotes_and_from_json() {
        for name in
            [&b"plain"[..], b"with space", b"tab\there", b"nl\nq\"b\\", b"\xff\x01\x7f\x07", "é".as_bytes()]
        {
            let written = quoted(b"a/", name);
            let read = match written.first() {
                Some(b'"') => unquoted(&written).map(|(name, rest)| (name, rest.to_vec())),
                _ => Some((written, Vec::new())),
            };
            assert_eq!(read, Some(([b"a/", name].concat(), Vec::new())));
            let path = TreePath::new(name);
            let json = serde_json::to_string(&path).unwrap();
            assert_eq!(serde_json::from_str::<TreePath>(&json).unwrap(), path, "{json}");
        }
        for broken in [&b"\"open"[..], b"\"\\9\"", b"\"\\4", b"\"\\18", b"x", b"\"\\"] {
            assert_eq!(unquoted(broken), None);
        }
        assert!(serde_json::from_str::<TreePath>("{\"hex\":\"f\"}").is_err());
    }
}
