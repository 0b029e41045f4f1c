//! Whole numbers, as they are typed.

/// A text that is not the number that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It has something other than digits, or nothing.
    #[error("a whole number is needed")]
    NotWhole,
    /// It is 0, or not a whole number, where one of at least 1 is needed.
    #[error("a whole number of at least 1 is needed")]
    Zero,
    /// It has more digits than can be counted.
    #[error("the number is too large")]
    TooLarge,
}

/// Reads a whole number: digits and nothing else.
///
/// # Errors
/// When it is something else, or more than can be counted.
pub fn number(text: &str) -> Result<usize, NotANumber> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotANumber::NotWhole);
    }
    text.parse().map_err(|_| NotANumber::TooLarge)
}

/// The same for a limit: one that is more than can be counted is `usize::MAX`.
///
/// # Errors
/// When it is not a whole number.
pub fn limit(text: &str) -> Result<usize, NotANumber> {
    match number(text) {
        Err(NotANumber::TooLarge) => Ok(usize::MAX),
        read => read,
    }
}

/// The same for a limit of at least 1.
///
/// # Errors
/// When it is not a whole number, or 0.
pub fn positive_limit(text: &str) -> Result<usize, NotANumber> {
    match limit(text) {
        Ok(0) | Err(_) => Err(NotANumber::Zero),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::{NotANumber, limit, number, positive_limit};

    #[test]
    fn a_number_is_digits_alone() {
        assert_eq!(["0", "20", "007"].map(number), [Ok(0), Ok(20), Ok(7)]);
        for wrong in ["", "-1", "+1", "1.5", "1 ", "abc", "٣", "1e3"] {
            assert_eq!(number(wrong), Err(NotANumber::NotWhole), "{wrong}");
            assert_eq!(positive_limit(wrong), Err(NotANumber::Zero), "{wrong}");
        }
        let huge = "99999999999999999999";
        assert_eq!((number(huge), limit(huge)), (Err(NotANumber::TooLarge), Ok(usize::MAX)));
        assert_eq!((limit("0"), positive_limit("0")), (Ok(0), Err(NotANumber::Zero)));
    }
}
