//! The shape of a key: literal texts and runs of an alphabet, one after the other.
//!
//! Less than a regular expression on purpose. A run takes all it can and never gives back, so a
//! match costs what it reads, and the table of shapes needs no compiling.

/// The characters that a run may hold.
#[derive(Clone, Copy)]
pub(crate) enum Alphabet {
    Digits,
    LowerHex,
    Hex,
    UpperDigits,
    Alnum,
    AlnumDash,
    Word,
    UrlSafe,
    Base64,
    UrlPath,
    /// What begins each group of four when base64 encodes decimal digits.
    DigitsInBase64,
}

impl Alphabet {
    pub(crate) fn contains(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::LowerHex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::UpperDigits => matches!(byte, b'0'..=b'9' | b'A'..=b'Z'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::AlnumDash => byte.is_ascii_alphanumeric() || byte == b'-',
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::UrlSafe => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
            Self::UrlPath => byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'),
            Self::DigitsInBase64 => matches!(byte, b'M' | b'N' | b'O'),
        }
    }

    /// How many of the first bytes, `most` at the most, belong to the alphabet.
    pub(crate) fn run(self, bytes: &[u8], most: usize) -> usize {
        let within = &bytes[..most.min(bytes.len())];
        within.iter().position(|byte| !self.contains(*byte)).unwrap_or(within.len())
    }
}

/// One piece of a shape.
pub(crate) enum Part {
    /// Exactly this text.
    Text(&'static str),
    /// Between so many and so many characters of an alphabet.
    Run(Alphabet, usize, usize),
}

/// For a run that has no upper bound.
///
/// Only a shape's last part may have none: it matches however long the run is, and a search goes
/// on behind a match, so no byte is read twice.
pub(crate) const UNBOUNDED: usize = usize::MAX;

/// How many bytes at the start of `bytes` have the shape, if they do and a word ends there.
pub(crate) fn matching_length(shape: &[Part], bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    let mut is_bounded = true;
    for part in shape {
        let rest = &bytes[length..];
        length += match part {
            Part::Text(text) => rest.starts_with(text.as_bytes()).then_some(text.len())?,
            Part::Run(alphabet, least, most) => {
                is_bounded = *most != UNBOUNDED;
                let run = alphabet.run(rest, *most);
                (run >= *least).then_some(run)?
            }
        };
    }
    (!is_bounded || !ends_within_word(bytes, length)).then_some(length)
}

/// Whether the characters before and behind `end` are of one word.
fn ends_within_word(bytes: &[u8], end: usize) -> bool {
    let is_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| Alphabet::Word.contains(*byte));
    is_of_word(bytes[..end].last()) && is_of_word(bytes.get(end))
}

/// Whether a word can begin at `at`: what stands before it is no part of an identifier.
///
/// The letter of an escape is none either: in `"first\nsecond"` a word begins after the `n`.
pub(crate) fn starts_word(bytes: &[u8], at: usize) -> bool {
    match bytes[..at] {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., before] => !Alphabet::Word.contains(before),
        [] => true,
    }
}
