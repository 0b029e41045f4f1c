//! Many processes, and killed ones. This program runs itself again: `child` is what those do.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use handoff_runs::{Filter, Runs, State, split_result};

use crate::support::{Home, finish, new, reconciled, row, success};

#[test]
#[ignore = "what the other tests run as a process of its own"]
fn child() {
    let Some(home) = std::env::var_os("RUNS_HOME") else { return };
    let runs = Runs::open(home.as_ref()).unwrap();
    assert!(runs.trouble().is_none(), "{:?}", runs.trouble());
    let action = std::env::var("RUNS_ACTION").unwrap();
    let mut run = match action.strip_prefix("adopt ") {
        None => runs.begin(new(b"a prompt")).unwrap(),
        Some(id) => match runs.adopt(&handoff_runs::RunId::parse(id).unwrap(), new(b"a prompt")) {
            Ok(run) => run,
            Err(_) => return,
        },
    };
    assert!(run.unrecorded().is_none(), "{:?}", run.unrecorded());
    println!("\nID {}", run.id());
    if action == "hang" {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
    run.note_session(&format!("session-of-{}", run.id())).unwrap();
    finish(run, &success(b"done"));
}

fn start(home: &Home, action: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env("RUNS_HOME", home.path())
        .env("RUNS_ACTION", action)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The ids of the children, all of which ended well.
fn ids(children: Vec<Child>) -> Vec<String> {
    let id = |child: Child| {
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
        out.lines().find_map(|line| line.strip_prefix("ID ")).map(str::to_owned)
    };
    children.into_iter().filter_map(id).collect()
}

fn all_well(home: &Home, ids: &[String], expected: usize) {
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), expected);
    let runs = home.open();
    let rows = runs.list(&Filter::default()).unwrap();
    assert_eq!(rows.len(), expected);
    assert_eq!(rows.iter().map(|row| row.number).collect::<HashSet<_>>().len(), expected);
    for row in rows {
        assert_eq!(row.state, State::Success);
        assert_eq!(row.session, format!("session-of-{}", row.id));
        assert_eq!(std::fs::read(&runs.files(&row).prompt).unwrap(), b"a prompt");
        assert_eq!(split_result(&std::fs::read(&runs.files(&row).result).unwrap()).0, Some(State::Success));
    }
}

#[test]
fn twenty_at_once_on_a_fresh_store() {
    for _ in 0..5 {
        let home = Home::new();
        let children: Vec<Child> = (0..20).map(|_| start(&home, "pair")).collect();
        all_well(&home, &ids(children), 20);
    }
}

#[test]
fn fifty_pairs_at_once() {
    let home = Home::new();
    let children: Vec<Child> = (0..100).map(|_| start(&home, "pair")).collect();
    all_well(&home, &ids(children), 100);
}

#[test]
fn one_of_many_takes_what_was_reserved() {
    let home = Home::new();
    let reserved = home.open().reserve("deepseek", "x", Some(b"a prompt")).unwrap();
    let children: Vec<Child> = (0..10).map(|_| start(&home, &format!("adopt {}", reserved.id))).collect();
    assert_eq!(ids(children), [reserved.id.to_string()]);
}

/// A child that is in the middle of its run, and that run's id.
fn hanging(home: &Home) -> (Child, String) {
    let mut child = start(home, "hang");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let id = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("ID ").map(str::to_owned));
    let id = id.unwrap_or_else(|| {
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        panic!("{text}");
    });
    (child, id)
}

#[test]
fn a_killed_supervisors_run_is_found_lost_once() {
    let home = Home::new();
    let (mut child, id) = hanging(&home);
    let runs = home.open();
    let going = row(&runs, &id);
    assert!(runs.is_attended(&going).unwrap());
    assert!(reconciled(&runs).is_empty());
    assert!(runs.lock_conversation(&going.session).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!runs.is_attended(&going).unwrap());
    // Several commands look at once.
    let found: usize = std::thread::scope(|scope| {
        let look = || reconciled(&home.open()).len();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(look)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(found, 1);
    let lost = row(&runs, &id);
    assert_eq!((lost.state, lost.process, lost.supervisor), (State::Lost, None, None));
    assert!(lost.reason.is_some() && lost.ended.is_some());
    assert_eq!(split_result(&std::fs::read(&runs.files(&lost).result).unwrap()).0, Some(State::Lost));
    assert!(runs.lock_conversation(&going.session).unwrap().is_some());
}

#[test]
fn a_run_killed_between_its_result_and_its_row_has_the_state_of_its_result() {
    let home = Home::new();
    let (mut child, id) = hanging(&home);
    child.kill().unwrap();
    child.wait().unwrap();
    let result = home.path().join(format!("tasks/{id}.result.md"));
    std::fs::write(&result, format!("---\nrun: {id}\nstate: error\nreason: \"so\"\n---\n\ndone")).unwrap();
    let runs = home.open();
    let told = reconciled(&runs);
    assert_eq!((told.len(), told[0].state, told[0].to_inbox), (1, State::Error, true));
    let row = row(&runs, &id);
    assert_eq!((row.state, row.reason.as_deref()), (State::Error, Some("so")));
    assert!(reconciled(&runs).is_empty());
    assert!(std::fs::read_to_string(result).unwrap().ends_with("done"));
}

#[test]
fn a_result_that_cannot_be_read_or_says_nothing_is_not_replaced() {
    for (kind, reason) in
        [("pipe", "it is a named pipe, not a file"), ("directory", "is a directory"), ("other", "")]
    {
        let home = Home::new();
        let (mut child, id) = hanging(&home);
        child.kill().unwrap();
        child.wait().unwrap();
        let result = home.path().join(format!("tasks/{id}.result.md"));
        match kind {
            "pipe" => assert!(Command::new("mkfifo").arg(&result).status().unwrap().success()),
            "directory" => std::fs::create_dir(&result).unwrap(),
            _ => std::fs::write(&result, "all of it, by another program\n").unwrap(),
        }
        let before = std::fs::symlink_metadata(&result).unwrap();
        let runs = home.open();
        assert_eq!(reconciled(&runs).len(), 1);
        let row = row(&runs, &id);
        let said = row.reason.unwrap();
        assert!(row.state == State::Lost && said.contains(reason), "{said}");
        let now = std::fs::symlink_metadata(&result).unwrap();
        assert_eq!((now.file_type(), now.len()), (before.file_type(), before.len()), "{kind}");
        assert!(reconciled(&runs).is_empty());
    }
}
