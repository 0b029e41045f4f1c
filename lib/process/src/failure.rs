//! Why a program did not do what it was asked for.

/// A message for the user, with the exit code. Every error becomes one in the outermost function of a program.
#[derive(Debug)]
pub struct Failure {
    /// What happened, why, and the way out; without the program's name.
    pub message: String,
    /// 1: it was not done; 2: it was asked for in a way that makes no sense.
    pub code: u8,
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), code: 1 }
    }
}

impl Failure {
    /// It was not done.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// It was asked for in a way that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }
}
