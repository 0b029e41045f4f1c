//! Points in time in the user's time zone, for screens and for run ids. Files and JSON have UTC: `handoff_document::Timestamp`.
//!
//! The zone is that of `TZ`, else of `/etc/localtime`, as the system's own programs take it; else UTC.

use handoff_document::Timestamp;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, Zoned};

/// The form of a time of day.
const TIME: &str = "00:00:00";

/// The day and the minute, with the zone: `2026-11-30 14:05 CET`.
pub fn minute(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// The day in six digits: `261130`.
pub fn day(at: Timestamp) -> String {
    zoned(at, TimeZone::system()).strftime("%y%m%d").to_string()
}

/// A text of lines that begin with a time of day in UTC, `14:05:09 `, as the progress of a run has them: with the time of
/// day in the user's zone, as its offset is at `now`. Other lines stay as they are.
pub fn local_times(text: &str, now: Timestamp) -> String {
    let offset = zoned(now, TimeZone::system()).offset().seconds();
    text.split_inclusive('\n').map(|line| shifted(line, offset)).collect()
}

fn shifted(line: &str, offset: i32) -> String {
    let Some((time, rest)) = line.split_at_checked(TIME.len()).filter(|(_, rest)| rest.starts_with(' '))
    else {
        return line.to_owned();
    };
    let fits = |(is, form): (char, char)| if form == '0' { is.is_ascii_digit() } else { is == form };
    if !time.chars().zip(TIME.chars()).all(fits) {
        return line.to_owned();
    }
    let unit =
        |at: usize| time.get(at..at + 2).and_then(|digits| digits.parse::<i32>().ok()).unwrap_or_default();
    let seconds = (unit(0) * 3_600 + unit(3) * 60 + unit(6) + offset).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}{rest}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// A time that no clock can show is that of 1970.
fn zoned(at: Timestamp, zone: TimeZone) -> Zoned {
    Instant::from_second(at.seconds()).unwrap_or(Instant::UNIX_EPOCH).to_zoned(zone)
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
    fn only_a_line_that_begins_with_a_time_is_changed() {
        let moved = |line| shifted(line, 5 * 3_600 + 1_800);
        assert_eq!(moved("20:10:09 tool: ls\n"), "01:40:09 tool: ls\n");
        assert_eq!(shifted("01:00:00 end: success", -7_200), "23:00:00 end: success");
        for line in
            ["", "\n", "RESULT=/x\n", "20:10:09", "20:10:0x y", "2026-11-30 x", "…10:09 x", "20:10:09é x"]
        {
            assert_eq!(moved(line), line);
        }
    }

    #[test]
    fn a_day_has_six_digits() {
        assert_eq!(day(Timestamp::from_seconds(1_795_255_200)).len(), 6);
    }
}
