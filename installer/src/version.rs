//! Versions, and which comes first.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// More than any version has, in bytes.
const MAX_BYTES: usize = 64;

/// A version as Cargo writes it: three numbers, and for one that comes before a release a part behind a hyphen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    numbers: [u64; 3],
    before_release: Option<String>,
}

/// The text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no version")]
pub(crate) struct NoVersion;

impl Version {
    /// The version of this program.
    pub(crate) fn own() -> Option<Self> {
        env!("CARGO_PKG_VERSION").parse().ok()
    }

    /// Whether it comes before a release, so that it is not offered to anyone who did not ask for it.
    pub(crate) fn is_before_release(&self) -> bool {
        self.before_release.is_some()
    }
}

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let (numbers, before_release) = match text.split_once('-') {
            Some((numbers, rest)) => (numbers, Some(rest)),
            None => (text, None),
        };
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let is_wrong = |rest: &str| rest.is_empty() || !rest.bytes().all(is_plain);
        if text.len() > MAX_BYTES || before_release.is_some_and(is_wrong) {
            return Err(NoVersion);
        }
        let mut parts = numbers.split('.');
        let mut number = || {
            let part = parts.next().filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
            part.and_then(|part| part.parse().ok()).ok_or(NoVersion)
        };
        let numbers = [number()?, number()?, number()?];
        if parts.next().is_some() {
            return Err(NoVersion);
        }
        Ok(Self { numbers, before_release: before_release.map(str::to_owned) })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        match &self.before_release {
            Some(rest) => write!(f, "-{rest}"),
            None => Ok(()),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let behind = || match (&self.before_release, &other.before_release) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(own), Some(other)) => own.cmp(other),
        };
        self.numbers.cmp(&other.numbers).then_with(behind)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::{NoVersion, Version};

    #[test]
    fn versions_are_read_and_come_in_their_order() {
        let of = |text: &str| text.parse::<Version>().unwrap();
        let sorted = ["0.1.0-alpha", "0.1.0-rc.1", "0.1.0", "0.1.1", "0.2.0", "0.10.0", "1.0.0"];
        for pair in sorted.windows(2) {
            assert!(of(pair[0]) < of(pair[1]), "{pair:?}");
            assert_eq!(of(pair[0]).to_string(), pair[0]);
        }
        let long = format!("0.1.0-{}", "a".repeat(64));
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "+1.2.3",
            "1.2.3-",
            "1.2.3-\u{1b}[2J",
            "99999999999999999999.0.0",
            &long,
        ] {
            assert_eq!(text.parse::<Version>(), Err(NoVersion), "{text}");
        }
    }
}
