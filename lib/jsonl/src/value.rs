//! JSON as spans of a line: what is asked for is found, what is not is passed over.
//!
//! A parser that builds values, or that knows the type of each field, gives up a whole line for one odd place in
//! it: a lone surrogate, a byte that is not UTF-8, a number where a text was expected, 200,000 brackets. What an
//! agent says must not be lost for that. So this one checks no more than it needs to find where a value ends (strings
//! and brackets), counts depth where others recurse, decodes nothing before it is wanted, and takes any type at any
//! place. It accepts more than JSON; of JSON it reads exactly what `serde_json` reads, which its tests hold it to.
//!
//! Of equal keys the first counts; a key written with escapes is not recognised.

use crate::string::Raw;

/// A value where it stands: its first byte to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    /// What is to be read: a line, or a part of one that holds one value.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The values of these keys in one pass; None when this is no object from its first byte to its last.
    pub fn pick<const N: usize>(self, keys: [&str; N]) -> Option<[Option<Value<'a>>; N]> {
        let mut found = [None; N];
        let mut entries = Entries::of(self)?;
        for (key, value) in entries.by_ref() {
            if let Some(index) = keys.iter().position(|wanted| wanted.as_bytes() == key) {
                found[index].get_or_insert(value);
            }
        }
        (entries.walk == Walk::Whole).then_some(found)
    }

    /// The entries of an object, as far as it is one.
    pub fn entries(self) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        Entries::of(self).into_iter().flatten()
    }

    /// The items of an array, as far as it is one.
    pub fn items(self) -> impl Iterator<Item = Value<'a>> {
        Items::of(self).into_iter().flatten()
    }

    /// As it is written.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The string that this is, still as it is written; None for anything else.
    pub fn string(self) -> Option<Raw<'a>> {
        let inner = self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(Raw::new(inner))
    }

    /// Whether this is the string `text`, which has nothing to escape.
    pub fn is(self, text: &str) -> bool {
        self.string().is_some_and(|raw| raw.bytes() == text.as_bytes())
    }

    /// Whether this is `null`.
    pub fn is_null(self) -> bool {
        self.0 == b"null"
    }

    /// `true` or `false`; None for anything else.
    pub fn flag(self) -> Option<bool> {
        match self.0 {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// A finite number.
    pub fn number(self) -> Option<f64> {
        if !self.0.first()?.is_ascii_digit() && self.0.first() != Some(&b'-') {
            return None;
        }
        str::from_utf8(self.0).ok()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// A number of things: not negative, a fraction cut off.
    pub fn count(self) -> Option<u64> {
        let exact = str::from_utf8(self.0).ok().and_then(|digits| digits.parse().ok());
        exact.or_else(|| self.number().filter(|number| *number >= 0.0).map(|number| number as u64))
    }
}

/// How far a container has been walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    First,
    Next,
    /// Closed by its bracket, and nothing after it.
    Whole,
    Broken,
}

struct Entries<'a> {
    cursor: Cursor<'a>,
    walk: Walk,
}

impl<'a> Entries<'a> {
    fn of(value: Value<'a>) -> Option<Self> {
        let mut cursor = Cursor { bytes: value.0, at: 0 };
        cursor.eat(b'{').then_some(Self { cursor, walk: Walk::First })
    }

    fn entry(&mut self) -> Option<(&'a [u8], Value<'a>)> {
        let key = self.cursor.value()?.string()?.bytes();
        if !self.cursor.eat(b':') {
            return None;
        }
        Some((key, self.cursor.value()?))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if !self.cursor.goes_on(&mut self.walk, b'}') {
            return None;
        }
        let entry = self.entry();
        if entry.is_none() {
            self.walk = Walk::Broken;
        }
        entry
    }
}

struct Items<'a> {
    cursor: Cursor<'a>,
    walk: Walk,
}

impl<'a> Items<'a> {
    fn of(value: Value<'a>) -> Option<Self> {
        let mut cursor = Cursor { bytes: value.0, at: 0 };
        cursor.eat(b'[').then_some(Self { cursor, walk: Walk::First })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.cursor.goes_on(&mut self.walk, b']') {
            return None;
        }
        let item = self.cursor.value();
        if item.is_none() {
            self.walk = Walk::Broken;
        }
        item
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn space(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: u8) -> bool {
        self.space();
        let found = self.bytes.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    /// Whether another element follows in a container that `close` closes.
    fn goes_on(&mut self, walk: &mut Walk, close: u8) -> bool {
        if matches!(*walk, Walk::Whole | Walk::Broken) {
            return false;
        }
        if self.eat(close) {
            self.space();
            *walk = if self.at == self.bytes.len() { Walk::Whole } else { Walk::Broken };
            return false;
        }
        if *walk == Walk::Next && !self.eat(b',') {
            *walk = Walk::Broken;
            return false;
        }
        *walk = Walk::Next;
        true
    }

    fn value(&mut self) -> Option<Value<'a>> {
        self.space();
        let start = self.at;
        self.at = match self.bytes.get(start)? {
            b'"' => end_of_string(self.bytes, start + 1)?,
            b'{' | b'[' => end_of_container(self.bytes, start + 1)?,
            _ => end_of_word(self.bytes, start)?,
        };
        Some(Value(&self.bytes[start..self.at]))
    }
}

/// After the quote that closes the string whose content begins at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += quote_or_backslash(&bytes[at..])?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
        if at > bytes.len() {
            return None;
        }
    }
}

/// After the bracket that closes the container whose content begins at `at`. Which kind of bracket closes which is
/// not looked at.
fn end_of_container(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 1usize;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'"' => at = end_of_string(bytes, at)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
}

/// After a number, `true`, `false`, `null`, or whatever else stands there.
fn end_of_word(bytes: &[u8], start: usize) -> Option<usize> {
    let word = bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    match word.count() {
        0 => None,
        length => Some(start + length),
    }
}

/// Where the next `"` or `\` is. Eight bytes at a time: nearly all of a stream is the inside of strings.
pub(crate) fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let (quotes, backslashes) = (word ^ QUOTES, word ^ BACKSLASHES);
        // The lowest marked byte is a zero byte for certain; those above it may be marked by a borrow.
        let zeros = (quotes.wrapping_sub(ONES) & !quotes) | (backslashes.wrapping_sub(ONES) & !backslashes);
        if zeros & HIGH != 0 {
            return Some(index * 8 + (zeros & HIGH).trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(chunks.len() * 8 + found)
}
