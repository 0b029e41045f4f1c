//! Asks a run to end: its supervisor ends the backend in order, and records it.

use handoff_runs::{Row, State};
use rustix::process::{Pid, Signal};

/// Why a run was not asked to end.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The run has ended, with this state.
    #[error("it has ended already: {}", .0.name())]
    Ended(State),
    /// The record has no process of it.
    #[error("its process is unknown")]
    UnknownProcess,
    /// The system refused the signal.
    #[error("{}", handoff_files::reason(&(*.0).into()))]
    Refused(rustix::io::Errno),
}

/// Asks the supervisor of the run `row` to end it. It need not have ended when this returns.
///
/// # Errors
/// [`StopError`].
pub fn stop(row: &Row) -> Result<(), StopError> {
    if row.state != State::Running {
        return Err(StopError::Ended(row.state));
    }
    let process = row.supervisor.or(row.process).and_then(Pid::from_raw).ok_or(StopError::UnknownProcess)?;
    rustix::process::kill_process(process, Signal::TERM).map_err(StopError::Refused)
}
