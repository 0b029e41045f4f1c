//! The end of a run is delivered where its result is wanted: not without limit, and never not at all.

use handoff_runs::State;

use crate::support::{Home, new, reconciled, row, success};

fn names(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path().join("runs")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains("told")).collect()
}

#[test]
fn a_finder_that_died_after_telling_makes_nobody_tell_again() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let id = run.id().to_string();
    drop(run);
    // As one leaves it that told, and died before the row was written.
    let file = |end: &str| home.path().join(format!("runs/{id}.{end}"));
    std::fs::rename(file("untold"), file("told")).unwrap();
    assert_eq!(reconciled(&runs), []);
    assert_eq!(row(&runs, &id).state, State::Lost);
    assert_eq!(names(&home), [""; 0]);
}

#[test]
fn what_could_not_be_told_is_told_by_a_later_command() {
    let home = Home::new();
    let runs = home.open();
    let lost = runs.begin(new(b"x")).unwrap();
    let lost_id = lost.id().to_string();
    drop(lost);
    // A child that another test starts may have the lock for a moment.
    while row(&runs, &lost_id).state == State::Running {
        runs.reconcile(|_| false).unwrap();
    }
    let done = runs.begin(new(b"y")).unwrap();
    let done_id = done.id().to_string();
    let ended = done.finish(&success(b"done"), |_| false);
    assert!(ended.result.is_ok());
    assert_eq!(row(&runs, &lost_id).state, State::Lost);
    runs.retry_undelivered(|_| false);
    let mut told = Vec::new();
    for _ in 0..2 {
        runs.retry_undelivered(|row| {
            told.push(row.id.to_string());
            true
        });
    }
    told.sort();
    let mut wanted = [lost_id, done_id];
    wanted.sort();
    assert_eq!(told, wanted);
    assert_eq!((names(&home), reconciled(&runs)), (vec![], vec![]));
}

#[test]
fn a_result_is_told_later_also_when_no_file_could_be_made_at_the_end() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let id = run.id().to_string();
    let mark = format!("{id}.untold");
    assert_eq!(names(&home), [mark.as_str()]);
    // While it works nothing tells of it, in the list or not.
    runs.retry_undelivered(|_| panic!("it has not ended"));
    let file = home.path().join("runs").join(&mark);
    let made = std::fs::metadata(&file).unwrap().modified().unwrap();
    let ended = run.finish(&success(b"done"), |_| false);
    assert!(ended.result.is_ok());
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), made);
    let mut told = Vec::new();
    runs.retry_undelivered(|row| {
        told.push(row.id.to_string());
        true
    });
    assert_eq!((told, names(&home)), (vec![id], vec![]));
}

#[test]
fn a_run_that_ends_while_another_command_looks_is_not_told_by_that_one_too() {
    let home = Home::new();
    let (runs, others) = (home.open(), home.open());
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let others = scope.spawn(|| {
            let others = others;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                others.retry_undelivered(|row| panic!("{} was delivered already", row.id));
            }
        });
        for _ in 0..200 {
            let run = runs.begin(new(b"x")).unwrap();
            assert!(run.finish(&success(b"done"), |_| true).unrecorded.is_none());
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        others.join().unwrap();
    });
}

#[test]
fn the_list_has_that_a_result_is_wanted_since_its_caller_ended() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(handoff_runs::NewRun { to_inbox: false, ..new(b"x") }).unwrap();
    let id = run.id().to_string();
    assert!(!row(&runs, &id).to_inbox);
    let ending = handoff_runs::Ending { to_inbox: true, ..success(b"done") };
    assert!(run.finish(&ending, |_| false).result.is_ok());
    assert!(row(&runs, &id).to_inbox);
}
