//! A conversation that goes on: that of a listed run, or one that the backend had without us.

use std::path::PathBuf;

use handoff_process::Environment;
use handoff_runs::{RecordError, Row, RunId, Runs, State};
use handoff_text::Sanitised;

use crate::select::{self, SelectError};

/// The longest part of a session's id in messages and in the name of a file, in bytes.
const MAX_NAME_BYTES: usize = 40;

/// Which conversation, and how it goes on.
#[derive(Clone, Debug)]
pub struct Resumable {
    /// The backend's id of it.
    pub session: String,
    /// What messages and files call it: the run's id, else the beginning of the session's.
    pub name: String,
    /// The name of its backend; `None` for the configured default.
    pub backend: Option<String>,
    /// Where it works.
    pub cwd: PathBuf,
    /// Whether it goes on with the larger model.
    pub pro: bool,
    /// The listed run that is at work on it.
    pub at_work: Option<RunId>,
}

/// A conversation that is named by the backend's own id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Native {
    /// Its id.
    pub session: String,
    /// The backend that has it; `None` where a run of the list says it.
    pub backend: Option<String>,
    /// Where it goes on; `None` where it last worked.
    pub cwd: Option<PathBuf>,
}

/// Why a conversation does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    /// Its run was not found.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// This is no id of a conversation.
    #[error("--session-id needs the id of a conversation")]
    NoId,
    /// No run has it, and no backend is given.
    #[error("no run has the conversation {0}: --backend B says which agent has it")]
    Unlisted(Sanitised),
    /// Another backend has it than the one that is given.
    #[error("{name} is a conversation with {own}, not with {other}")]
    OtherBackend {
        /// The conversation.
        name: String,
        /// The backend that has it.
        own: String,
        /// The one that is given.
        other: String,
    },
    /// The list can't be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The current directory is not known.
    #[error(transparent)]
    Directory(#[from] std::io::Error),
}

impl ConversationError {
    /// Whether the request can't be meant as it is.
    pub fn is_misuse(&self) -> bool {
        match self {
            Self::Select(error) => error.is_misuse(),
            Self::NoId | Self::Unlisted(_) | Self::OtherBackend { .. } => true,
            Self::Record(_) | Self::Directory(_) => false,
        }
    }
}

impl Resumable {
    /// The conversation `native`; else that of the run `id`, and without an ID of the newest run of this worktree.
    ///
    /// # Errors
    /// [`ConversationError`].
    pub fn find(runs: &Runs, id: Option<&str>, native: Option<Native>) -> Result<Self, ConversationError> {
        match native {
            Some(native) => Self::named(runs, native),
            None => Ok(Self::of(select::find_or_newest(runs, id)?)),
        }
    }

    /// The conversation of a run.
    fn of(row: Row) -> Self {
        Self {
            at_work: (row.state == State::Running).then_some(row.id.clone()),
            session: row.session,
            name: row.id.to_string(),
            backend: Some(row.backend).filter(|name| !name.is_empty()),
            cwd: row.cwd,
            pro: row.pro,
        }
    }

    /// The conversation `native`: as the list has it, else as it is given.
    ///
    /// # Errors
    /// If it is not listed and no backend is given, if another backend is given than the listed one, and if the list
    /// can't be read.
    fn named(runs: &Runs, native: Native) -> Result<Self, ConversationError> {
        let Native { session, backend, cwd } = native;
        if session.is_empty() || session.starts_with('-') {
            return Err(ConversationError::NoId);
        }
        let cwd = cwd.map(|path| std::path::absolute(&path).unwrap_or(path));
        if let Some(row) = runs.last_on_conversation(&session)? {
            let listed = Self::of(row);
            listed.check_backend(backend.as_deref())?;
            return Ok(Self { cwd: cwd.unwrap_or_else(|| listed.cwd.clone()), ..listed });
        }
        let Some(backend) = backend else {
            let id = Sanitised::line(session.as_bytes(), MAX_NAME_BYTES);
            return Err(ConversationError::Unlisted(id));
        };
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name: String = session.chars().filter(is_plain).take(MAX_NAME_BYTES).collect();
        let cwd = match cwd {
            Some(path) => path,
            None => Environment::working_directory()?,
        };
        Ok(Self { name, session, backend: Some(backend), cwd, pro: false, at_work: None })
    }

    /// Checks that `other`, if a backend was named at all, is the one that has the conversation.
    ///
    /// # Errors
    /// If it is another one.
    pub fn check_backend(&self, other: Option<&str>) -> Result<(), ConversationError> {
        let own = self.backend.as_deref();
        let Some(other) = other.filter(|other| Some(*other) != own) else { return Ok(()) };
        let own = own.unwrap_or("the first backend of config.yaml");
        Err(ConversationError::OtherBackend {
            name: self.name.clone(),
            own: own.to_owned(),
            other: other.to_owned(),
        })
    }
}
