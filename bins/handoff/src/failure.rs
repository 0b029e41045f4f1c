//! Errors of the use cases as exit codes.

use handoff_backends::UnknownBackend;
use handoff_dispatch::{ConversationError, DispatchError, SelectError};
use handoff_process::Failure;

/// An error of which some kinds are a misuse of the command line.
pub(crate) trait Misuse: std::error::Error {
    fn is_misuse(&self) -> bool;
}

impl Misuse for SelectError {
    fn is_misuse(&self) -> bool {
        self.is_misuse()
    }
}

impl Misuse for ConversationError {
    fn is_misuse(&self) -> bool {
        self.is_misuse()
    }
}

impl Misuse for DispatchError {
    fn is_misuse(&self) -> bool {
        self.is_misuse()
    }
}

impl Misuse for UnknownBackend {
    fn is_misuse(&self) -> bool {
        true
    }
}

/// The message of `error` and its exit code.
pub(crate) fn failure(error: impl Misuse) -> Failure {
    let message = error.to_string();
    if error.is_misuse() { Failure::usage(message) } else { Failure::new(message) }
}
