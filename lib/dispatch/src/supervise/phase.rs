//! In which phase a run is, and when its backend is signalled: Running → Finished → Asked → Terminated.
//!
//! No process, no clock: what is seen comes in, what to do goes out. A backend that seemed to have finished may go on, so
//! Finished leads back to Running; from Asked there is no way back.

use std::time::{Duration, Instant};

use rustix::process::Signal;

/// How long a backend may take to end once its result is there. Children that it leaves behind may hold its output
/// for ever.
const RESULT_GRACE: Duration = Duration::from_secs(3);

/// How long the rest may take to end after the request to stop. An agent's other process groups are out of our reach: it ends
/// them itself.
const EXIT_GRACE: Duration = Duration::from_secs(1);

/// How long a backend that is ended by force may take between being asked to end and being killed.
pub(crate) const KILL_GRACE: Duration = Duration::from_secs(2);

/// The phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The backend works.
    Running,
    /// Its result is there, or its process has ended, since then.
    Finished(Instant),
    /// It was asked to end, then.
    Asked(Instant),
    /// It is not waited for any longer.
    Terminated,
}

/// What is known of a run at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    pub(super) now: Instant,
    /// Whether the result is there, or the process has ended.
    pub(super) is_finished: bool,
    /// Whether it is to end now: a signal came, or its time is over.
    pub(super) is_forced: bool,
}

/// What is to be done with the backend's process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Wait,
    Signal(Signal),
    /// Stop waiting, and kill what is left.
    Terminate,
}

/// The phases of one run.
#[derive(Debug)]
pub(super) struct Phases {
    phase: Phase,
    /// What the backend is asked to end with.
    stop_signal: Signal,
    /// Whether it was asked with `SIGTERM`, which is the last resort before killing it.
    is_term_sent: bool,
}

impl Phases {
    /// A run that has just started, of a backend that ends in order on `stop_signal`.
    pub(super) fn new(stop_signal: Signal) -> Self {
        Self { phase: Phase::Running, stop_signal, is_term_sent: false }
    }

    /// Goes on to the next phase if what is seen calls for it.
    pub(super) fn step(&mut self, seen: Sighting) -> Action {
        let since = |then: Instant| seen.now.saturating_duration_since(then);
        self.phase = match self.phase {
            Phase::Running if seen.is_finished => Phase::Finished(seen.now),
            Phase::Finished(_) if !seen.is_finished => Phase::Running,
            phase => phase,
        };
        match self.phase {
            Phase::Running if seen.is_forced => self.ask(seen.now),
            Phase::Finished(then) if seen.is_forced || since(then) > RESULT_GRACE => self.ask(seen.now),
            Phase::Asked(then) => self.wait_for_end(since(then), seen.is_forced),
            Phase::Terminated => Action::Terminate,
            Phase::Running | Phase::Finished(_) => Action::Wait,
        }
    }

    fn ask(&mut self, now: Instant) -> Action {
        self.phase = Phase::Asked(now);
        self.is_term_sent = self.stop_signal == Signal::TERM;
        Action::Signal(self.stop_signal)
    }

    /// At half of the time a backend with another signal of its own gets `SIGTERM`.
    fn wait_for_end(&mut self, waited: Duration, is_forced: bool) -> Action {
        let grace = if is_forced { KILL_GRACE } else { EXIT_GRACE };
        if waited > grace {
            self.phase = Phase::Terminated;
            Action::Terminate
        } else if !self.is_term_sent && waited > grace / 2 {
            self.is_term_sent = true;
            Action::Signal(Signal::TERM)
        } else {
            Action::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, EXIT_GRACE, KILL_GRACE, Phase, Phases, RESULT_GRACE, Sighting};
    use rustix::process::Signal;
    use std::time::{Duration, Instant};

    const MOMENT: Duration = Duration::from_millis(1);

    /// A run at which is looked at times of the test's own.
    struct Run {
        phases: Phases,
        start: Instant,
    }

    impl Run {
        fn new(stop_signal: Signal) -> Self {
            Self { phases: Phases::new(stop_signal), start: Instant::now() }
        }

        fn at(&mut self, time: Duration, is_finished: bool, is_forced: bool) -> Action {
            self.phases.step(Sighting { now: self.start + time, is_finished, is_forced })
        }
    }

    #[test]
    fn a_backend_that_works_is_waited_for_without_limit() {
        let mut run = Run::new(Signal::TERM);
        assert_eq!(run.at(Duration::from_secs(1_000_000), false, false), Action::Wait);
        assert_eq!(run.phases.phase, Phase::Running);
    }

    #[test]
    fn a_backend_with_a_result_that_does_not_end_is_asked_to_and_then_terminated() {
        let mut run = Run::new(Signal::TERM);
        assert_eq!(run.at(MOMENT, true, false), Action::Wait);
        assert_eq!(run.phases.phase, Phase::Finished(run.start + MOMENT));
        assert_eq!(run.at(MOMENT + RESULT_GRACE, true, false), Action::Wait);
        let asked = MOMENT * 2 + RESULT_GRACE;
        assert_eq!(run.at(asked, true, false), Action::Signal(Signal::TERM));
        assert_eq!(run.at(asked + EXIT_GRACE, true, false), Action::Wait);
        assert_eq!(run.at(asked + EXIT_GRACE + MOMENT, true, false), Action::Terminate);
        assert_eq!(run.phases.phase, Phase::Terminated);
        assert_eq!(run.at(asked, false, false), Action::Terminate);
    }

    #[test]
    fn a_backend_that_goes_on_after_a_result_is_running_again_and_has_all_of_the_time_anew() {
        let mut run = Run::new(Signal::TERM);
        run.at(MOMENT, true, false);
        assert_eq!(run.at(RESULT_GRACE, false, false), Action::Wait);
        assert_eq!(run.phases.phase, Phase::Running);
        assert_eq!(run.at(RESULT_GRACE * 2, true, false), Action::Wait);
        assert_eq!(run.at(RESULT_GRACE * 3, true, false), Action::Wait);
    }

    #[test]
    fn a_backend_that_is_to_end_is_asked_at_once_in_every_phase_and_has_the_longer_grace() {
        for is_finished in [false, true] {
            let mut run = Run::new(Signal::TERM);
            run.at(MOMENT, is_finished, false);
            assert_eq!(run.at(MOMENT * 2, is_finished, true), Action::Signal(Signal::TERM));
            assert_eq!(run.at(MOMENT * 2 + KILL_GRACE, is_finished, true), Action::Wait);
            assert_eq!(run.at(MOMENT * 3 + KILL_GRACE, is_finished, true), Action::Terminate);
        }
        // One that was asked because it had finished has the longer grace from the moment it is to end.
        let mut run = Run::new(Signal::TERM);
        run.at(MOMENT, true, false);
        let asked = MOMENT * 2 + RESULT_GRACE;
        run.at(asked, true, false);
        assert_eq!(run.at(asked + EXIT_GRACE + MOMENT, true, true), Action::Wait);
        assert_eq!(run.at(asked + KILL_GRACE + MOMENT, true, true), Action::Terminate);
    }

    #[test]
    fn a_backend_with_a_signal_of_its_own_gets_the_usual_one_once_at_half_of_the_time() {
        let mut run = Run::new(Signal::INT);
        assert_eq!(run.at(MOMENT, false, true), Action::Signal(Signal::INT));
        assert_eq!(run.at(MOMENT + KILL_GRACE / 2, false, true), Action::Wait);
        assert_eq!(run.at(MOMENT * 2 + KILL_GRACE / 2, false, true), Action::Signal(Signal::TERM));
        assert_eq!(run.at(MOMENT * 3 + KILL_GRACE / 2, false, true), Action::Wait);
        assert_eq!(run.at(MOMENT * 2 + KILL_GRACE, false, true), Action::Terminate);
    }
}
