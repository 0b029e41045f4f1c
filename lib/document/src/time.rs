//! Points in time: RFC 3339 in files, compact in file names, ages for people.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A second in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// What the system's clock says.
    pub fn now() -> Self {
        Self(OffsetDateTime::now_utc().unix_timestamp())
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
        OffsetDateTime::parse(text, &Rfc3339).ok().map(|time| Self(time.unix_timestamp()))
    }

    /// Reads the form in file names, which must stand at the start of `text`: `20261121T100000Z`.
    pub fn parse_compact(text: &[u8]) -> Option<Self> {
        if text.get(8) != Some(&b'T') || text.get(15) != Some(&b'Z') {
            return None;
        }
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            let add = |sum: u16, digit: &u8| sum * 10 + u16::from(digit - b'0');
            digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, add))
        };
        let two = |start: usize| number(start..start + 2).and_then(|n| u8::try_from(n).ok());
        let month = Month::try_from(two(4)?).ok()?;
        let date = Date::from_calendar_date(i32::from(number(0..4)?), month, two(6)?).ok()?;
        let time = Time::from_hms(two(9)?, two(11)?, two(13)?).ok()?;
        Some(Self(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()))
    }

    /// `20261121T100000Z`.
    pub fn compact(self) -> String {
        self.written("", "")
    }

    fn written(self, dash: &str, colon: &str) -> String {
        // A clock outside years -9999 to 9999 is no clock.
        let time = OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        format!(
            "{:04}{dash}{:02}{dash}{:02}T{:02}{colon}{:02}{colon}{:02}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
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
