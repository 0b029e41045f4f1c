//! From whom, to whom.

use std::path::{Path, PathBuf};

use handoff_address::{Address, WorktreeName};
use handoff_files::PipeWatch;
use handoff_process::Environment;
use handoff_recipient::{NoRecipient, Recipient};
use handoff_text::Sanitised;
use handoff_worktree::{Change, Repository, Worktree};

use crate::session_dir;

/// Where Claude Code makes the worktrees that a session enters, below the directory that it was started in.
const ENTERED_WORKTREES: &str = ".claude/worktrees";

/// Where the command line says that it is run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// `--root`: the writing worktree, whatever else is known.
    pub(crate) root: Option<PathBuf>,
    /// `--project-dir`: the directory that the session was started in.
    pub(crate) project_dir: Option<PathBuf>,
}

/// The writing worktree and what git says of it.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) worktree: Worktree,
    pub(crate) address: Address,
    pub(crate) repository: Option<Repository>,
    /// The worktree of the current directory, or of the session, when that is another one than the sender's.
    pub(crate) other: Option<Other>,
}

/// A worktree that the writer may have meant instead.
#[derive(Debug)]
pub(crate) enum Other {
    /// The shell is in this one; the handoff is for the session's.
    Shell(PathBuf),
    /// The session was started in this one; the handoff is for the one that it entered.
    Session(PathBuf),
}

impl Sender {
    /// What is uncommitted in its worktree; `None` where that cannot be told.
    pub(crate) fn changes(&self) -> Option<Vec<Change>> {
        let _watch = PipeWatch::over(self.worktree.top());
        self.repository.as_ref()?.changes()
    }

    /// The worktree to write from: `--root`; what the session was started in (`--project-dir`, else what Claude Code or
    /// the session of the agent `tool` says); or the current directory.
    pub(crate) fn find(start: &Start, tool: Option<&str>, environment: &Environment) -> Result<Self, String> {
        if let Some(root) = &start.root {
            return Ok(Self::of(find(root)?, None));
        }
        let current = Environment::working_directory();
        let named = start.project_dir.as_deref().or(environment.claude_project_dir.as_deref());
        let session = match named {
            Some(named) => Some(find(named)?),
            None => session_dir::find(tool, environment).and_then(|dir| Worktree::find(&dir).ok()),
        };
        let Some(own) = session else {
            let current = current.map_err(|error| {
                format!("could not tell the current directory: {}", handoff_files::reason(&error))
            })?;
            return Ok(Self::of(find(&current)?, None));
        };
        let shell = current.ok().and_then(|current| Worktree::find(&current).ok());
        Ok(match shell {
            Some(shell) if is_entered(&shell, &own) => {
                Self::of(shell, Some(Other::Session(own.top().to_owned())))
            }
            Some(shell) if shell.top() != own.top() => {
                Self::of(own, Some(Other::Shell(shell.top().to_owned())))
            }
            _ => Self::of(own, None),
        })
    }

    fn of(worktree: Worktree, other: Option<Other>) -> Self {
        let address = Address::of(worktree.top());
        let repository = worktree.repository();
        Self { worktree, address, repository, other }
    }

    /// The recipient: this worktree, a linked one of the repository with that basename, else the sibling directory.
    pub(crate) fn recipient(&self, to: Option<&WorktreeName>) -> Result<Recipient, String> {
        let Some(name) = to else {
            return Ok(Recipient {
                address: self.address.clone(),
                note: self.other.as_ref().map(|other| other.note(self)),
            });
        };
        Recipient::named(name, self.worktree.top(), &self.worktrees()).map_err(|error| match error {
            NoRecipient::Ambiguous { .. } => {
                format!(
                    "{error}; run {} with --root in the one you mean, without --to",
                    crate::called::called()
                )
            }
            error => error.to_string(),
        })
    }

    /// The worktrees of the repository, this one included.
    pub(crate) fn worktrees(&self) -> Vec<PathBuf> {
        self.repository.as_ref().map(Repository::worktrees).unwrap_or_default()
    }
}

impl Other {
    fn note(&self, sender: &Sender) -> String {
        let own = Sanitised::path(sender.worktree.top());
        match self {
            Self::Shell(shell) => format!(
                "it is for {own}, where this session was started; the current directory is in {}. To leave it there: --root {}",
                Sanitised::path(shell),
                handoff_process::quoted(shell)
            ),
            Self::Session(session) => format!(
                "it is for {own}, which this session entered; it was started in {}. To leave it there: --root {}",
                Sanitised::path(session),
                handoff_process::quoted(session)
            ),
        }
    }
}

fn find(start: &Path) -> Result<Worktree, String> {
    Worktree::find(start).map_err(|error| {
        format!("could not enter {}: {}", Sanitised::path(start), handoff_files::reason(&error))
    })
}

/// Whether `shell` is a worktree that Claude Code made for a session of `own` to enter: such a session stays in it.
fn is_entered(shell: &Worktree, own: &Worktree) -> bool {
    shell.top().starts_with(own.top().join(ENTERED_WORKTREES))
        && own
            .repository()
            .is_some_and(|repository| repository.worktrees().iter().any(|path| path == shell.top()))
}
