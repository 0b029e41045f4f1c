//! Which agent's session a command runs in, and which worktree that session is in, wherever its shell has gone.

mod agent;
mod directory;

use std::io;
use std::path::{Path, PathBuf};

use handoff_process::Environment;
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

pub use agent::Agent;

/// Where Claude Code makes the worktrees that a session enters, below the directory that it was started in.
const ENTERED_WORKTREES: &str = ".claude/worktrees";

/// The worktree that a command of a session is about.
#[derive(Clone, Debug)]
pub struct Located {
    /// The session's own one; that of the current directory where no session is known.
    pub worktree: Worktree,
    /// The worktree of the current directory, or of the session, when that is another one.
    pub other: Option<Other>,
}

/// A worktree that may have been meant instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// The shell is in this one; the session is in its own.
    Shell(PathBuf),
    /// The session was started in this one, and entered the other.
    Session(PathBuf),
}

/// Why there is no telling.
#[derive(Debug, thiserror::Error)]
pub enum NotLocated {
    /// This directory cannot be entered.
    #[error("could not enter {}: {}", Sanitised::path(.0), handoff_files::reason(.1))]
    Directory(PathBuf, io::Error),
    /// The current directory is gone.
    #[error("could not tell the current directory: {}", handoff_files::reason(.0))]
    Current(io::Error),
}

impl Located {
    /// The worktree of the session that `project_dir`, else Claude Code or the session of the agent `tool` says that it
    /// was started in; else that of the current directory.
    ///
    /// # Errors
    /// [`NotLocated`].
    pub fn find(
        project_dir: Option<&Path>,
        tool: Option<&str>,
        environment: &Environment,
    ) -> Result<Self, NotLocated> {
        let current = Environment::working_directory();
        let named = project_dir.or(environment.claude_project_dir.as_deref());
        let session = match named {
            Some(named) => Some(worktree(named)?),
            None => directory::find(tool, environment).and_then(|dir| Worktree::find(&dir).ok()),
        };
        let Some(own) = session else {
            let worktree = worktree(&current.map_err(NotLocated::Current)?)?;
            return Ok(Self { worktree, other: None });
        };
        let shell = current.ok().and_then(|current| Worktree::find(&current).ok());
        Ok(match shell {
            Some(shell) if is_entered(&shell, &own) => {
                Self { other: Some(Other::Session(own.top().to_owned())), worktree: shell }
            }
            Some(shell) if shell.top() != own.top() => {
                Self { other: Some(Other::Shell(shell.top().to_owned())), worktree: own }
            }
            _ => Self { worktree: own, other: None },
        })
    }
}

impl Other {
    /// What the user should know: `what` says what is about `own`, the session's worktree, and `instead` how it would be
    /// about this one.
    pub fn note(&self, own: &Path, what: &str, instead: &str) -> String {
        let own = Sanitised::path(own);
        match self {
            Self::Shell(shell) => format!(
                "{what} {own}, where this session was started; the current directory is in {}. {instead}: --root {}",
                Sanitised::path(shell),
                handoff_process::quoted(shell)
            ),
            Self::Session(session) => format!(
                "{what} {own}, which this session entered; it was started in {}. {instead}: --root {}",
                Sanitised::path(session),
                handoff_process::quoted(session)
            ),
        }
    }
}

/// The worktree that `start` is in.
///
/// # Errors
/// [`NotLocated::Directory`].
pub fn worktree(start: &Path) -> Result<Worktree, NotLocated> {
    Worktree::find(start).map_err(|error| NotLocated::Directory(start.to_owned(), error))
}

/// Whether `shell` is a worktree that Claude Code made for a session of `own` to enter: such a session stays in it.
fn is_entered(shell: &Worktree, own: &Worktree) -> bool {
    shell.top().starts_with(own.top().join(ENTERED_WORKTREES))
        && own.worktrees().iter().any(|path| path == shell.top())
}
