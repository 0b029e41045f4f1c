//! Finding the runs whose supervisor is gone.
//!
//! A lock tells, not a process id: ids are given away again. Only handoff-cli's own rows have nothing else.

use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::{FileError, Lock};
use rusqlite::params;
use rustix::process::Pid;

use crate::error::RecordError;
use crate::lock::{Asked, ConversationLock, Held};
use crate::reserve::LOCK;
use crate::row::{Info, Row, State};
use crate::{Runs, split_result};

/// How long a row of handoff-cli's may be without its process's id, in seconds: it is noted after the start.
const STARTING: i64 = 60;

/// How long a backend's process is taken for the one that a row of handoff-cli's names, in seconds. After that the id
/// is another's.
const LONGEST: i64 = 3 * 86_400;

/// How long the list is waited for. The next command tries again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How old a temporary file is, in seconds, before it is taken for left behind. It is locked only once it is made.
const HALF_WRITTEN: i64 = 60;

/// As much of a result file as has its head.
const HEAD: u64 = 8 << 10;

const WHY: &str = "whatever looked after it is gone: it was killed, or the system went down";

impl Runs {
    /// Puts right what the list says of runs that nobody looks after any more: they get the state that their result
    /// file has, or are lost, with a result file that says so. Gives those that are lost since, as they are now; their
    /// [`Row::process`] is what the list had, for whoever ends what is left of it.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn reconcile(&self) -> Result<Vec<Row>, RecordError> {
        let mut lost = Vec::new();
        for mut row in self.rows("status = 'running' ORDER BY id DESC", [])? {
            // What cannot be looked at now is looked at the next time.
            let Ok(Some(lock)) = self.abandoned(&row) else { continue };
            let (state, reason) = match self.ended_as(&row) {
                Some(state) => (state, None),
                None => (State::Lost, Some(WHY)),
            };
            let ended = Timestamp::now();
            if state == State::Lost && self.still_running(&row)? {
                // On a full disk the list at least says it.
                let _ = self.write_lost(&row, ended);
            }
            let changed = self.database()?.within(PATIENCE, |connection| {
                let update = "UPDATE runs SET status = ?2, runtime_info = json_patch(json_remove(CASE \
                     WHEN json_valid(runtime_info) THEN runtime_info ELSE '{}' END, '$.pid', '$.supervisor'), \
                     json_object('ended', ?3, 'reason', ?4)) WHERE run_id = ?1 AND status = 'running'";
                connection.execute(update, params![row.id.as_str(), state.name(), ended.to_string(), reason])
            })?;
            // A lock file that stays is free.
            let _ = lock.remove();
            // The conversation's too, unless somebody else is on it by now.
            drop(ConversationLock::take(&self.runs, &row.session));
            if changed > 0 && state == State::Lost {
                row.state = state;
                row.ended = Some(ended);
                row.reason = reason.map(str::to_owned);
                lost.push(row);
            }
        }
        if !lost.is_empty() {
            self.sweep();
        }
        Ok(lost)
    }

    /// Removes what killed processes left half written. What cannot be removed now is the next time.
    fn sweep(&self) {
        for dir in [&self.tasks, &*self.runs] {
            for entry in dir.entries().unwrap_or_default() {
                let name = &entry.name;
                let is_old = || {
                    dir.modified(name).is_some_and(|then| Timestamp::now().seconds() - then > HALF_WRITTEN)
                };
                let is_free =
                    || dir.open_file(name).and_then(|file| file.lock()).is_ok_and(|lock| lock == Lock::Taken);
                if name.as_encoded_bytes().starts_with(b".tmp-") && is_old() && is_free() {
                    let _ = dir.remove(name);
                }
            }
        }
    }

    /// Whether a live process looks after `row`.
    ///
    /// # Errors
    /// What the system says of its lock.
    pub fn is_attended(&self, row: &Row) -> Result<bool, FileError> {
        Ok(row.state == State::Running && self.abandoned(row)?.is_none())
    }

    /// The lock of `row` when nobody else has it, nor lives without one.
    fn abandoned(&self, row: &Row) -> Result<Option<Held>, FileError> {
        let name = format!("{}{LOCK}", row.id);
        let free = match Held::ask(&self.runs, &name, false)? {
            Asked::Busy => return Ok(None),
            Asked::Held(lock) if lock.sure || !may_live(row, row.supervisor) => return Ok(Some(lock)),
            Asked::Held(_) => return Ok(None),
            // One of ours whose lock is gone has ended.
            Asked::Missing => row.supervisor.is_some() || !may_live(row, row.process),
        };
        if !free {
            return Ok(None);
        }
        // One that looks after the lost at a time.
        match Held::ask(&self.runs, &name, true)? {
            Asked::Held(lock) => Ok(Some(lock)),
            Asked::Busy | Asked::Missing => Ok(None),
        }
    }

    /// The state in the run's result file.
    fn ended_as(&self, row: &Row) -> Option<State> {
        let head = self.tasks.open_file(self.files(row).result.file_name()?).ok()?.read(HEAD).ok()?;
        split_result(&head).0
    }

    fn still_running(&self, row: &Row) -> Result<bool, RecordError> {
        Ok(!self.rows("run_id = ?1 AND status = 'running'", [row.id.as_str()])?.is_empty())
    }

    fn write_lost(&self, row: &Row, ended: Timestamp) -> Result<(), FileError> {
        let info = Info {
            reason: Some(WHY.to_owned()),
            started: row.started.map(|started| started.to_string()),
            ended: Some(ended.to_string()),
            ..Info::default()
        };
        let text = format!(
            "This run was lost: {WHY}. What it did until then stays done.\n\nProgress: {}\nStream: {}\n\n\
             To go on in the same conversation: handoff resume {}\n",
            self.files(row).out.display(),
            row.stream.display(),
            row.id
        );
        self.write_result(&row.id, &row.backend, State::Lost, &info, text.as_bytes()).map(drop)
    }
}

/// By a process id, where there is no lock.
fn may_live(row: &Row, pid: Option<i32>) -> bool {
    let age =
        row.started.map_or(i64::MAX, |started| Timestamp::now().seconds().saturating_sub(started.seconds()));
    match pid.and_then(Pid::from_raw) {
        // A clock that was set back makes what just started a thing of the future.
        None => (-LONGEST..STARTING).contains(&age),
        Some(pid) => rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH) && age < LONGEST,
    }
}
