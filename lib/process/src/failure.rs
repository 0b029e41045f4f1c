//! Why a program did not do what it was asked for.

/// In words for the user, with the exit code.
///
/// Every error becomes one by its words: a binary has nobody left who could tell errors apart.
#[derive(Debug)]
pub struct Failure {
    /// What happened, why, and the way out; without the program's name.
    pub words: String,
    /// 1: it was not done; 2: it was asked for in a way that makes no sense.
    pub code: u8,
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { words: error.to_string(), code: 1 }
    }
}

impl Failure {
    /// It was not done.
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), code: 1 }
    }

    /// It was asked for in a way that makes no sense.
    pub fn usage(words: impl Into<String>) -> Self {
        Self { words: words.into(), code: 2 }
    }
}
