//! What becomes known while a run goes on, and while the record of runs is put right.

use std::path::Path;

use handoff_backends::Launch;
use handoff_files::FileError;
use handoff_runs::{RecordError, RunId};
use handoff_text::Sanitised;

use crate::deliver::{DeliverError, Why};

/// Takes what becomes known on the way. A run does not depend on being watched.
pub trait Observer {
    /// A run has begun under this id.
    fn began(&self, id: &RunId);

    /// A backend is about to be started in `cwd`.
    fn launching(&self, cwd: &Path, launch: &Launch);

    /// A line of progress, with its end and with the time (UTC) before it. A warning is for those, too, who want no progress.
    fn progress(&self, line: &str, is_warning: bool);

    /// Something that the user should know.
    fn notice(&self, notice: &Notice<'_>);
}

/// What a user should know of a run, beside how it ended. Displayed it is a line without its end.
#[derive(Debug, thiserror::Error)]
pub enum Notice<'a> {
    /// The list does not have the new run; it goes on.
    #[error("{0}; the run goes on without being listed")]
    NotListed(&'a RecordError),
    /// The file of its progress could not be made.
    #[error("{0}; the progress is not kept")]
    ProgressNotKept(&'a FileError),
    /// A run whose supervisor is gone was found lost.
    #[error("{id} was lost: {reason}")]
    Lost {
        /// The run.
        id: &'a RunId,
        /// What is known of why, a line.
        reason: Sanitised,
    },
    /// Its result waits in the inbox of `worktree`.
    #[error("the result of {id} waits in the inbox of {}{}", Sanitised::path(worktree), why.clause())]
    Delivered {
        /// The run.
        id: &'a str,
        /// Where it was asked for.
        worktree: &'a Path,
        /// Why it is left there.
        why: Why,
    },
    /// Its result was not left in the inbox, right at its end.
    #[error("{id}: could not leave the result in the inbox: {error}")]
    NotDelivered {
        /// The run.
        id: &'a str,
        /// Why not.
        error: &'a DeliverError,
    },
    /// Its result was not left in the inbox, by a later command.
    #[error("{id}: could not leave word in the inbox: {}", Sanitised::from(&*error.to_string()))]
    StillNotDelivered {
        /// The run.
        id: &'a RunId,
        /// Why not.
        error: &'a DeliverError,
    },
}
