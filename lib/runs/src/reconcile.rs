//! Finding the runs whose supervisor is gone.
//!
//! A lock tells, not a process id: ids are given away again. Only handoff-cli's own rows have nothing else.

use std::io::ErrorKind;
use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::{FileError, Lock};
use rusqlite::{Transaction, TransactionBehavior, params};
use rustix::process::Pid;

use crate::Runs;
use crate::ending::result_head;
use crate::error::RecordError;
use crate::lock::{Asked, ConversationLock, Held};
use crate::reserve::LOCK;
use crate::row::{Info, Row, State};

/// How long a row of handoff-cli's may be without its process's id, in seconds: it is noted after the start.
const STARTING_SECS: i64 = 60;

/// How long a backend's process is taken for the one that a row of handoff-cli's names, in seconds. After that the id
/// is another's.
const LOST_AFTER_SECS: i64 = 3 * 86_400;

/// How long the list is waited for. The next command tries again.
const RECONCILE_BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// How old a temporary file is, in seconds, before it is taken for left behind. It is locked only once it is made.
const STALE_AFTER_SECS: i64 = 60;

/// A progress is looked at whole, in bytes; of a longer one the end is not.
const MAX_PROGRESS_BYTES: u64 = 64 << 20;

/// As much of a result file as has its head.
const MAX_HEAD_BYTES: u64 = 8 << 10;

/// All that is known of one whose end was not recorded.
const WHY: &str = "whatever looked after it is gone without a word: it was killed, the system went down, or there was no \
                   space left to write how it ended";

impl Runs {
    /// Puts right what the list says of runs without a supervisor: they get the state that their result
    /// file has, or are lost, with a result file that says so. Each is given to `deliver` as it is now, before the list
    /// has it so: a finder that is killed in between leaves it to be found again. `deliver` returns whether it could; where
    /// not, [`Runs::retry_undelivered`] tries again.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn reconcile(&self, mut deliver: impl FnMut(&Row) -> bool) -> Result<(), RecordError> {
        let mut any = false;
        for mut row in self.rows("status = 'running' ORDER BY id DESC", [])? {
            // What cannot be looked at now is looked at the next time.
            let Ok(Some(lock)) = self.abandoned(&row) else { continue };
            let written = self.written_result(&row);
            (row.state, row.reason) = match &written {
                Written::Ended(state, reason) => (*state, reason.clone()),
                Written::Unreadable(error) => (State::Lost, Some(format!("{WHY}; {error}"))),
                Written::Missing | Written::Other => (State::Lost, Some(WHY.to_owned())),
            };
            row.ended = Some(Timestamp::now());
            any |= self.put_right(&row, matches!(written, Written::Missing), &mut deliver)?;
            // A lock file that stays is free.
            let _ = lock.remove();
            // The conversation's too, unless another run is on it by now.
            drop(ConversationLock::take(&self.runs, &row.session));
        }
        if any {
            self.sweep();
        }
        Ok(())
    }

    /// Writes `row` as it has ended, and with `no_result` the result file of a lost one; false when the list has its end
    /// already.
    fn put_right(
        &self,
        row: &Row,
        no_result: bool,
        deliver: &mut impl FnMut(&Row) -> bool,
    ) -> Result<bool, RecordError> {
        self.database()?.within(RECONCILE_BUSY_TIMEOUT, |connection| {
            let change = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let update = "UPDATE runs SET status = ?2, runtime_info = json_patch(json_remove(CASE \
                 WHEN json_valid(runtime_info) THEN runtime_info ELSE '{}' END, '$.pid', '$.supervisor'), \
                 json_object('ended', ?3, 'reason', ?4)) WHERE run_id = ?1 AND status = 'running'";
            let ended = row.ended.map(|ended| ended.to_string());
            let values = params![row.id.as_str(), row.state.name(), ended, row.reason];
            if change.execute(update, values)? == 0 {
                return Ok(false);
            }
            if row.state == State::Lost {
                // On a full disk the list at least says it.
                if !no_result || self.write_lost(row).is_ok() {
                    let _ = self.close_progress(row);
                }
            }
            self.deliver_once(&row.id, || deliver(row));
            change.commit()?;
            self.forget_delivered(&row.id);
            Ok(true)
        })
    }

    /// Removes what killed processes left half written. What cannot be removed now is the next time.
    fn sweep(&self) {
        for dir in [&self.tasks, &*self.runs] {
            for entry in dir.entries().unwrap_or_default() {
                let name = &entry.name;
                let is_old = || {
                    dir.modified(name)
                        .is_some_and(|then| Timestamp::now().seconds() - then > STALE_AFTER_SECS)
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

    /// Whether what guards the agent of `row` lives: it holds a lock on the prompt's file, and may outlive its supervisor.
    ///
    /// # Errors
    /// What the system says of that file, except that there is none: then it cannot be said.
    pub fn is_guarded(&self, row: &Row) -> Result<bool, FileError> {
        let prompt = format!("{}{}", row.id, crate::files::PROMPT);
        match self.tasks.open_file(prompt).and_then(|file| file.lock()) {
            Ok(lock) => Ok(lock == Lock::Busy),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The lock of `row` when no other process has it, nor lives without one.
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

    /// What the run's result file says.
    fn written_result(&self, row: &Row) -> Written {
        let name = format!("{}{}", row.id, crate::files::RESULT);
        match self.tasks.open_file(name).and_then(|mut file| file.read(MAX_HEAD_BYTES)) {
            Ok(head) => match result_head(&head) {
                // One that said so before its row did is written again, with all that is known now.
                Some((State::Lost, _)) => Written::Missing,
                Some((state, reason)) => Written::Ended(state, reason),
                None if head.is_empty() => Written::Missing,
                None => Written::Other,
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Written::Missing,
            Err(error) => Written::Unreadable(error),
        }
    }

    /// The last line of the progress, as every run has it, on a line of its own.
    fn close_progress(&self, row: &Row) -> Result<(), FileError> {
        let files = self.files(row);
        let Some(name) = files.out.file_name() else { return Ok(()) };
        let mut out = self.tasks.open_file(name)?;
        let end = format!("RESULT={}\n", files.result.display());
        let bytes = out.read(MAX_PROGRESS_BYTES)?;
        // One that was killed between the two has it already.
        if bytes.ends_with(end.as_bytes()) {
            return Ok(());
        }
        let gap = if bytes.is_empty() || bytes.ends_with(b"\n") { "" } else { "\n" };
        self.tasks.append(name, format!("{gap}{end}").as_bytes())
    }

    fn write_lost(&self, row: &Row) -> Result<(), FileError> {
        let info = Info {
            reason: row.reason.clone(),
            started: row.started.map(|started| started.to_string()),
            ended: row.ended.map(|ended| ended.to_string()),
            ..Info::default()
        };
        let text = format!(
            "This run was lost: {WHY}. What it did until then stays done.\n\nProgress: {}\nStream: {}\n\n\
             To go on in the same conversation: handoff resume {} --text …\n",
            self.files(row).out.display(),
            row.stream.display(),
            row.id
        );
        self.write_result(&row.id, &row.backend, State::Lost, &info, text.as_bytes()).map(drop)
    }
}

/// What is in the result file of a run whose supervisor is gone.
enum Written {
    /// How it ended, and why.
    Ended(State, Option<String>),
    /// There is none that says anything.
    Missing,
    /// One that is not ours, such as handoff-cli's: it does not say how the run ended, and it may be all that there is.
    Other,
    /// It may be whole, so nothing is put in its place.
    Unreadable(FileError),
}

/// By a process id, where there is no lock.
fn may_live(row: &Row, pid: Option<i32>) -> bool {
    let age =
        row.started.map_or(i64::MAX, |started| Timestamp::now().seconds().saturating_sub(started.seconds()));
    match pid.and_then(Pid::from_raw) {
        // A clock that was set back makes what just started a thing of the future.
        None => (-LOST_AFTER_SECS..STARTING_SECS).contains(&age),
        Some(pid) => {
            rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH) && age < LOST_AFTER_SECS
        }
    }
}
