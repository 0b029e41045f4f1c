//! Deleting runs that have ended, for good.

use std::sync::Arc;

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError};
use rusqlite::params;

use crate::Runs;
use crate::error::RecordError;
use crate::files;
use crate::id::RunId;
use crate::lock::{Asked, Held};
use crate::notice;
use crate::reserve::LOCK;
use crate::row::{Row, State};

/// Why a run is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// It has not ended.
    #[error("{0} is running; end it first: handoff stop {0}")]
    Running(RunId),
    /// A file of it could not be removed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its row could not be removed.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl Runs {
    /// Deletes the files and the row of `row`. Its number is not used again. What the backend itself keeps of the
    /// conversation stays.
    ///
    /// The row goes last: killed before, the run is still listed, and is deleted the next time.
    ///
    /// # Errors
    /// [`DeleteError`].
    pub fn delete(&self, row: &Row) -> Result<(), DeleteError> {
        let running = || DeleteError::Running(row.id.clone());
        if row.state == State::Running {
            return Err(running());
        }
        // Nothing else puts the run right meanwhile.
        let Asked::Held(lock) = Held::ask(&self.runs, &format!("{}{LOCK}", row.id), true)? else {
            return Err(running());
        };
        for end in [files::PROMPT, files::OUT, files::RESULT] {
            self.tasks.remove(format!("{}{end}", row.id))?;
        }
        self.delete_stream(&self.runs, row)?;
        for end in notice::ENDS {
            self.runs.remove(format!("{}{end}", row.id))?;
        }
        self.database()?.with(|connection| {
            let delete = "DELETE FROM runs WHERE run_id = ?1 AND status <> 'running'";
            connection.execute(delete, params![row.id.as_str()])
        })?;
        Ok(lock.remove()?)
    }

    /// The runs that ended before `then`, oldest first; by when they started where their end was not noted. A run whose
    /// result is still to be delivered is none of them.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn ended_before(&self, then: Timestamp) -> Result<Vec<Row>, RecordError> {
        let mut rows = self.rows("status <> 'running' ORDER BY id", [])?;
        rows.retain(|row| {
            row.ended.or(row.started).is_some_and(|ended| ended < then) && !self.is_undelivered(&row.id)
        });
        Ok(rows)
    }

    /// Removes what the backend wrote. The list says where that is, and a list can say anything: only a file beside it
    /// is the run's.
    fn delete_stream(&self, runs: &Arc<Dir>, row: &Row) -> Result<(), FileError> {
        match row.stream.file_name() {
            Some(name) if row.stream.parent() == Some(runs.path()) && self.is_stream(name, row) => {
                runs.remove(name)
            }
            _ => Ok(()),
        }
    }

    fn is_stream(&self, name: &std::ffi::OsStr, row: &Row) -> bool {
        let name = name.as_encoded_bytes();
        name.starts_with(row.id.as_str().as_bytes()) && name.ends_with(files::STREAM.as_bytes())
    }
}
