//! The name of a letter.

use std::fmt;

use handoff_document::Timestamp;

/// The name of a letter: 13 hexadecimal digits of the milliseconds since 1970, then 10 random ones. It sorts by time, and
/// says by itself when the letter expires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterId(String);

impl LetterId {
    /// How many digits it has.
    pub const DIGITS: usize = 23;
    const TIME_DIGITS: usize = 13;

    /// The one of this time, in milliseconds since 1970, with these random bytes.
    pub fn new(milliseconds: u64, random: [u8; 5]) -> Self {
        let random = random.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        // Enough digits for the next 140,000 years.
        Self(format!("{:013x}{random:010x}", milliseconds & 0xf_ffff_ffff_ffff))
    }

    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == Self::DIGITS && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// When it was made, as its maker's clock said.
    pub fn created(&self) -> Timestamp {
        let milliseconds = i64::from_str_radix(&self.0[..Self::TIME_DIGITS], 16).unwrap_or_default();
        Timestamp::from_seconds(milliseconds / 1000)
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A part of it that is short enough to type: letters of one day begin alike, so it is the end.
    pub fn short(&self) -> &str {
        &self.0[Self::DIGITS - 8..]
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_it_was_made_and_sorts_by_it() {
        let early = LetterId::new(1_796_000_000_999, [0xff; 5]);
        let late = LetterId::new(1_796_000_001_000, [0; 5]);
        assert!(early < late);
        assert_eq!(early.created().seconds(), 1_796_000_000);
        assert_eq!(LetterId::parse(early.as_str()), Some(early.clone()));
        assert_eq!(early.as_str().len(), LetterId::DIGITS);
        assert_eq!(early.short(), "ffffffff");
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in ["", "01a2b3c4d5e6f0123456789", "01A2B3C4D5E6F0123456789"] {
            let lower = text.len() == 23 && text.bytes().all(|b| !b.is_ascii_uppercase());
            assert_eq!(LetterId::parse(text).is_some(), lower, "{text}");
        }
        assert_eq!(LetterId::parse("01a2b3c4d5e6f01234567890"), None);
        assert_eq!(LetterId::parse("01a2b3c4d5e6f012345678/"), None);
    }
}
