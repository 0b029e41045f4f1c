//! The policy, and that there is one capture for one limit.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_document::Timestamp;
use handoff_quota::{
    Cause, Claim, Ledger, LimitHit, Memory, Moment, Percent, Policy, Reading, Trigger, Windows,
};

use crate::support::{fixture, later, now, reading, window};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

fn five_hour(used: f64, reset: i64) -> Reading {
    reading(vec![window(Some(&CLAUDE_CODE), "five_hour", used, Some(later(now(), reset)))])
}

fn claim<'l>(ledger: &'l Ledger, reading: &Reading, at: Timestamp) -> Option<Claim<'l>> {
    claim_at(ledger, reading, Moment::Turn, at)
}

fn claim_at<'l>(
    ledger: &'l Ledger,
    reading: &Reading,
    moment: Moment<'_>,
    at: Timestamp,
) -> Option<Claim<'l>> {
    Policy::default().claim(reading, moment, ledger, at, BUSY_TIMEOUT).unwrap()
}

/// Whether it is captured, and then captures.
fn captures(ledger: &Ledger, reading: &Reading, at: Timestamp) -> bool {
    claim(ledger, reading, at).map(|claim| claim.done().unwrap()).is_some()
}

fn names(trigger: &Trigger) -> Vec<&str> {
    match &trigger.cause {
        Cause::Near(reading) => reading.windows.iter().map(|window| window.name.as_str()).collect(),
        Cause::Limit(_) => vec!["wall"],
    }
}

#[test]
fn the_threshold_decides() {
    let decide = |threshold, used| {
        let policy = Policy { threshold: Percent::of(threshold), ..Policy::default() };
        policy.decide(&five_hour(used, 600), Moment::Turn, &Memory::default(), now()).is_some()
    };
    assert!(decide(90, 90.0) && decide(90, 100.0) && decide(90, 140.0));
    assert!(!decide(90, 89.99) && !decide(101, 100.0));
    assert!(decide(0, 0.0));
}

#[test]
fn only_windows_that_count_do_and_the_fullest_comes_first() {
    let mut windows = vec![
        window(Some(&CODEX), "primary", 91.0, None),
        window(Some(&CODEX), "secondary", 96.0, None),
        window(Some(&CODEX), "over", 99.0, Some(later(now(), -1))),
    ];
    windows[0].minutes = Some(300);
    let reading = reading(windows);
    let decide = |windows: Windows| {
        let policy = Policy { windows, ..Policy::default() };
        let trigger = policy.decide(&reading, Moment::Turn, &Memory::default(), now());
        trigger.map(|trigger| names(&trigger).join(" ")).unwrap_or_default()
    };
    let named = |names: &[&str]| decide(Windows::Named(names.iter().map(ToString::to_string).collect()));
    assert_eq!(decide(Windows::All), "secondary primary");
    assert_eq!(named(&["primary"]), "primary");
    assert_eq!(named(&["300"]), "primary");
    assert_eq!(named(&["five_hour", "over"]), "");
    assert_eq!(named(&[]), "");
}

#[test]
fn a_window_is_captured_for_once_until_it_resets() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(&place.path().join("state"));
    assert!(!captures(&ledger, &five_hour(50.0, 600), now()));
    assert!(!place.path().join("state").exists(), "nothing near its end costs nothing");
    assert!(captures(&ledger, &five_hour(91.0, 600), now()));
    assert!(!captures(&ledger, &five_hour(99.0, 600), later(now(), 300)));
    // The same reset, a few minutes off, and not told at all.
    for jitter in [-120, -1, 1, 90, 840] {
        assert!(!captures(&ledger, &five_hour(99.0, 600 + jitter), now()), "{jitter}");
    }
    let untold = reading(vec![window(Some(&CLAUDE_CODE), "five_hour", 99.0, None)]);
    assert!(!captures(&ledger, &untold, now()));
    // The next window; another window; another tool.
    assert!(captures(&ledger, &five_hour(91.0, 18_600), later(now(), 700)));
    let weekly = reading(vec![window(Some(&CLAUDE_CODE), "seven_day", 91.0, Some(later(now(), 600)))]);
    assert!(captures(&ledger, &weekly, now()));
    let other = reading(vec![window(Some(&CODEX), "five_hour", 91.0, Some(later(now(), 600)))]);
    assert!(captures(&ledger, &other, now()));
}

#[test]
fn what_a_turn_brings_is_captured_though_what_was_before_it_was() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    // Whether it is captured, and then captures; and whether that is one more for the same window.
    let at = |moment| {
        claim_at(&ledger, &five_hour(95.0, 600), moment, now()).map(|claim| {
            let another = claim.trigger.is_another();
            claim.done().unwrap();
            another
        })
    };
    assert_eq!([at(Moment::Prompt), at(Moment::Prompt)], [Some(false), None]);
    assert_eq!([at(Moment::Turn), at(Moment::Turn), at(Moment::Prompt)], [Some(false), None, None]);
    // The window may have hours to go when the session ends.
    assert_eq!([at(Moment::End("one")), at(Moment::End("one"))], [Some(true), None]);
    assert_eq!([at(Moment::End("two")), at(Moment::Turn)], [Some(true), None]);
    let long = "ä".repeat(1_000);
    assert_eq!([at(Moment::End(&long)), at(Moment::End(&long))], [Some(true), None]);
    // A session that ends without a turn near the limit is captured for as one turn would be.
    let ledger = Ledger::new(&place.path().join("other"));
    let first = claim_at(&ledger, &five_hour(95.0, 600), Moment::End("one"), now()).unwrap();
    assert!(!first.trigger.is_another());
    first.done().unwrap();
    assert!(!captures(&ledger, &five_hour(95.0, 600), now()));
}

#[test]
fn of_two_windows_only_the_new_one_is_told() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    assert!(captures(&ledger, &five_hour(91.0, 600), now()));
    let mut both = five_hour(95.0, 600);
    both.windows.push(window(Some(&CLAUDE_CODE), "seven_day", 92.0, Some(later(now(), 9999))));
    let claim = claim(&ledger, &both, now()).unwrap();
    assert_eq!(names(&claim.trigger), ["seven_day"]);
    claim.done().unwrap();
    assert!(!captures(&ledger, &both, now()));
}

#[test]
fn a_window_whose_reset_nobody_tells_is_captured_for_once_an_hour() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    let untold = reading(vec![window(Some(&CLAUDE_CODE), "five_hour", 99.0, None)]);
    assert!(captures(&ledger, &untold, now()));
    assert!(!captures(&ledger, &untold, later(now(), 3599)));
    assert!(!captures(&ledger, &five_hour(99.0, 9000), later(now(), 10)));
    assert!(captures(&ledger, &untold, later(now(), 3600)));
    // A clock that was a day ahead does not stop captures for a day.
    assert!(captures(&ledger, &untold, later(now(), -86_400)));
}

#[test]
fn the_wall_is_captured_for_although_its_approach_was() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    // Whether it is captured, and then captures; and whether only news are.
    let hit = |session, at| {
        let hit = LimitHit::of_event(&fixture("claude-2.1.329-stop-failure-limit.json"), now()).unwrap();
        let claim = Policy::claim_limit(&hit, session, &ledger, at, BUSY_TIMEOUT).unwrap()?;
        let is_another = claim.trigger.is_another();
        claim.done().unwrap();
        Some(is_another)
    };
    assert!(captures(&ledger, &five_hour(95.0, 4440), now()));
    assert_eq!(hit("one", now()), Some(false));
    // Each session once; after that its news, as often as there are any.
    assert_eq!(hit("one", later(now(), 600)), Some(true));
    assert_eq!(hit("one", later(now(), 600)), Some(true));
    assert_eq!(hit("two", later(now(), 600)), Some(false));
    assert_eq!(hit("two", later(now(), 700)), Some(true));
    assert_eq!(hit("one", later(now(), 86_400)), None, "it no longer stands");
    // One whose end nobody knows: once an hour.
    let event = br#"{"hook_event_name":"StopFailure","error":"billing_error"}"#;
    let broke = |at| {
        Policy::claim_limit(&LimitHit::of_event(event, at).unwrap(), "one", &ledger, at, BUSY_TIMEOUT)
            .unwrap()
    };
    let is_another = |at| broke(at).unwrap().trigger.is_another();
    let first = broke(later(now(), 90_000)).unwrap();
    assert!(broke(later(now(), 90_060)).is_none(), "it is under way, and has what there is");
    first.done().unwrap();
    let news = broke(later(now(), 90_100)).unwrap();
    assert!(news.trigger.is_another());
    assert!(broke(later(now(), 90_100)).is_none(), "others at the same time have nothing to do");
    news.done().unwrap();
    assert!(is_another(later(now(), 93_599)));
    assert!(!is_another(later(now(), 93_600)));
}

#[test]
fn a_claim_that_is_dropped_is_given_back_and_one_that_is_held_is_not_made_twice() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    let reading = five_hour(95.0, 600);
    let held = claim(&ledger, &reading, now()).unwrap();
    assert!(claim(&ledger, &reading, later(now(), 60)).is_none());
    drop(held);
    let again = claim(&ledger, &reading, later(now(), 60)).unwrap();
    // As when its process is killed.
    std::mem::forget(again);
    assert!(claim(&ledger, &reading, later(now(), 170)).is_none());
    assert!(captures(&ledger, &reading, later(now(), 180)));
    assert!(!captures(&ledger, &reading, later(now(), 400)));
}

#[test]
fn of_fifty_at_once_one_captures() {
    let place = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let reading = five_hour(95.0, 600 + round * 18_000);
        let barrier = Barrier::new(50);
        let won = std::thread::scope(|scope| {
            let hook = || {
                let ledger = Ledger::new(place.path());
                barrier.wait();
                captures(&ledger, &reading, now())
            };
            let hooks: Vec<_> = (0..50).map(|_| scope.spawn(hook)).collect();
            hooks.into_iter().map(|hook| hook.join().unwrap()).filter(|won| *won).count()
        });
        assert_eq!(won, 1, "{round}");
    }
}

/// The process of the next test.
#[test]
#[ignore = "run by the next one"]
fn claims_once_let_on() {
    let Some(state) = std::env::var_os("QUOTA_TEST_STATE") else { return };
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    if captures(&Ledger::new(Path::new(&state)), &five_hour(95.0, 600), now()) {
        std::fs::write(Path::new(&state).join(format!("captured-by-{}", std::process::id())), "").unwrap();
    }
}

#[test]
fn of_ten_processes_at_once_one_captures() {
    let place = tempfile::tempdir().unwrap();
    let start = || {
        let mut hook = Command::new(std::env::current_exe().unwrap());
        hook.args(["--exact", "claims::claims_once_let_on", "--ignored"])
            .env("QUOTA_TEST_STATE", place.path());
        hook.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
    };
    let mut hooks: Vec<_> = (0..10).map(|_| start()).collect();
    std::thread::sleep(Duration::from_millis(200));
    hooks.iter_mut().for_each(|hook| drop(hook.stdin.take()));
    assert!(hooks.iter_mut().all(|hook| hook.wait().unwrap().success()));
    let files = std::fs::read_dir(place.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("captured-by-")).count(), 1);
}

#[test]
fn a_broken_memory_is_started_anew() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    let broken: [Vec<u8>; 6] = [
        b"".to_vec(),
        b"{\"version\":1,\"captured\":".to_vec(),
        b"{\"version\":99,\"captured\":[]}".to_vec(),
        b"{\"version\":1,\"captured\":[7,null,{\"tool\":\"x\"}]}".to_vec(),
        vec![0; 5000],
        vec![b'['; 1 << 20],
    ];
    for content in broken {
        std::fs::write(place.path().join("captured.json"), content).unwrap();
        assert!(captures(&ledger, &five_hour(95.0, 600), now()));
        assert!(!captures(&ledger, &five_hour(95.0, 600), now()));
        assert_ne!(ledger.memory().unwrap(), Memory::default());
    }
}

#[test]
fn what_killed_ones_left_is_swept_and_the_memory_does_not_grow() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    std::fs::write(place.path().join(".agent-handoff-tmp-0123456789abcdef"), "half").unwrap();
    for day in 0..300 {
        assert!(captures(&ledger, &five_hour(95.0, day * 86_400 + 600), later(now(), day * 86_400)));
    }
    let mut names: Vec<_> = std::fs::read_dir(place.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["captured.json", "captured.lock"]);
    assert!(std::fs::metadata(place.path().join("captured.json")).unwrap().len() < 1000);
}

#[test]
fn who_waits_in_vain_has_nothing_to_do_and_no_memory_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(place.path());
    let lock = std::fs::File::create(place.path().join("captured.lock")).unwrap();
    lock.lock().unwrap();
    let start = std::time::Instant::now();
    let claim = Policy::default()
        .claim(&five_hour(95.0, 600), Moment::Turn, &ledger, now(), Duration::from_millis(20))
        .unwrap();
    assert!(claim.is_none() && start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    std::fs::write(place.path().join("file"), "").unwrap();
    let nowhere = Ledger::new(&place.path().join("file/state"));
    let error = Policy::default()
        .claim(&five_hour(95.0, 600), Moment::Turn, &nowhere, now(), BUSY_TIMEOUT)
        .unwrap_err();
    assert!(error.to_string().contains("file/state"), "{error}");
}
