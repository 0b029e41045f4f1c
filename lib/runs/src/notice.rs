//! Whether the end of a run was told where its result is wanted.
//!
//! Two files in `runs/`, because the list may be what fails: `<id>.told` from the telling to the row, so that a finder that
//! dies in between makes it be told twice and not by every command after it; `<id>.untold` while the telling has failed,
//! so that it is tried again.

use handoff_document::Timestamp;
use handoff_files::Lock;

use crate::Runs;
use crate::id::RunId;
use crate::row::{Row, State};

const TOLD: &str = ".told";
const UNTOLD: &str = ".untold";

/// The ends of both names.
pub(crate) const ENDS: [&str; 2] = [TOLD, UNTOLD];

/// For how long telling is tried again, in seconds.
const RETRY_SECS: i64 = 7 * 86_400;

impl Runs {
    /// Tells of the end of `id` unless that was done; `tell` gives whether it could be.
    pub(crate) fn tell_once(&self, id: &RunId, tell: impl FnOnce() -> bool) {
        let told = format!("{id}{TOLD}");
        if !matches!(self.runs.kind_of(&told), Ok(None)) {
            return;
        }
        let name = if tell() { told } else { format!("{id}{UNTOLD}") };
        // Where no file can be made, it may be told twice, or not be tried again.
        let _ = self.runs.create_new(&name);
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
            if row.as_ref().is_some_and(|row| row.state == State::Running) {
                continue;
            }
            let then = self.runs.modified(&entry.name);
            let is_old = then.is_some_and(|then| Timestamp::now().seconds() - then > RETRY_SECS);
            if is_old || row.is_none_or(|row| tell(&row)) {
                // One that stays is told again.
                let _ = self.runs.remove(&entry.name);
            }
        }
    }
}
