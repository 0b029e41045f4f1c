//! Lengths of time, as they are typed.

use std::time::Duration;

/// A text that is not the length of time that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADuration {
    /// It is not a length of time, or more than can be counted.
    #[error("a number with a unit is needed, such as 90s, 10m, 2h, 30d or 8w")]
    NotATime,
    /// It is not a length of time that something can wait.
    #[error("a time of at least 1s is needed, such as 90s, 10m or 2h")]
    NotATimeout,
    /// It is not an age.
    #[error("a number with its unit is needed, such as 12h, 30d or 8w")]
    NotAnAge,
}

/// Reads a whole number with its unit: `90s`, `10m`, `2h`, `30d`, `8w`. A bare number is seconds.
///
/// # Errors
/// When it is something else, or more than can be counted.
pub fn duration(text: &str) -> Result<Duration, NotADuration> {
    let (number, unit) = match text.find(|letter: char| !letter.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(NotADuration::NotATime),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    seconds.map(Duration::from_secs).ok_or(NotADuration::NotATime)
}

/// The same with its unit: an age of `90` could be days or seconds.
///
/// # Errors
/// As [`duration`], and without a unit.
pub fn age(text: &str) -> Result<Duration, NotADuration> {
    let has_unit = text.bytes().any(|byte| !byte.is_ascii_digit());
    duration(text).ok().filter(|_| has_unit).ok_or(NotADuration::NotAnAge)
}

/// The same for how long something may take.
///
/// # Errors
/// As [`duration`], and when it is 0.
pub fn timeout(text: &str) -> Result<Duration, NotADuration> {
    duration(text).ok().filter(|length| !length.is_zero()).ok_or(NotADuration::NotATimeout)
}

#[cfg(test)]
mod tests {
    use super::{NotADuration, age, duration, timeout};

    #[test]
    fn a_length_of_time_is_a_number_and_a_unit() {
        let seconds = |text| duration(text).map(|length| length.as_secs()).ok();
        assert_eq!(
            ["90", "90s", "10m", "2h", "90d", "8w", "0w"].map(seconds),
            [90, 90, 600, 7_200, 7_776_000, 4_838_400, 0].map(Some)
        );
        for wrong in [
            "",
            "d",
            "-1d",
            "1.5d",
            "1y",
            "9é",
            "99999999999999999999d",
            "18446744073709551615h",
            "1 h",
            "1hh",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert!(age("90").is_err() && age("").is_err());
        assert_eq!(["0", "0m", "x"].map(timeout), [Err(NotADuration::NotATimeout); 3]);
        assert_eq!(age("1h").map(|length| length.as_secs()), Ok(3_600));
    }
}
