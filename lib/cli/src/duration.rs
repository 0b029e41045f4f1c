//! Lengths of time, as they are typed.

use std::time::Duration;

/// A text that is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time such as 90s, 10m, 2h, 30d or 8w is needed")]
pub struct NotADuration;

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
        _ => return Err(NotADuration),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    seconds.map(Duration::from_secs).ok_or(NotADuration)
}

/// The same with its unit: an age of `90` could be days or seconds.
///
/// # Errors
/// As [`duration`], and without a unit.
pub fn age(text: &str) -> Result<Duration, NotADuration> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { Err(NotADuration) } else { duration(text) }
}

#[cfg(test)]
mod tests {
    use super::{age, duration};

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
        assert_eq!(age("1h").map(|length| length.as_secs()), Ok(3_600));
    }
}
