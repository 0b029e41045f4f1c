//! What Claude Code's statusline leaves for the hooks.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use handoff_document::Timestamp;
use handoff_quota::{Recorded, Source, SourceError, SourceName, Tap};

use crate::support::{fixture, later, now, soon, told};

fn record(state: &Path, json: &str, at: Timestamp) -> Recorded {
    Tap::record(json.as_bytes(), state, at).unwrap()
}

fn told_by(state: &Path, at: Timestamp) -> Vec<String> {
    Tap::new(state).read(at, soon()).unwrap().map(|reading| told(&reading)).unwrap_or_default()
}

const FIVE: &str =
    r#"{"session_id":"s","rate_limits":{"five_hour":{"used_percentage":50,"resets_at":1795262400}}}"#;

#[test]
fn what_claude_code_says_is_recorded_and_read() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("a/state");
    assert_eq!(Tap::new(&state).read(now(), soon()).unwrap(), None);
    let input = fixture("claude-2.1.329-statusline.json");
    assert_eq!(Tap::record(&input, &state, now()).unwrap(), Recorded::Written);
    let record = Tap::new(&state).last().unwrap().unwrap();
    assert_eq!(record.session.as_deref(), Some("dc65efdd-8a77-4bd4-9ffe-a1760fdac6c2"));
    let reading = Tap::new(&state).read(later(now(), 60), soon()).unwrap().unwrap();
    assert_eq!(
        told(&reading),
        [
            "claude five_hour: 93.5 %, resets 2026-11-21T12:00:00Z",
            "claude seven_day: 41 %, resets 2026-11-26T12:00:00Z"
        ]
    );
    assert_eq!((reading.source, reading.observed), (SourceName::Statusline, now()));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&state.join("statusline.json"))), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(&state).unwrap().count(), 1);
}

#[test]
fn a_statusline_that_says_the_same_writes_nothing_for_a_minute() {
    let place = tempfile::tempdir().unwrap();
    let inode = || std::fs::metadata(place.path().join("statusline.json")).unwrap().ino();
    assert_eq!(record(place.path(), FIVE, now()), Recorded::Written);
    let first = inode();
    assert_eq!(record(place.path(), FIVE, later(now(), 59)), Recorded::Unchanged);
    // Another session that says the same is no change.
    assert_eq!(
        record(place.path(), &FIVE.replace(r#""s""#, r#""t""#), later(now(), 59)),
        Recorded::Unchanged
    );
    assert_eq!(inode(), first);
    assert_eq!(record(place.path(), FIVE, later(now(), 60)), Recorded::Written);
    assert_eq!(record(place.path(), &FIVE.replace("50", "51"), later(now(), 61)), Recorded::Written);
    assert_eq!(
        told_by(place.path(), later(now(), 62)),
        ["claude five_hour: 51 %, resets 2026-11-21T12:00:00Z"]
    );
}

#[test]
fn an_idle_session_does_not_take_back_what_a_busy_one_used() {
    let place = tempfile::tempdir().unwrap();
    record(place.path(), &FIVE.replace("50", "93"), now());
    assert_eq!(record(place.path(), FIVE, later(now(), 5)), Recorded::Unchanged);
    assert_eq!(
        told_by(place.path(), later(now(), 6)),
        ["claude five_hour: 93 %, resets 2026-11-21T12:00:00Z"]
    );
    // The next window begins empty.
    let next = FIVE.replace("1795262400", "1795280400").replace("50", "2");
    assert_eq!(record(place.path(), &next, later(now(), 7)), Recorded::Written);
    assert_eq!(
        told_by(place.path(), later(now(), 8)),
        ["claude five_hour: 2 %, resets 2026-11-21T17:00:00Z"]
    );
}

#[test]
fn what_is_old_or_over_is_not_told() {
    let place = tempfile::tempdir().unwrap();
    record(place.path(), FIVE, now());
    assert_eq!(told_by(place.path(), later(now(), 1800)).len(), 1);
    assert!(told_by(place.path(), later(now(), 1801)).is_empty());
    // A clock that was set back.
    assert!(told_by(place.path(), later(now(), -3600)).is_empty());
    assert!(Tap::new(place.path()).last().unwrap().is_some());
    let over = at_reset(FIVE);
    assert_eq!(record(place.path(), &over, now()), Recorded::Nothing);
}

fn at_reset(json: &str) -> String {
    json.replace("1795262400", &now().seconds().to_string())
}

#[test]
fn times_in_either_form_are_understood() {
    for reset in ["1795262400", "\"2026-11-21T12:00:00Z\"", "\"2026-11-21T13:00:00+01:00\"", "1795262400000"]
    {
        let place = tempfile::tempdir().unwrap();
        record(place.path(), &FIVE.replace("1795262400", reset), now());
        assert_eq!(
            told_by(place.path(), now()),
            ["claude five_hour: 50 %, resets 2026-11-21T12:00:00Z"],
            "{reset}"
        );
    }
    let place = tempfile::tempdir().unwrap();
    record(place.path(), &FIVE.replace("1795262400", "null"), now());
    assert_eq!(told_by(place.path(), now()), ["claude five_hour: 50 %"]);
}

#[test]
fn nothing_to_record_leaves_no_trace() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state");
    for input in [
        "",
        "null",
        "{",
        "no json \"rate_limits\"",
        r#"{"session_id":"s"}"#,
        r#"{"rate_limits":null}"#,
        r#"{"rate_limits":[]}"#,
        r#"{"rate_limits":{}}"#,
        r#"{"rate_limits":{"five_hour":null,"seven_day":7}}"#,
        r#"{"rate_limits":{"five_hour":{"used_percentage":-1}}}"#,
        r#"{"rate_limits":{"five_hour":{"used_percentage":"lots"}}}"#,
        r#"{"rate_limits":{"../../etc":{"used_percentage":50}}}"#,
    ] {
        assert_eq!(record(&state, input, now()), Recorded::Nothing, "{input}");
    }
    assert!(!state.exists());
}

#[test]
fn a_broken_record_is_an_error_to_readers_and_none_to_writers() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("statusline.json");
    for broken in ["", "{\"observed\":", "[]", "\0\0\0"] {
        std::fs::write(&path, broken).unwrap();
        let read = Tap::new(place.path()).read(now(), soon());
        assert!(matches!(read, Err(SourceError::Malformed { .. })), "{broken}: {read:?}");
        assert_eq!(record(place.path(), FIVE, now()), Recorded::Written);
        assert_eq!(told_by(place.path(), now()).len(), 1);
    }
    std::fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
    assert!(Tap::new(place.path()).read(now(), soon()).is_err());
    assert_eq!(record(place.path(), FIVE, now()), Recorded::Written);
    assert_eq!(told_by(place.path(), now()).len(), 1);
}

#[test]
fn many_statuslines_at_once_leave_one_whole_record() {
    let place = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for used in 0..20 {
            let state = place.path();
            scope.spawn(move || {
                for step in 0..5 {
                    record(state, &FIVE.replace("50", &(used + step).to_string()), now());
                }
            });
        }
    });
    assert_eq!(told_by(place.path(), now()).len(), 1);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}
