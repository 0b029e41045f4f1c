//! `handoff runs delete` and `handoff runs prune`.

use crate::support::Stage;

fn ids(stage: &Stage) -> Vec<String> {
    stage.list().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}

fn run(stage: &Stage, slug: &str) -> String {
    assert_eq!(stage.handoff(&["run", "--slug", slug, "--text", "do it"]).code, 0);
    ids(stage).remove(0)
}

#[test]
fn deleted_runs_are_gone_with_their_files() {
    let stage = Stage::done();
    let (one, two) = (run(&stage, "one"), run(&stage, "two"));
    stage.handoff(&["runs", "delete", &one]).is(0, &format!("deleted: {one}  do it\n"), "");
    assert_eq!(ids(&stage), [two.as_str()]);
    let names =
        |dir| std::fs::read_dir(stage.home().join(dir)).unwrap().map(|entry| entry.unwrap().file_name());
    let left = names("tasks").chain(names("runs")).any(|name| name.to_string_lossy().starts_with(&one));
    assert!(!left);
    // One that is mistyped: none is deleted.
    let ran = stage.handoff(&["runs", "delete", &two, "nothing-like-it"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ids(&stage), [two.as_str()]);
    assert_eq!(stage.handoff(&["runs", "delete"]).code, 2);
}

#[test]
fn old_runs_are_pruned_and_a_dry_run_only_names_them() {
    let stage = Stage::done();
    let (one, two) = (run(&stage, "one"), run(&stage, "two"));
    stage.handoff(&["runs", "prune", "--older-than", "1h"]).is(0, "deleted 0 runs\n", "");
    let database = stage.home().join("runs/handoff.db");
    let list = rusqlite::Connection::open(database).unwrap();
    let old = "UPDATE runs SET runtime_info = json_set(runtime_info, '$.ended', '2020-01-01T00:00:00Z') WHERE run_id = ?1";
    assert_eq!(list.execute(old, [&one]).unwrap(), 1);
    let dry = stage.handoff(&["runs", "prune", "--older-than", "30d", "--dry-run"]);
    dry.is(0, &format!("would delete: {one}  do it\nwould delete 1 run\n"), "");
    assert_eq!(ids(&stage).len(), 2);
    let pruned = stage.handoff(&["runs", "prune", "--older-than", "30d"]);
    pruned.is(0, &format!("deleted: {one}  do it\ndeleted 1 run\n"), "");
    assert_eq!(ids(&stage), [two.as_str()]);
}

#[test]
fn a_run_at_work_is_not_deleted() {
    let stage = Stage::new("while [ ! -e \"$HOME/../go\" ]; do sleep 0.05; done");
    let mut started = stage.started(&["run", "--slug", "long", "--text", "x"]);
    let id = ids(&stage).remove(0);
    let ran = stage.handoff(&["runs", "delete", &id]);
    let wanted = format!("agent-handoff: {id} is running; end it first: handoff stop {id}\n");
    ran.is(1, "", &wanted);
    std::fs::write(stage.world.home().join("../go"), "").unwrap();
    started.ends();
    assert_eq!(stage.handoff(&["runs", "delete", &id]).code, 0);
}

#[test]
fn a_number_that_no_run_has_is_no_part_of_another_runs_date() {
    let stage = Stage::done();
    let one = run(&stage, "one");
    let absent = one[..6].chars().find(|digit| *digit != '1').unwrap().to_string();
    let ran = stage.handoff(&["runs", "delete", &absent]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ids(&stage), [one.as_str()]);
}
