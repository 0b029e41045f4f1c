//! What `openusage export` wrote, and having it written.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_document::Timestamp;
use handoff_quota::{OpenusageExport, Source, SourceError, SourceName, refresh};

use crate::support::{fixture, later, now, soon, told};

fn openusage(place: &Path, script: &str) -> PathBuf {
    let path = place.join("openusage");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn wait_for(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_export_says_what_the_daemon_says() {
    let place = tempfile::tempdir().unwrap();
    let source = OpenusageExport::new(place.path());
    assert_eq!(source.read(now(), soon()).unwrap(), None);
    std::fs::write(place.path().join("openusage.json"), fixture("openusage-0.19.0-export.json")).unwrap();
    let reading = source.read(now(), soon()).unwrap().unwrap();
    assert_eq!(reading.source, SourceName::OpenusageExport);
    assert_eq!(told(&reading)[0], "claude five_hour: 95 %, resets 2026-11-21T12:00:00Z");
    assert_eq!(reading.windows.len(), 7);
    assert_eq!(source.read(later(now(), 3600), soon()).unwrap(), None);
}

#[test]
fn another_form_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    let source = OpenusageExport::new(place.path());
    for other in ["", "{}", r#"{"schema_version":"2","snapshots":[]}"#, r#"{"schema_version":"1"}"#] {
        std::fs::write(place.path().join("openusage.json"), other).unwrap();
        assert!(matches!(source.read(now(), soon()), Err(SourceError::Malformed { .. })), "{other}");
    }
    std::fs::write(place.path().join("openusage.json"), vec![b' '; 5 << 20]).unwrap();
    assert!(matches!(source.read(now(), soon()), Err(SourceError::TooLong { .. })));
}

#[test]
fn a_refresh_puts_a_whole_export_in_place_and_only_one_runs() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state dir");
    std::fs::write(place.path().join("answer"), fixture("openusage-0.19.0-export.json")).unwrap();
    // It notes its arguments, begins its output, waits to be let on, and ends it.
    let program = openusage(
        place.path(),
        r#"cd "${0%/*}" || exit 1; echo "$@" >> arguments
out=$3; head -c 10 answer > "$out"; until [ -e go ]; do sleep 0.02; done; cat answer > "$out""#,
    );
    let due = |minutes, now| refresh(&state, minutes, now, || Some(program.clone())).unwrap();
    assert!(refresh(&state, 5, Timestamp::now(), || None).unwrap().is_none());
    assert!(!state.exists(), "without openusage nothing is made");

    let mut child = due(5, Timestamp::now()).unwrap().command().spawn().unwrap();
    wait_for(|| state.join("openusage.json.part").exists());
    assert!(!state.join("openusage.json").exists());
    // Neither now nor when it has been at it for long.
    assert!(due(5, Timestamp::now()).is_none());
    assert!(due(5, later(Timestamp::now(), 3600)).is_none());
    std::fs::write(place.path().join("go"), "").unwrap();
    assert!(child.wait().unwrap().success());
    let read = OpenusageExport::new(&state).read(now(), soon()).unwrap().unwrap();
    assert_eq!(read.windows.len(), 7);
    assert!(!state.join("openusage.json.part").exists());
    let arguments = std::fs::read_to_string(place.path().join("arguments")).unwrap();
    let part = state.join("openusage.json.part");
    assert_eq!(arguments, format!("export --output {} --format json --source auto\n", part.display()));
    // Young, so nothing is due; old, so it is.
    assert!(due(5, Timestamp::now()).is_none());
    assert!(due(5, later(Timestamp::now(), 301)).is_some());
}

#[test]
fn one_that_fails_leaves_the_last_answer_and_is_not_tried_at_once_again() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state");
    let program = openusage(place.path(), r#"echo rubbish > "$3"; exit 1"#);
    let due = |now| refresh(&state, 5, now, || Some(program.clone())).unwrap();
    due(Timestamp::now()).unwrap().command().status().unwrap();
    assert!(!state.join("openusage.json").exists() && !state.join("openusage.json.part").exists());
    assert!(due(Timestamp::now()).is_none());
    assert!(due(later(Timestamp::now(), 301)).is_some());
}

#[test]
fn a_killed_refresh_does_not_stop_the_next() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state");
    let program = openusage(place.path(), "exec sleep 3");
    let due = |now| refresh(&state, 5, now, || Some(program.clone())).unwrap();
    let mut child = due(Timestamp::now()).unwrap().command().spawn().unwrap();
    let much_later = later(Timestamp::now(), 3600);
    assert!(due(much_later).is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for(|| due(much_later).is_some());
}

#[test]
fn of_many_at_once_one_refreshes() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state");
    let program = openusage(place.path(), "exit 0");
    let due: Vec<_> = std::thread::scope(|scope| {
        let ask = || scope.spawn(|| refresh(&state, 5, Timestamp::now(), || Some(program.clone())).unwrap());
        let asked: Vec<_> = (0..10).map(|_| ask()).collect();
        asked.into_iter().filter_map(|asked| asked.join().unwrap()).collect()
    });
    assert_eq!(due.len(), 1);
}
