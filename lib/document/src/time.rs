//! Points in time: RFC 3339 in files, compact in file names, ages for people.

use std::fmt;

use jiff::tz::TimeZone;

/// A second in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// What the system's clock says.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_second())
    }

    /// Seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, with any offset: `2026-11-21T10:00:00Z`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|time| Self(time.as_second()))
    }

    /// Reads the form in file names, which must stand at the start of `text`: `20261121T100000Z`.
    pub fn parse_compact(text: &[u8]) -> Option<Self> {
        let digits = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            digits
                .iter()
                .all(u8::is_ascii_digit)
                .then(|| digits.iter().fold(0_i16, |n, d| n * 10 + i16::from(d - b'0')))
        };
        let two = |start: usize| digits(start..start + 2).and_then(|n| i8::try_from(n).ok());
        if text.get(8) != Some(&b'T') || text.get(15) != Some(&b'Z') {
            return None;
        }
        let date = jiff::civil::Date::new(digits(0..4)?, two(4)?, two(6)?).ok()?;
        let time = jiff::civil::Time::new(two(9)?, two(11)?, two(13)?, 0).ok()?;
        let zoned = date.to_datetime(time).to_zoned(TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_second()))
    }

    /// `20261121T100000Z`.
    pub fn compact(self) -> String {
        self.written("", "")
    }

    fn written(self, dash: &str, colon: &str) -> String {
        // A clock outside years -9999 to 9999 is no clock.
        let time = jiff::Timestamp::from_second(self.0).unwrap_or_default();
        let t = TimeZone::UTC.to_datetime(time);
        format!(
            "{:04}{dash}{:02}{dash}{:02}T{:02}{colon}{:02}{colon}{:02}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written("-", ":"))
    }
}

/// How long ago `then` was at `now`, in the largest unit that says enough: `3 h ago`. A `then` in the future says so:
/// one of the two clocks is wrong.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.0.saturating_sub(then.0);
    let (amount, unit) = match seconds.unsigned_abs() {
        0..60 => return if seconds < 0 { "seconds ahead of this clock" } else { "just now" }.to_owned(),
        s @ 60..3_600 => (s / 60, "min"),
        s @ 3_600..172_800 => (s / 3_600, "h"),
        s => (s / 86_400, "days"),
    };
    format!("{amount} {unit} {}", if seconds < 0 { "ahead of this clock" } else { "ago" })
}
