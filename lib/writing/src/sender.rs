//! From whom, to whom.

use std::path::PathBuf;

use handoff_address::{Address, WorktreeName};
use handoff_files::PipeWatch;
use handoff_process::Environment;
use handoff_recipient::{NoRecipient, Recipient};
use handoff_session::{Located, NotLocated, Other};
use handoff_worktree::{Change, Repository, Worktree};

/// Where the writer says that it is.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// A directory in the writing worktree, whatever else is known.
    pub root: Option<PathBuf>,
    /// The directory that the session was started in.
    pub project_dir: Option<PathBuf>,
}

/// The writing worktree and what git says of it.
#[derive(Debug)]
pub struct Sender {
    /// The worktree.
    pub worktree: Worktree,
    /// Its inbox.
    pub address: Address,
    /// Its repository; `None` outside of one.
    pub repository: Option<Repository>,
    /// The worktree of the current directory, or of the session, when that is another one than the sender's.
    pub other: Option<Other>,
}

/// Why sender or recipient is not known.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// A directory that was named, or where this runs.
    #[error(transparent)]
    NotLocated(#[from] NotLocated),
    /// Two worktrees of the repository have the recipient's name.
    #[error("{0}; write in the one you mean, without naming it")]
    Ambiguous(NoRecipient),
    /// The name is that of no worktree.
    #[error(transparent)]
    NoRecipient(NoRecipient),
}

impl PlaceError {
    /// Whether the request cannot be meant as it is.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::NoRecipient(error) if error.is_misuse())
    }
}

impl Sender {
    /// What is uncommitted in its worktree; `None` where git does not say.
    pub fn changes(&self) -> Option<Vec<Change>> {
        let _watch = PipeWatch::over(self.worktree.top());
        self.repository.as_ref()?.changes()
    }

    /// The worktree to write from: the root of `start`; what the session was started in (`start`'s project directory, else
    /// what Claude Code or the session of the agent `tool` says); or the current directory.
    ///
    /// # Errors
    /// [`PlaceError::NotLocated`].
    pub fn find(start: &Start, tool: Option<&str>, environment: &Environment) -> Result<Self, PlaceError> {
        if let Some(root) = &start.root {
            return Ok(Self::of(handoff_session::worktree(root)?, None));
        }
        let located = Located::find(start.project_dir.as_deref(), tool, environment)?;
        Ok(Self::of(located.worktree, located.other))
    }

    fn of(worktree: Worktree, other: Option<Other>) -> Self {
        let address = Address::of(worktree.top());
        let repository = worktree.repository();
        Self { worktree, address, repository, other }
    }

    /// The recipient: this worktree, a linked one of the repository with that basename, else the sibling directory.
    /// `is_new` where the sibling is still to be made.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub fn recipient(&self, to: Option<&WorktreeName>, is_new: bool) -> Result<Recipient, PlaceError> {
        let Some(name) = to else {
            return Ok(Recipient {
                address: self.address.clone(),
                note: self
                    .other
                    .as_ref()
                    .map(|other| other.note(self.worktree.top(), "it is for", "To leave it there")),
            });
        };
        let recipient = Recipient::named(name, &self.worktree, is_new);
        recipient.map_err(|error| match error {
            NoRecipient::Ambiguous { .. } => PlaceError::Ambiguous(error),
            error => PlaceError::NoRecipient(error),
        })
    }

    /// The worktrees of the repository, this one included.
    pub fn worktrees(&self) -> Vec<PathBuf> {
        self.worktree.worktrees()
    }
}
