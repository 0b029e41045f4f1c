//! Whether the end of a run was told where its result is wanted.
//!
//! Two files in `runs/`, because the list may be what fails: `<id>.untold` from the start of the run until the telling
//! succeeds, so that it is tried again; `<id>.told` from then to the row, so that a finder that dies in between makes it be
//! told twice and not by every command after it. The first is made at the start and becomes the second by a rename: on a
//! disk that is full at the end, nothing has to be written.

use handoff_document::Timestamp;
use handoff_files::Lock;

use crate::Runs;
use crate::id::RunId;
use crate::lock::{Asked, Held};
use crate::reserve::LOCK;
use crate::row::{Row, State};

const TOLD: &str = ".told";
const UNTOLD: &str = ".untold";

/// The ends of both names.
pub(crate) const ENDS: [&str; 2] = [TOLD, UNTOLD];

/// For how long telling is tried again, in seconds.
const RETRY_SECS: i64 = 7 * 86_400;

impl Runs {
    /// Marks `id` as one whose end is still to be told.
    pub(crate) fn mark_untold(&self, id: &RunId) {
        // Where no file can be made now, it may be possible at the end.
        let _ = self.runs.create_new(format!("{id}{UNTOLD}"));
    }

    /// Tells of the end of `id` unless that was done; `tell` gives whether it could be.
    pub(crate) fn tell_once(&self, id: &RunId, tell: impl FnOnce() -> bool) {
        let told = format!("{id}{TOLD}");
        if !matches!(self.runs.kind_of(&told), Ok(None)) {
            return;
        }
        if !tell() {
            self.mark_untold(id);
        } else if self.runs.rename_over(format!("{id}{UNTOLD}"), &told).is_err() {
            // A run of handoff-cli's has no mark. Where no file can be made, it may be told twice.
            let _ = self.runs.create_new(&told);
            let _ = self.runs.remove(format!("{id}{UNTOLD}"));
        }
    }

    /// The row of `id` says how it ended, so nothing finds it any more.
    pub(crate) fn forget_told(&self, id: &RunId) {
        // One that stays tells of nothing.
        let _ = self.runs.remove(format!("{id}{TOLD}"));
    }

    /// Whether telling of the end of `id` failed, and is to be tried again.
    pub(crate) fn is_untold(&self, id: &RunId) -> bool {
        !matches!(self.runs.kind_of(format!("{id}{UNTOLD}")), Ok(None))
    }

    /// Gives each ended run of which could not be told to `tell`, which gives whether it could be now.
    pub fn retry_untold(&self, mut tell: impl FnMut(&Row) -> bool) {
        for entry in self.runs.entries().unwrap_or_default() {
            let Some(id) = entry.name.to_str().and_then(|name| name.strip_suffix(UNTOLD)) else { continue };
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
            if is_old || row.is_none_or(|row| tell(&row)) {
                // One that stays is told again.
                let _ = self.runs.remove(&entry.name);
            }
        }
    }
}
