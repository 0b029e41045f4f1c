//! `handoff wait`: until runs have ended.

use std::time::{Duration, Instant};

use handoff_process::Failure;
use handoff_runs::{Filter, Row, Runs, State};

use crate::failure::failure;
use crate::here::{self, Here};

/// How often the list is asked.
const TICK: Duration = Duration::from_millis(200);

/// The exit code when the time is over, as timeout(1) has it.
const LATE: u8 = 124;

/// Waits for `ids`, or for those of this worktree; prints a line for each as it ends. Exit code 0 when all were
/// successes. What still runs when the time is over goes on.
pub(crate) fn run(here: &Here<'_>, ids: &[String], timeout: Option<Duration>) -> Result<u8, Failure> {
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let runs = here.runs()?;
    let mut left: Vec<Row> = if ids.is_empty() {
        of_this_worktree(&runs)?
    } else {
        ids.iter().map(|id| here::find(&runs, id)).collect::<Result<_, _>>()?
    };
    let mut code = 0;
    loop {
        let mut still = Vec::new();
        for row in left {
            let now = here::find(&runs, row.id.as_str())?;
            if now.state == State::Running {
                still.push(now);
                continue;
            }
            code |= u8::from(now.state != State::Success);
            let line =
                format!("{} {} RESULT={}\n", now.id, now.state.name(), runs.files(&now).result.display());
            here.output.print_exact(&line);
        }
        left = still;
        if left.is_empty() {
            return Ok(code);
        }
        let rest = end.map(|end| end.saturating_duration_since(Instant::now()));
        if rest.is_some_and(|rest| rest.is_zero()) {
            let ids: Vec<_> = left.iter().map(|row| row.id.as_str()).collect();
            let message = format!("still running, and going on: {}", ids.join(", "));
            return Err(Failure { message, code: LATE });
        }
        std::thread::sleep(rest.map_or(TICK, |rest| rest.min(TICK)));
        here.reconcile(&runs)?;
    }
}

/// The runs that are at work in this worktree, else its newest, which has ended then; nothing where there is no run at
/// all.
fn of_this_worktree(runs: &Runs) -> Result<Vec<Row>, Failure> {
    let (here, _) = handoff_dispatch::running(runs).map_err(failure)?;
    if !here.is_empty() || runs.list(&Filter { limit: Some(1), ..Filter::default() })?.is_empty() {
        return Ok(here);
    }
    Ok(vec![handoff_dispatch::newest(runs).map_err(failure)?])
}
