//! Runs that are deleted.

use handoff_document::Timestamp;
use handoff_runs::{DeleteError, Filter, Found};

use crate::support::{Home, finish, new, row, success};

/// The names of all files but the list's.
fn files(home: &Home) -> Vec<String> {
    let names =
        ["tasks", "runs"].into_iter().flat_map(|dir| std::fs::read_dir(home.path().join(dir)).unwrap());
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with("handoff.db")).collect()
}

#[test]
fn a_deleted_run_leaves_no_file_no_row_and_no_number_to_be_used_again() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    run.create_out().unwrap();
    run.create_stream().unwrap();
    let id = run.id().to_string();
    finish(run, &success(b"done"));
    assert_eq!(files(&home).len(), 4);
    runs.delete(&row(&runs, &id)).unwrap();
    assert_eq!(files(&home), Vec::<String>::new());
    assert_eq!(runs.find(&id).unwrap(), Found::None);
    let next = runs.begin(new(b"y")).unwrap();
    assert_eq!(row(&runs, next.id().as_str()).number, 2);
}

#[test]
fn a_run_that_goes_on_is_not_deleted() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let going = row(&runs, run.id().as_str());
    assert!(matches!(runs.delete(&going), Err(DeleteError::Running(_))));
    // Also when the list was read before it began to end.
    let mut stale = going.clone();
    stale.state = handoff_runs::State::Success;
    assert!(matches!(runs.delete(&stale), Err(DeleteError::Running(_))));
    assert_eq!(runs.list(&Filter::default()).unwrap().len(), 1);
    finish(run, &success(b"done"));
}

#[test]
fn what_a_list_calls_the_stream_is_removed_only_beside_it() {
    let home = Home::new();
    let runs = home.open();
    let mut rows = Vec::new();
    for _ in 0..2 {
        let run = runs.begin(new(b"x")).unwrap();
        rows.push(row(&runs, run.id().as_str()));
        finish(run, &success(b"done"));
    }
    let other = home.path().join("precious.jsonl");
    std::fs::write(&other, "mine").unwrap();
    let list = home.list();
    list.execute("UPDATE runs SET jsonl_path = ?1", [other.to_str().unwrap()]).unwrap();
    for id in rows.iter().map(|row| row.id.as_str()) {
        runs.delete(&row(&runs, id)).unwrap();
    }
    assert_eq!(std::fs::read_to_string(other).unwrap(), "mine");
}

#[test]
fn runs_are_old_by_their_end() {
    let home = Home::new();
    let runs = home.open();
    let run = runs.begin(new(b"x")).unwrap();
    let going = runs.begin(new(b"y")).unwrap();
    finish(run, &success(b"done"));
    let later = Timestamp::from_seconds(Timestamp::now().seconds() + 60);
    let earlier = Timestamp::from_seconds(Timestamp::now().seconds() - 60);
    assert_eq!(runs.ended_before(later).unwrap().len(), 1);
    assert_eq!(runs.ended_before(earlier).unwrap().len(), 0);
    finish(going, &success(b"done"));
}
