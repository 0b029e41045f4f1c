//! Why a tool is not wired.

use std::path::PathBuf;

use handoff_edits::Problem;
use handoff_files::FileError;
use handoff_text::Sanitised;

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
