//! How a run ended, from what its backend said and how its process ended. No process here.

use std::ffi::OsStr;
use std::time::Duration;

use handoff_runs::State;
use handoff_stream::{Outcome, Verdict};
use handoff_text::Sanitised;

use super::guard::Exit;

/// A run that was supervised to its end.
#[derive(Debug)]
pub(crate) struct Supervised {
    pub(crate) state: State,
    /// In words, when it is no success.
    pub(crate) reason: Option<String>,
    pub(crate) outcome: Outcome,
    /// The signal that ended us.
    pub(crate) signal: Option<i32>,
}

/// Why we end a backend that has not ended by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cause {
    Signal(i32),
    Timeout(Duration),
}

/// How the backend `program` ended: by what it said, else by the `cause` for which it was ended, else by its `exit` and
/// the end of its standard error.
pub(crate) fn ended(
    outcome: Outcome,
    cause: Option<Cause>,
    exit: Exit,
    stderr_tail: &str,
    program: &OsStr,
) -> Supervised {
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
        (Verdict::NoResult, None) => {
            (State::Error, Some(without_result(&outcome, exit, stderr_tail, program)))
        }
    };
    Supervised { state, reason, outcome, signal }
}

/// The best that is known of a backend that ended without a word on how.
fn without_result(outcome: &Outcome, exit: Exit, stderr_tail: &str, program: &OsStr) -> String {
    let program = Sanitised::path(program.as_ref());
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

#[cfg(test)]
mod tests {
    use handoff_stream::{Reason, ReasonKind};

    use super::*;

    fn outcome(verdict: Verdict) -> Outcome {
        Outcome {
            verdict,
            text: String::new(),
            cut: false,
            reason: None,
            session: None,
            usage: None,
            own_usage: None,
            cost_usd: None,
            turns: None,
            denied: Vec::new(),
        }
    }

    fn end(verdict: Verdict, cause: Option<Cause>, exit: Exit, tail: &str) -> (State, Option<String>) {
        let supervised = ended(outcome(verdict), cause, exit, tail, OsStr::new("agent"));
        (supervised.state, supervised.reason)
    }

    #[test]
    fn a_result_counts_whatever_ended_the_process() {
        for cause in [None, Some(Cause::Signal(15)), Some(Cause::Timeout(Duration::from_secs(9)))] {
            for exit in [Exit::Code(0), Exit::Code(1), Exit::Code(137), Exit::Unknown] {
                assert_eq!(end(Verdict::Success, cause, exit, "trouble"), (State::Success, None));
            }
        }
    }

    #[test]
    fn a_run_that_was_ended_before_its_result_is_interrupted_and_says_by_what() {
        let signal = Some(Cause::Signal(2));
        let ended = ended(outcome(Verdict::NoResult), signal, Exit::Code(130), "", OsStr::new("agent"));
        assert_eq!((ended.state, ended.signal), (State::Interrupted, Some(2)));
        assert_eq!(ended.reason.as_deref(), Some("it was ended by signal 2"));
        let timeout = Some(Cause::Timeout(Duration::from_secs(90)));
        let (state, reason) = end(Verdict::Error, timeout, Exit::Code(1), "");
        let expected = "it was ended after 90 s, its --timeout";
        assert_eq!((state, reason.as_deref()), (State::Interrupted, Some(expected)));
    }

    #[test]
    fn a_backend_without_a_result_is_an_error_with_the_best_that_is_known() {
        let cases = [
            (Exit::NotStarted, "", "agent could not be started"),
            (Exit::NotStarted, "could not find agent", "could not find agent"),
            (Exit::Code(137), "", "agent was ended by signal 9 without a result"),
            (Exit::Code(0), "", "agent ended without a result, exit code 0"),
            (Exit::Code(3), "no quota", "agent ended without a result, exit code 3: no quota"),
            (Exit::Unknown, "", "agent ended without a result"),
        ];
        for (exit, tail, expected) in cases {
            let (state, reason) = end(Verdict::NoResult, None, exit, tail);
            assert_eq!((state, reason.as_deref()), (State::Error, Some(expected)));
        }
    }

    #[test]
    fn what_the_backend_says_goes_before_its_standard_error() {
        let reason = Reason { kind: ReasonKind::Other, text: Sanitised::from("rate limited") };
        let outcome = Outcome { reason: Some(reason), ..outcome(Verdict::NoResult) };
        let ended = ended(outcome, None, Exit::Code(1), "noise", OsStr::new("agent"));
        let expected = "agent ended without a result, exit code 1: rate limited";
        assert_eq!(ended.reason.as_deref(), Some(expected));
    }
}
