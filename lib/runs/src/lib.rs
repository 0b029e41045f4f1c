//! The record of dispatched runs, in `~/.handoff`: ids, states, prompts, results.
//!
//! Paths and tables are handoff-cli's, so its runs are listed and resumed like ours. A run is its files
//! (`tasks/<id>.prompt.md`, `.out.txt`, `.result.md`, `runs/<id>-<uuid>.jsonl`), a lock that its supervisor holds
//! (`runs/<id>.lock`), and a row in the list (`runs/handoff.db`). Without its files there is no run; without its row
//! there is one that is in no list, so a list that is locked, damaged or full stops nothing: see [`RecordError`].

mod database;
mod delete;
mod ending;
mod error;
mod files;
mod id;
mod listing;
mod lock;
mod notice;
mod reconcile;
mod reserve;
mod row;
mod run;
mod theirs;
mod updates;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handoff_files::{Dir, FileError};

use database::Database;

pub use delete::DeleteError;
pub use ending::{Ended, Ending, split_result};
pub use error::{AdoptError, RecordError, RunsError, Trouble};
pub use files::Files;
pub use id::RunId;
pub use listing::{Filter, Found};
pub use lock::ConversationLock;
pub use reserve::Reserved;
pub use row::{Row, State, Usage};
pub use run::{Conversation, NewRun, Run};
pub use updates::{ListReader, ListUpdate};

/// Every run of this user.
#[derive(Debug)]
pub struct Runs {
    tasks: Dir,
    runs: Arc<Dir>,
    list: Result<Database, RecordError>,
}

impl Runs {
    /// Opens the record in `home`, an absolute path, made when it is not there. What others may do to it is taken away:
    /// handoff-cli left prompts and results readable to all. That the list cannot be opened is no error, see
    /// [`Runs::trouble`].
    ///
    /// # Errors
    /// What the system says of the directories; [`RunsError::Foreign`].
    pub fn open(home: &Path) -> Result<Self, RunsError> {
        let home = Dir::create(home)?;
        let access = home.access()?;
        if !access.is_ours() {
            return Err(RunsError::Foreign { path: home.path().to_owned(), owner: access.owner });
        }
        let tasks = Dir::create(&home.path_of("tasks"))?;
        let runs = Dir::create(&home.path_of("runs"))?;
        for dir in [&tasks, &runs, &home] {
            match restrict(dir) {
                // A read-only disk can be read all the same.
                Err(error) if error.kind() != std::io::ErrorKind::ReadOnlyFilesystem => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        let runs = Arc::new(runs);
        let list = Database::open(&runs);
        Ok(Self { tasks, runs, list })
    }

    /// Why the list cannot be used; None when it can. Runs go on without it, and cannot be listed then.
    pub fn trouble(&self) -> Option<&RecordError> {
        self.list.as_ref().err()
    }

    /// The directory of prompts, progress and results.
    pub fn tasks(&self) -> &Path {
        self.tasks.path()
    }

    /// The right to be the one run on `session`, the backend's id of a conversation; None when a run has it.
    /// [`Runs::on_conversation`] tells which.
    ///
    /// # Errors
    /// What the system says.
    pub fn lock_conversation(&self, session: &str) -> Result<Option<ConversationLock>, RunsError> {
        Ok(ConversationLock::take(&self.runs, session)?)
    }

    /// The files of `row`.
    pub fn files(&self, row: &Row) -> Files {
        Files::new(self.tasks.path(), row.stream.clone(), &row.id)
    }

    fn database(&self) -> Result<&Database, RecordError> {
        self.list.as_ref().map_err(Clone::clone)
    }

    fn stream_path(&self, id: &RunId, uuid: &str) -> PathBuf {
        self.runs.path_of(format!("{id}-{uuid}{}", files::STREAM))
    }
}

/// Makes `dir` 0700 and, when it was not, each file in it 0600. The files first: stopped in between, it is done again.
fn restrict(dir: &Dir) -> Result<(), FileError> {
    if dir.access()?.mode & 0o077 == 0 {
        return Ok(());
    }
    for entry in dir.entries()? {
        dir.restrict_file(&entry.name)?;
    }
    dir.restrict()
}
