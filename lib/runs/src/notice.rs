//! Whether the end of a run was delivered where its result is wanted.
//!
//! Two files in `runs/`, because the list may be what fails: `<id>.untold` from the start of the run until the delivery
//! succeeds, so that it is tried again; `<id>.told` from then to the row, so that a finder that dies in between makes it be
//! delivered twice and not by every command after it. The first is made at the start and becomes the second by a rename: on
//! a disk that is full at the end, nothing has to be written.

use handoff_document::Timestamp;
use handoff_files::Lock;

use crate::Runs;
use crate::id::RunId;
use crate::lock::{Asked, Held};
use crate::reserve::LOCK;
use crate::row::{Row, State};

const DELIVERED: &str = ".told";
const UNDELIVERED: &str = ".untold";

/// The ends of both names.
pub(crate) const ENDS: [&str; 2] = [DELIVERED, UNDELIVERED];

/// For how long a delivery is tried again, in seconds.
const RETRY_SECS: i64 = 7 * 86_400;

impl Runs {
    /// Marks `id` as one whose end is still to be delivered.
    pub(crate) fn mark_undelivered(&self, id: &RunId) {
        // Where no file can be made now, it may be possible at the end.
        let _ = self.runs.create_new(format!("{id}{UNDELIVERED}"));
    }

    /// Delivers the end of `id` unless that was done; `deliver` returns whether it could be.
    pub(crate) fn deliver_once(&self, id: &RunId, deliver: impl FnOnce() -> bool) {
        let delivered = format!("{id}{DELIVERED}");
        if !matches!(self.runs.kind_of(&delivered), Ok(None)) {
            return;
        }
        if !deliver() {
            self.mark_undelivered(id);
        } else if self.runs.rename_over(format!("{id}{UNDELIVERED}"), &delivered).is_err() {
            // A run of handoff-cli's has no mark. Where no file can be made, it may be delivered twice.
            let _ = self.runs.create_new(&delivered);
            let _ = self.runs.remove(format!("{id}{UNDELIVERED}"));
        }
    }

    /// The row of `id` says how it ended, so nothing finds it any more.
    pub(crate) fn forget_delivered(&self, id: &RunId) {
        // One that stays does no harm.
        let _ = self.runs.remove(format!("{id}{DELIVERED}"));
    }

    /// Whether the end of `id` was not delivered yet, and is to be.
    pub(crate) fn is_undelivered(&self, id: &RunId) -> bool {
        !matches!(self.runs.kind_of(format!("{id}{UNDELIVERED}")), Ok(None))
    }

    /// Gives each ended run whose end could not be delivered to `deliver`, which returns whether it could be now.
    pub fn retry_undelivered(&self, mut deliver: impl FnMut(&Row) -> bool) {
        for entry in self.runs.entries().unwrap_or_default() {
            let Some(id) = entry.name.to_str().and_then(|name| name.strip_suffix(UNDELIVERED)) else {
                continue;
            };
            let Ok(marker) = self.runs.open_file(&entry.name) else { continue };
            // One that tries at a time.
            if marker.lock().is_ok_and(|lock| lock == Lock::Busy) {
                continue;
            }
            let Ok(mut rows) = self.rows("run_id = ?1 LIMIT 1", [id]) else { return };
            let row = rows.pop();
            // The list may have no row of a run that is at work.
            let is_at_work = match &row {
                Some(row) => row.state == State::Running,
                None => matches!(Held::ask(&self.runs, &format!("{id}{LOCK}"), false), Ok(Asked::Busy)),
            };
            if is_at_work {
                continue;
            }
            // The run may have ended, its end delivered and then recorded, since this mark was opened.
            let is_still_marked = self.runs.open_file(&entry.name).is_ok_and(|now| now.is_same(&marker));
            if !is_still_marked {
                continue;
            }
            let ended = row.as_ref().and_then(|row| row.ended).map(Timestamp::seconds);
            let then = ended.or_else(|| self.runs.modified(&entry.name));
            let is_old = then.is_some_and(|then| Timestamp::now().seconds() - then > RETRY_SECS);
            if is_old || row.is_none_or(|row| deliver(&row)) {
                // One that stays is delivered again.
                let _ = self.runs.remove(&entry.name);
            }
        }
    }
}
