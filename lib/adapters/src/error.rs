//! Why a tool is not wired.

use std::path::PathBuf;

use handoff_files::FileError;
use handoff_text::Sanitised;
use handoff_wiring::Malformed;

/// Why nothing was changed, or not all.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// Files that are in the way; nothing was changed.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    InTheWay(Vec<Problem>),
    /// The record of what was changed cannot be used.
    #[error("could not read {}: {reason}; move it away to go on without it", Sanitised::path(path))]
    Manifest {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state directory, which the records are in, cannot be used.
    #[error(transparent)]
    State(#[from] handoff_state::StateError),
    /// There is no telling where things go.
    #[error("could not tell where to write: {0}")]
    NoPlace(String),
    /// The file system refused something: nothing was changed, or what was changed could not be recorded.
    #[error(transparent)]
    File(#[from] FileError),
}

/// One file that is in the way.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is not what it must be for us to change it.
    #[error("could not change {}: {error}{}", Sanitised::path(path), not_read(error))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: Malformed,
    },
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else stands where a directory has to be made.
    #[error("could not create {}: it is no directory", Sanitised::path(.0))]
    Taken(PathBuf),
}

impl Problem {
    /// The file, or what stands in the way of it.
    pub fn path(&self) -> &std::path::Path {
        match self {
            Self::Malformed { path, .. } | Self::Taken(path) => path,
            Self::File(error) => &error.path,
        }
    }
}

/// What a user should know whose settings the tool does not read.
fn not_read(error: &Malformed) -> &'static str {
    if error.is_passed_over { ", and its tool passes over such a file as a whole" } else { "" }
}
