//! One run from its start to its true end.
//!
//! What the backend writes goes to the disk as it comes and through [`handoff_stream`] into progress; nothing of it is
//! kept. How the run ended is what the backend said; only where it said nothing, how its process ended.

mod descendants;
pub(crate) mod guard;
mod intake;
mod journal;
pub(crate) mod leash;
pub(crate) mod notify;
mod phase;
mod pump;
mod signals;

use std::path::Path;
use std::time::{Duration, Instant};

use handoff_agents::Protocol;
use handoff_backends::Launch;
use handoff_runs::State;
use handoff_stream::{Outcome, Reader, Verdict};
use handoff_text::Sanitised;

use guard::{Exit, Guard};
use intake::Intake;
pub(crate) use journal::Journal;
use phase::{Action, Phases, Sighting};
use pump::{Arrived, Pump};
pub(crate) use signals::Signals;

/// How often to look at anything but what arrives.
const TICK: Duration = Duration::from_millis(100);

/// What is to be run.
pub(crate) struct Plan<'a> {
    pub(crate) launch: &'a Launch,
    pub(crate) protocol: Protocol,
    pub(crate) cwd: &'a Path,
    /// The file that is the backend's input.
    pub(crate) prompt: &'a Path,
    /// A file that is removed when the backend has ended: it may hold a token.
    pub(crate) settings: &'a Path,
    pub(crate) timeout: Option<Duration>,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) state: State,
    /// In words, when it is no success.
    pub(crate) reason: Option<String>,
    pub(crate) outcome: Outcome,
    /// The signal that ended us.
    pub(crate) signal: Option<i32>,
}

/// Who is told what becomes known on the way.
pub(crate) trait Watch {
    /// The backend runs, in the process group `process`.
    fn begun(&mut self, process: i32);
    /// Its conversation has this id.
    fn session(&mut self, id: &str);
}

/// Why we end a backend that has not ended by itself.
enum Cause {
    Signal(i32),
    Timeout(Duration),
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
    journal: &mut Journal,
    watch: &mut dyn Watch,
) -> std::io::Result<Ended> {
    if let Some(signal) = signals.received() {
        // Nothing is begun that is to end at once.
        guard::forget(plan.settings.as_os_str());
        let outcome = Reader::new(plan.protocol).finish(&mut |_| {});
        return Ok(ended(outcome, Some(Cause::Signal(signal)), Exit::Unknown, "", plan));
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
    Ok(ended(outcome, cause, exit, &stderr_tail, plan))
}

/// Takes what arrived from the backend; false when nothing more will.
fn take(arrived: Arrived, intake: &mut Intake<'_>, journal: &mut Journal, watch: &mut dyn Watch) -> bool {
    match arrived {
        Arrived::Output(bytes) => intake.output(bytes, journal, watch),
        Arrived::Errors(bytes) => intake.errors(bytes),
        Arrived::Failed(error) => {
            let reason = handoff_files::reason(&error);
            journal.line(&format!("warning: what the backend writes could not be read any more: {reason}"));
        }
        Arrived::Nothing => {}
        Arrived::End => return false,
    }
    true
}

fn ended(outcome: Outcome, cause: Option<Cause>, exit: Exit, stderr_tail: &str, plan: &Plan<'_>) -> Ended {
    let signal = match cause {
        Some(Cause::Signal(signal)) => Some(signal),
        _ => None,
    };
    // A result that was there before we ended it is one.
    let (state, reason) = match (outcome.verdict, &cause) {
        (Verdict::Success, _) => (State::Success, None),
        (_, Some(Cause::Signal(signal))) => {
            (State::Interrupted, Some(format!("it was ended by signal {signal}")))
        }
        (_, Some(Cause::Timeout(limit))) => {
            (State::Interrupted, Some(format!("it was ended after {} s, its --timeout", limit.as_secs())))
        }
        (Verdict::Error, None) => {
            (State::Error, outcome.reason.as_ref().map(|reason| reason.text.to_string()))
        }
        (Verdict::NoResult, None) => (State::Error, Some(without_result(&outcome, exit, stderr_tail, plan))),
    };
    Ended { state, reason, outcome, signal }
}

/// The best that is known of a backend that ended without a word on how.
fn without_result(outcome: &Outcome, exit: Exit, stderr_tail: &str, plan: &Plan<'_>) -> String {
    let program = Sanitised::path(plan.launch.program.as_ref());
    let how = match exit {
        Exit::NotStarted => format!("{program} could not be started"),
        Exit::Code(code @ 129..) => format!("{program} was ended by signal {} without a result", code - 128),
        Exit::Code(code) => format!("{program} ended without a result, exit code {code}"),
        Exit::Unknown => format!("{program} ended without a result"),
    };
    let said = outcome.reason.as_ref().map(|reason| reason.text.to_string());
    let stderr_tail = Some(stderr_tail.to_owned()).filter(|tail| !tail.is_empty());
    match said.or(stderr_tail) {
        // The guard's message says all of it.
        Some(message) if exit == Exit::NotStarted => message,
        Some(message) => format!("{how}: {message}"),
        None => how,
    }
}
