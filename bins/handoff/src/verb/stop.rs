//! `handoff stop`: asks the supervisor to end its run, in order and with a result file that says so.

use std::time::{Duration, Instant};

use handoff_dispatch::StopError;
use handoff_process::Failure;
use handoff_runs::State;

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
    handoff_dispatch::stop(&row).map_err(|error| {
        Failure::new(match &error {
            StopError::Ended(state) => format!("{} has ended already: {}", row.id, state.name()),
            error => format!("could not stop {}: {error}", row.id),
        })
    })?;
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
