//! One run from its start to its true end.
//!
//! What the backend writes goes to the disk as it comes and through [`handoff_stream`] into progress; nothing of it is
//! kept. How the run ended is what the backend said; only where it said nothing, how its process ended.

mod descendants;
mod end;
pub mod guard;
mod intake;
pub mod leash;
mod phase;
mod pump;
mod signals;

use std::path::Path;
use std::time::{Duration, Instant};

use handoff_agents::Protocol;
use handoff_backends::Launch;
use handoff_stream::Reader;

use crate::journal::Journal;
pub(crate) use end::Supervised;
use end::{Cause, ended};
use guard::{Exit, Guard};
use intake::Intake;
use phase::{Action, Phases, Sighting};
use pump::{Arrived, Pump};
pub use signals::Signals;

/// How often to look at anything but what arrives.
const TICK: Duration = Duration::from_millis(100);

/// What is to be run.
pub(crate) struct Plan<'a> {
    /// The program whose `guard` and `leash` start the backend.
    pub(crate) guard: &'a Path,
    pub(crate) launch: &'a Launch,
    pub(crate) protocol: Protocol,
    pub(crate) cwd: &'a Path,
    /// The file that is the backend's input.
    pub(crate) prompt: &'a Path,
    /// A file that is removed when the backend has ended: it may hold a token.
    pub(crate) settings: &'a Path,
    pub(crate) timeout: Option<Duration>,
}

/// Takes what becomes known of the backend on the way.
pub(crate) trait Watch {
    /// The backend runs, in the process group `process`.
    fn begun(&mut self, process: i32);
    /// Its conversation has this id.
    fn session(&mut self, id: &str);
}

impl Cause {
    /// The one that there is by now, of a run that `started` then; a signal before its timeout.
    fn now(signals: &Signals, timeout: Option<Duration>, started: Instant) -> Option<Self> {
        let timeout = || timeout.filter(|limit| started.elapsed() > *limit).map(Self::Timeout);
        signals.received().map(Self::Signal).or_else(timeout)
    }
}

/// Runs the plan to its end, and keeps what the backend writes in `stream`.
///
/// # Errors
/// When there can be no supervising at all; then nothing was started.
pub(crate) fn supervise(
    plan: &Plan<'_>,
    signals: &Signals,
    stream: Option<std::fs::File>,
    journal: &mut Journal<'_>,
    watch: &mut dyn Watch,
) -> std::io::Result<Supervised> {
    if let Some(signal) = signals.received() {
        // Nothing is begun that is to end at once.
        guard::forget(plan.settings.as_os_str());
        let outcome = Reader::new(plan.protocol).finish(&mut |_| {});
        return Ok(ended(outcome, Some(Cause::Signal(signal)), Exit::Unknown, "", &plan.launch.program));
    }
    let mut intake = Intake::new(&plan.launch.secrets, plan.protocol, stream);
    let mut guard = Guard::start(plan)?;
    watch.begun(i32::try_from(guard.child.id()).unwrap_or_default());
    let pump = Pump::of(&mut guard.child);
    let started = Instant::now();
    let mut phases = Phases::new(guard::stop_signal(plan.protocol));
    let (mut cause, mut exit) = (None, None);
    while take(pump.next(TICK), &mut intake, journal, watch) {
        cause = cause.or_else(|| Cause::now(signals, plan.timeout, started));
        exit = exit.or_else(|| guard.ended());
        let is_finished = intake.is_done() || exit.is_some();
        match phases.step(Sighting { now: Instant::now(), is_finished, is_forced: cause.is_some() }) {
            Action::Wait => {}
            Action::Signal(signal) => guard.signal(signal),
            Action::Terminate => break,
        }
    }
    // What was ended by force leaves nothing behind; what ended by itself may have left a server on purpose.
    let last = guard.end(cause.is_some());
    let exit = exit.filter(|exit| *exit != Exit::Unknown).unwrap_or(last);
    // A guard that was ended with its group could not do it.
    guard::forget(plan.settings.as_os_str());
    let (outcome, stderr_tail) = intake.finish(journal, watch);
    Ok(ended(outcome, cause, exit, &stderr_tail, &plan.launch.program))
}

/// Takes what arrived from the backend; false when nothing more will.
fn take(arrived: Arrived, intake: &mut Intake<'_>, journal: &mut Journal<'_>, watch: &mut dyn Watch) -> bool {
    match arrived {
        Arrived::Output(bytes) => intake.output(bytes, journal, watch),
        Arrived::Errors(bytes) => intake.errors(bytes),
        Arrived::Failed(error) => {
            let reason = handoff_files::reason(&error);
            journal.warn(&format!("what the backend writes could not be read any more: {reason}"));
        }
        Arrived::Nothing => {}
        Arrived::End => return false,
    }
    true
}
