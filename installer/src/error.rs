//! Why something was not done.

use std::path::{Path, PathBuf};

use handoff_adapters::AdapterError;
use handoff_edits::{Cause, Problem};
use handoff_files::FileError;

use crate::codex::CodexError;

/// Why the programs are not installed, wired or taken away.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A tool did not do its work; its own messages were shown.
    #[error("could not {0}")]
    Tool(String),
    /// The file system refused something.
    #[error(transparent)]
    File(#[from] FileError),
    /// This is root, and the home is another user's.
    #[error(transparent)]
    ForeignHome(#[from] handoff_process::ForeignHome),
    /// There is no telling where things go.
    #[error("could not tell where to install: {0}")]
    NoPlace(String),
    /// The installed programs do not pass a handoff on.
    #[error("the programs failed their proof, so those that were there before are back: {0}")]
    Proof(String),
    /// Files of the user's that are in the way; nothing was changed.
    #[error("{}\nnothing was changed", .0.join("\nagent-handoff: "))]
    InTheWay(Vec<String>),
    /// What `handover` wired for this user cannot be taken away.
    #[error(transparent)]
    Adapters(#[from] AdapterError),
    /// Another installer works on the same prefix.
    #[error("another installer is at work on {0}: wait for it")]
    Busy(String),
    /// Codex did not answer, or not as it does.
    #[error("could not trust the hook through Codex: {0}")]
    Codex(#[from] CodexError),
}

/// Why a file or directory of the user's is left as it is, though something of ours belongs there, or goes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Obstacle {
    /// It cannot be edited, or not be written to.
    #[error(transparent)]
    Edit(#[from] Problem),
    /// A file of ours goes where a link of the user's is that leads to nothing.
    #[error("could not place the {what} {shown}: it is a link that leads nowhere")]
    DeadLink { path: PathBuf, what: &'static str, shown: String },
    /// A file of ours goes where the user has another one.
    #[error("could not place the {what} {shown}: there is another one; move it away")]
    Foreign { path: PathBuf, what: &'static str, shown: String },
    /// What `handover` wired, by the record in this place, cannot be taken away.
    #[error("{error}")]
    Captures { path: PathBuf, error: AdapterError },
    /// A record of what `handover` wired in a project.
    #[error("could not read {shown}; move it away to go on without it")]
    Record { path: PathBuf, shown: String },
    /// What `handover enable` did in a project.
    #[error("could not undo handover enable in {shown}: {error}")]
    Project { path: PathBuf, shown: String, error: AdapterError },
}

impl Cause for Obstacle {
    fn path(&self) -> &Path {
        match self {
            Self::Edit(problem) => problem.path(),
            Self::DeadLink { path, .. }
            | Self::Foreign { path, .. }
            | Self::Captures { path, .. }
            | Self::Record { path, .. }
            | Self::Project { path, .. } => path,
        }
    }
}

impl From<FileError> for Obstacle {
    fn from(error: FileError) -> Self {
        Self::Edit(error.into())
    }
}
