//! Lists and disks that fail.

use std::time::{Duration, Instant};

use handoff_runs::{Filter, Runs, State, Trouble, split_result};

use crate::support::{Home, Mount, finish, new, reconciled, row, success};

#[test]
fn a_run_without_a_list_is_a_run_all_the_same() {
    let damaged: [&[u8]; 2] = [&[b'x'; 5000], b"SQLite format 3\0 and no more of it, which is not enough"];
    for content in damaged {
        let home = Home::new();
        std::fs::create_dir_all(home.path().join("runs")).unwrap();
        std::fs::write(home.path().join("runs/handoff.db"), content).unwrap();
        let runs = Runs::open(&home.path()).unwrap();
        assert_eq!(runs.trouble().unwrap().trouble, Trouble::Corrupt, "{:?}", runs.trouble());
        let told = runs.trouble().unwrap().to_string();
        assert!(told.contains("handoff.db") && told.contains("run: mv "), "{told}");
        let mut ids = std::collections::HashSet::new();
        for _ in 0..50 {
            let run = runs.begin(new(b"x")).unwrap();
            assert_eq!(run.unrecorded().unwrap().trouble, Trouble::Corrupt);
            assert!(ids.insert(run.id().to_string()));
            assert_eq!(run.id().as_str().split('-').nth(2).unwrap().len(), 7);
            let ended = run.finish(&success(b"done"), |_| true);
            assert_eq!(ended.unrecorded.unwrap().trouble, Trouble::Corrupt);
            let result = std::fs::read(ended.result.unwrap()).unwrap();
            assert_eq!(split_result(&result), (Some(State::Success), &b"done\n"[..]));
        }
        assert_eq!(runs.list(&Filter::default()).unwrap_err().trouble, Trouble::Corrupt);
        // What is damaged is nobody's to replace.
        assert_eq!(std::fs::read(home.path().join("runs/handoff.db")).unwrap(), content);
    }
}

#[test]
fn a_list_that_breaks_in_the_middle_stops_nothing() {
    let home = Home::new();
    let runs = home.open();
    for _ in 0..50 {
        finish(runs.begin(new(&[b'x'; 600])).unwrap(), &success(b""));
    }
    drop(runs);
    let path = home.path().join("runs/handoff.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let runs = Runs::open(&home.path()).unwrap();
    assert_eq!(runs.list(&Filter::default()).unwrap_err().trouble, Trouble::Corrupt);
    let ended = runs.begin(new(b"x")).unwrap().finish(&success(b"done"), |_| true);
    assert!(ended.result.is_ok() && ended.unrecorded.is_some());
}

#[test]
fn a_list_that_is_locked_for_long_gets_the_run_when_it_is_free() {
    let home = Home::new();
    let runs = home.open();
    let other = home.list();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let start = Instant::now();
    let mut run = runs.begin(new(b"x")).unwrap();
    assert_eq!(run.unrecorded().unwrap().trouble, Trouble::Busy);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    // A running backend is not kept waiting.
    let start = Instant::now();
    run.note_process(4321);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(run.unrecorded().is_some());
    other.execute_batch("ROLLBACK").unwrap();
    let id = run.id().clone();
    let ended = run.finish(&success(b"done"), |_| true);
    assert!(ended.unrecorded.is_none(), "{:?}", ended.unrecorded);
    let row = row(&runs, id.as_str());
    assert_eq!((row.state, row.number), (State::Success, 1));
}

#[test]
fn a_list_that_is_locked_at_the_end_is_put_right_from_the_result() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let id = run.id().clone();
    let other = home.list();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ended = run.finish(&success(b"done"), |_| true);
    assert_eq!(ended.unrecorded.unwrap().trouble, Trouble::Busy);
    assert!(ended.result.is_ok());
    assert_eq!(row(&runs, id.as_str()).state, State::Running);
    // Nobody is told as long as the list cannot say so: it would be told again and again.
    assert!(runs.reconcile(|row| panic!("{row:?}")).is_err());
    other.execute_batch("ROLLBACK").unwrap();
    // A child that another test starts holds the run's lock until it runs its own program.
    let began = std::time::Instant::now();
    while row(&runs, id.as_str()).state == State::Running {
        assert_eq!(reconciled(&runs).len(), 0);
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "it is never put right");
    }
    assert_eq!(row(&runs, id.as_str()).state, State::Success);
}

#[test]
fn a_read_only_home_can_be_listed() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let id = run.id().clone();
    finish(run, &success(b"done"));
    drop(runs);
    let Some(_mount) = Mount::read_only(&home.path()) else { return };
    let runs = Runs::open(&home.path()).unwrap();
    assert!(runs.trouble().is_none(), "{:?}", runs.trouble());
    assert_eq!(row(&runs, id.as_str()).state, State::Success);
    let error = runs.begin(new(b"x")).unwrap_err().to_string();
    assert!(error.contains("read-only"), "{error}");
}

fn fill(path: &std::path::Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

#[test]
fn a_disk_that_is_full_at_the_start_leaves_nothing() {
    let home = Home::new();
    let Some(_disk) = Mount::tmpfs(&home.path(), "size=1m") else { return };
    let runs = home.open();
    let filling = home.path().join("filling");
    fill(&filling);
    let error = runs.begin(new(&[b'x'; 10_000])).unwrap_err().to_string();
    assert!(error.contains("no space left on device"), "{error}");
    assert_eq!(std::fs::read_dir(home.path().join("tasks")).unwrap().count(), 0);
    assert!(runs.list(&Filter::default()).unwrap().is_empty());
    std::fs::remove_file(&filling).unwrap();
    finish(runs.begin(new(&[b'x'; 10_000])).unwrap(), &success(b"done"));
    drop(runs);
    // And before there is a list.
    std::fs::remove_dir_all(home.path().join("runs")).unwrap();
    fill(&filling);
    let runs = Runs::open(&home.path()).unwrap();
    assert_eq!(runs.trouble().unwrap().trouble, Trouble::Full, "{:?}", runs.trouble());
}

#[test]
fn a_disk_that_is_full_at_the_end_makes_no_success() {
    let home = Home::new();
    let Some(_disk) = Mount::tmpfs(&home.path(), "size=1m") else { return };
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let id = run.id().clone();
    let filling = home.path().join("filling");
    fill(&filling);
    let ended = run.finish(&success(&[b'x'; 10_000]), |_| true);
    assert!(ended.result.is_err());
    assert_eq!(ended.state, State::Error);
    if ended.unrecorded.is_none() {
        let row = row(&runs, id.as_str());
        assert_eq!(row.state, State::Error);
        assert!(row.reason.unwrap().contains("no space left on device"));
    }
    std::fs::remove_file(&filling).unwrap();
    reconciled(&runs);
    assert_ne!(row(&runs, id.as_str()).state, State::Success);
    assert_ne!(row(&runs, id.as_str()).state, State::Running);
}

#[test]
fn a_home_of_another_user_is_refused() {
    let home = Home::new();
    std::fs::create_dir_all(home.path()).unwrap();
    if std::os::unix::fs::chown(home.path(), Some(12_345), None).is_err() {
        return;
    }
    let error = Runs::open(&home.path()).unwrap_err().to_string();
    assert!(error.contains("belongs to another user"), "{error}");
}
