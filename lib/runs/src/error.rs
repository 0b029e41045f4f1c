//! Two kinds of failure: a run that cannot be, and a run that goes on without being in the list.

use std::path::{Path, PathBuf};

use handoff_files::FileError;
use handoff_text::{Sanitised, quoted};
use rusqlite::ErrorCode;

use crate::id::RunId;

/// The longest id and name in a message, in bytes.
const MAX_SHOWN_BYTES: usize = 200;

/// An id for a message: handoff-cli's may hold what others wrote.
fn shown(id: &RunId) -> Sanitised {
    name(id.as_str())
}

fn name(text: &str) -> Sanitised {
    Sanitised::line(text.as_bytes(), MAX_SHOWN_BYTES)
}

/// Why there can be no such run.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// The file system said no: a run without its files cannot be.
    #[error(transparent)]
    File(#[from] FileError),
    /// The home belongs to another user, who could read and change what is in it.
    #[error(
        "{} belongs to another user (uid {owner}); set HANDOFF_HOME to a directory of yours",
        Sanitised::path(path)
    )]
    Foreign {
        /// The home.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
    /// Names were taken over and over.
    #[error("could not find a free run id in {}", Sanitised::path(.0))]
    NoFreeId(PathBuf),
}

/// Why the file of a prompt is not taken for the prompt of a reserved run.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// It is of a run that was started before: `handoff new` reserves for one run only.
    #[error("{} was dispatched already; make a new one: handoff new", shown(.0))]
    Dispatched(RunId),
    /// It was reserved for another backend.
    #[error(
        "{} was made for the backend {}; run it with --backend {}",
        shown(id),
        name(backend),
        name(backend)
    )]
    OtherBackend {
        /// The run.
        id: RunId,
        /// The backend that it is reserved for.
        backend: String,
    },
    /// handoff-cli reserved it for another backend, of which its id has two letters.
    #[error(
        "{} was made for a backend that ids call {}, not for {}; choose that one with --backend",
        shown(id),
        name(letters),
        name(backend)
    )]
    OtherLetters {
        /// The run.
        id: RunId,
        /// The two letters.
        letters: String,
        /// The backend that it was to run on.
        backend: String,
    },
    /// The prompt was not written.
    #[error("the prompt of {} was not written yet", shown(.0))]
    NoPrompt(RunId),
    /// As for every run.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

impl From<FileError> for AdoptError {
    fn from(error: FileError) -> Self {
        Self::Runs(error.into())
    }
}

/// What the list of runs could not take or give. The run itself goes on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("could not use the list of runs {}: {}", Sanitised::path(path), self.advice())]
pub struct RecordError {
    /// The database.
    pub path: PathBuf,
    /// What is wrong with it.
    pub trouble: Trouble,
    /// The database's or the system's own words.
    pub detail: String,
}

/// What can be wrong with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Another process had it locked for longer than is waited.
    Busy,
    /// It is damaged, or no database.
    Corrupt,
    /// The disk is full.
    Full,
    /// It may not be written to, or not be opened.
    Closed,
    /// Its tables are none of those that handoff-cli 0.1 and later make.
    Schema,
    /// Anything else.
    Other,
}

impl RecordError {
    pub(crate) fn new(path: &Path, error: &rusqlite::Error) -> Self {
        let trouble = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Trouble::Corrupt,
            Some(ErrorCode::DiskFull) => Trouble::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Trouble::Closed
            }
            _ => Trouble::Other,
        };
        // The error's own text may add the statement, which says nothing to a user.
        let detail = match error {
            rusqlite::Error::SqliteFailure(code, None) => code.to_string(),
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        };
        Self { path: path.to_owned(), trouble, detail }
    }

    pub(crate) fn of_file(path: &Path, error: &FileError) -> Self {
        use std::io::ErrorKind;
        let trouble = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Trouble::Full,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Trouble::Closed,
            _ => Trouble::Other,
        };
        Self { path: path.to_owned(), trouble, detail: handoff_files::reason(&error.source) }
    }

    fn advice(&self) -> String {
        let detail = name(&self.detail);
        match self.trouble {
            Trouble::Busy => "another program keeps it locked".to_owned(),
            Trouble::Corrupt => {
                let aside = self.path.with_added_extension("damaged");
                format!("{detail}; to start a new one, run: mv {} {}", quoted(&self.path), quoted(&aside))
            }
            Trouble::Full => "no space left on device".to_owned(),
            Trouble::Schema => format!("{detail}; move it away to start a new one"),
            Trouble::Closed | Trouble::Other => detail.to_string(),
        }
    }
}
