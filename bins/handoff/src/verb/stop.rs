//! `handoff stop`: asks the supervisor to end its run, in order and with a result file that says so.

use std::time::{Duration, Instant};

use handoff_process::Failure;
use handoff_runs::State;
use rustix::process::{Pid, Signal};

use super::printed;
use crate::failure::failure;
use crate::here::{self, Here};

/// How long it may take: the supervisor gives its backend two seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Stops the run `id`; without one the newest that is at work in this worktree.
pub(crate) fn run(here: &Here<'_>, id: Option<&str>) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let row = match id {
        Some(id) => here::find(&runs, id)?,
        None => handoff_dispatch::newest_running(&runs).map_err(failure)?,
    };
    if row.state != State::Running {
        return Err(Failure::new(format!("{} has ended already: {}", row.id, row.state.name())));
    }
    ask(row.supervisor.or(row.process))
        .map_err(|why| Failure::new(format!("could not stop {}: {why}", row.id)))?;
    let deadline = Instant::now() + STOP_TIMEOUT;
    while Instant::now() < deadline {
        // One whose supervisor dies without recording an end is found lost.
        here.reconcile(&runs)?;
        let now = here::find(&runs, row.id.as_str())?;
        if now.state != State::Running {
            return Ok(printed(here.output, &format!("{}: {}\n", now.id, now.state.name())));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(Failure::new(format!("{} has not ended in {} s", row.id, STOP_TIMEOUT.as_secs())))
}

/// Why a run was not asked to end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StopError {
    /// The record has no process of it.
    #[error("its process is unknown")]
    UnknownProcess,
    /// The system refused the signal.
    #[error("{}", handoff_files::reason(&(*.0).into()))]
    Refused(rustix::io::Errno),
}

/// Asks the supervisor `process` to end.
pub(crate) fn ask(process: Option<i32>) -> Result<(), StopError> {
    let process = process.and_then(Pid::from_raw).ok_or(StopError::UnknownProcess)?;
    rustix::process::kill_process(process, Signal::TERM).map_err(StopError::Refused)
}
