//! Points in time in the user's time zone, for screens and for run ids. Files and JSON have UTC: `handoff_document::Timestamp`.
//!
//! The zone is that of `TZ`, else of `/etc/localtime`, as the system's own programs take it; else UTC.

use handoff_document::Timestamp;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ZonedDateTime};

/// The day and the minute, with the zone: `2026-11-30 14:05 CET`.
pub fn minute(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// The day in six digits: `261130`.
pub fn day(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%y%m%d").to_string()
}

/// A time that no clock can show is that of 1970.
fn zoned(at: Timestamp, zone: TimeZone) -> ZonedDateTime {
    Instant::from_second(at.seconds()).unwrap_or(Instant::UNIX_EPOCH).to_zoned_datetime(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_its_zone_also_where_the_clock_changes() {
        let shown = |seconds: i64, zone: &str| {
            let zone = TimeZone::posix(zone).unwrap_or(TimeZone::UTC);
            zoned(Timestamp::from_seconds(seconds), zone).strftime("%Y-%m-%d %H:%M %Z").to_string()
        };
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        assert_eq!(shown(1_795_255_200, berlin), "2026-11-21 11:00 CET");
        assert_eq!(shown(1_782_000_000, berlin), "2026-06-21 02:00 CEST");
        assert_eq!(shown(1_795_255_200, "IST-5:30"), "2026-11-21 15:30 IST");
        assert_eq!(shown(i64::MAX, berlin), "1970-01-01 01:00 CET");
    }

    #[test]
    fn a_day_has_six_digits() {
        assert_eq!(day(Timestamp::from_seconds(1_795_255_200)).len(), 6);
    }
}
