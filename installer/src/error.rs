//! Why something was not done.

use crate::codex::CodexError;

/// Why the programs are not installed, wired or taken away.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A tool did not do its work; its own messages were shown.
    #[error("could not {0}")]
    Tool(String),
    /// The file system refused something.
    #[error(transparent)]
    File(#[from] handoff_files::FileError),
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
    Adapters(#[from] handoff_adapters::AdapterError),
    /// Another installer works on the same prefix.
    #[error("another installer is at work on {0}: wait for it")]
    Busy(String),
    /// Codex did not answer, or not as it does.
    #[error("could not trust the hook through Codex: {0}")]
    Codex(#[from] CodexError),
}
