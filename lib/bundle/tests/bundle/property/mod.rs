//! Whatever is done in whatever repository: a capture carries or names all of it and changes nothing, an apply makes the
//! same of another worktree, and an undo leaves no trace of that.
//!
//! Each case has a number that gives it again. `HANDOFF_TEST_CASES=5000` tries so many, `HANDOFF_TEST_CASES=1234..1235`
//! the case 1234 alone.

mod build;
mod oracle;
mod regressions;
mod scenario;
mod snapshot;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use handoff_bundle::Reason;
use handoff_process::Environment;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use build::Workshop;
use oracle::{Outcome, check};

/// How many cases are tried without being asked for another number.
const CASES: usize = 300;

fn cases() -> Range<usize> {
    let asked = Environment::all().into_iter().find(|(name, _)| name == "HANDOFF_TEST_CASES");
    let Some((_, asked)) = asked else { return 0..CASES };
    let asked = asked.into_string().unwrap();
    match asked.split_once("..") {
        Some((first, end)) => first.parse().unwrap()..end.parse().unwrap(),
        None => 0..asked.parse().unwrap(),
    }
}

/// Tries the case `number`, and where it fails gives the smallest that fails too.
fn try_case(workshop: &Mutex<Workshop>, number: usize) -> Result<Outcome, String> {
    let mut seed = [0x5a; 32];
    seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let outcome = Mutex::new(Outcome::Unusable);
    let result = runner.run(&scenario::scenario(), |scenario| {
        match check(&mut workshop.lock().unwrap_or_else(PoisonError::into_inner), &scenario) {
            Ok(came) => *outcome.lock().unwrap() = came,
            Err(error) => return Err(TestCaseError::fail(error)),
        }
        Ok(())
    });
    match result {
        Ok(()) => Ok(outcome.into_inner().unwrap()),
        Err(TestError::Fail(reason, scenario)) => Err(format!("case {number}: {reason}\n{scenario:?}")),
        Err(TestError::Abort(reason)) => Err(format!("case {number}: {reason}")),
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a failure is shown before the other cases are through")]
fn what_is_captured_comes_back_to_the_byte_and_an_undo_leaves_no_trace() {
    let cases = cases();
    let next = AtomicUsize::new(cases.start);
    let (failures, applied) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let reasons = Mutex::new(BTreeSet::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let workshop = Mutex::new(Workshop::new());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= cases.end {
                        break;
                    }
                    match try_case(&workshop, number) {
                        Ok(Outcome::Applied) => drop(applied.fetch_add(1, Ordering::Relaxed)),
                        Ok(Outcome::Nothing | Outcome::Unusable) => {}
                        Err(failure) => {
                            eprintln!("{failure}");
                            failures.lock().unwrap().push(failure);
                        }
                    }
                }
                let workshop = workshop.into_inner().unwrap_or_else(PoisonError::into_inner);
                reasons.lock().unwrap().extend(workshop.reasons);
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n\n")
    );
    let (applied, reasons) = (applied.into_inner(), reasons.into_inner().unwrap());
    eprintln!("{applied} of {} cases were applied; left behind: {reasons:?}", cases.len());
    if cases.len() < CASES {
        return;
    }
    // Else the generator makes repositories that say nothing.
    assert!(applied * 2 > cases.len(), "{applied} of {} cases were applied", cases.len());
    for reason in [
        Reason::Submodule,
        Reason::NestedRepository,
        Reason::SpecialFile,
        Reason::UnmergedIndexEntry,
        Reason::HiddenFromGit,
    ] {
        assert!(reasons.contains(&reason), "no case leaves anything behind as {reason:?}");
    }
}
