//! A list that handoff-cli 0.3.9 made: `fixtures/handoff-cli-0.3.9.db`, by the real program with stand-ins for
//! `claude` and `codex`; the last of its runs was killed.

use std::path::Path;

use handoff_runs::{Conversation, Filter, State, split_result};

use crate::support::{Home, finish, mode, new, reconciled, row, success};

const LIST: &[u8] = include_bytes!("../../fixtures/handoff-cli-0.3.9.db");

/// Its home as it leaves it: readable to all.
fn home() -> Home {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    for dir in ["", "runs", "tasks"] {
        let path = home.path().join(dir);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    std::fs::write(home.path().join("runs/handoff.db"), LIST).unwrap();
    std::fs::write(home.path().join("tasks/1121-ds-01-from-text.result.md"), "done by claude").unwrap();
    std::fs::write(home.path().join("config.yaml"), "backends: {}").unwrap();
    home
}

#[test]
fn its_runs_are_listed() {
    let home = home();
    let runs = home.open();
    let rows = runs.list(&Filter::default()).unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "1121-ds-07-from-text",
            "1121-ds-05-later",
            "1121-ds-04-from-text",
            "1121-ds-03-resume",
            "1121-cx-02-write-docs-now",
            "1121-ds-01-from-text"
        ]
    );
    let states: Vec<State> = rows.iter().map(|row| row.state).collect();
    use State::{Error, Running, Success};
    assert_eq!(states, [Running, Success, Error, Success, Success, Success]);
    let first = row(&runs, "1121-ds-01-from-text");
    assert_eq!((first.prompt.as_str(), first.model.as_deref()), ("Fix the login page", Some("deepseek-v4")));
    let usage = first.usage.clone().unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.cost_usd), (120, 34, 0.0125));
    assert!(first.started.is_some() && first.ended.is_none());
    assert_eq!(
        first.stream,
        Path::new("/home/someone/.handoff/runs").join(format!("1121-ds-01-from-text-{}.jsonl", first.uuid))
    );
    assert_eq!(
        split_result(&std::fs::read(&runs.files(&first).result).unwrap()),
        (None, &b"done by claude"[..])
    );
    assert_eq!(row(&runs, "2").session, "0199a213-81c0-7800-8aa1-bbab2a035a53");
}

#[test]
fn its_modes_are_tightened() {
    let home = home();
    drop(home.open());
    for dir in ["", "runs", "tasks"] {
        assert_eq!(mode(&home.path().join(dir)), 0o700);
    }
    for file in ["config.yaml", "runs/handoff.db", "tasks/1121-ds-01-from-text.result.md"] {
        assert_eq!(mode(&home.path().join(file)), 0o600, "{file}");
    }
}

#[test]
fn its_conversations_go_on() {
    let home = home();
    let runs = home.open();
    let old = row(&runs, "1");
    let lock = runs.lock_conversation(&old.session).unwrap().unwrap();
    let conversation = Conversation::Old(lock);
    let run = runs.begin(handoff_runs::NewRun { cwd: &old.cwd, conversation, ..new(b"go on") }).unwrap();
    // After its largest number, so that no number of ours means two runs.
    assert_eq!((run.session(), row(&runs, "8").id), (old.session.as_str(), run.id().clone()));
    finish(run, &success(b"done"));
    // And it could list ours: its own columns, its own form of time.
    let (created, session, backend): (String, String, String) = home
        .list()
        .query_row("SELECT created_at, session_id, backend FROM runs ORDER BY id DESC", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((created.len(), session, backend.as_str()), (19, old.session, "deepseek"));
}

#[test]
fn its_killed_run_is_lost_when_its_process_is_gone() {
    let home = home();
    let alive = i64::from(std::process::id());
    let set = |pid: i64, created: &str| {
        let update = format!(
            "UPDATE runs SET created_at = {created}, runtime_info = json_set(runtime_info, '$.pid', ?1) WHERE id = 6"
        );
        home.list().execute(&update, [pid]).unwrap();
    };
    set(alive, "datetime('now', 'localtime')");
    let runs = home.open();
    assert!(reconciled(&runs).is_empty());
    // A process of that id is there, and cannot be the one of last week.
    set(alive, "datetime('now', 'localtime', '-7 days')");
    let lost = reconciled(&runs);
    assert_eq!((lost.len(), lost[0].state), (1, State::Lost));
    let row = row(&runs, "7");
    assert_eq!((row.state, row.process, row.model.as_deref()), (State::Lost, None, Some("deepseek-v4")));
    let result = std::fs::read(&runs.files(&row).result).unwrap();
    let (state, text) = split_result(&result);
    assert_eq!(state, Some(State::Lost));
    assert!(String::from_utf8_lossy(text).contains("handoff resume 1121-ds-07-from-text"));
    assert!(reconciled(&runs).is_empty());
}

#[test]
fn an_older_list_gets_the_columns_that_came_later() {
    let home = home();
    let list = home.list();
    list.execute_batch(
        "ALTER TABLE runs DROP COLUMN runtime_info; ALTER TABLE runs DROP COLUMN session_id; \
         INSERT INTO runs (seq, seq_code, run_id, run_day, uuid, cwd, prompt, jsonl_path, status, backend) \
         VALUES (1, '01', '1231-ds-01-;$(x) y', '2025-12-31', 'u', '/', x'ff00', '/x', NULL, NULL);",
    )
    .unwrap();
    drop(list);
    let runs = home.open();
    let first = row(&runs, "1121-ds-01-from-text");
    assert_eq!(first.session, first.uuid);
    assert_eq!(row(&runs, "1231-ds-01-;$(x) y").state, State::Lost);
    assert_eq!(runs.list(&Filter::default()).unwrap().len(), 7);
}

#[test]
fn a_list_of_other_tables_is_left_alone() {
    let home = Home::new();
    std::fs::create_dir_all(home.path().join("runs")).unwrap();
    home.list().execute_batch("CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT)").unwrap();
    let runs = handoff_runs::Runs::open(&home.path()).unwrap();
    let trouble = runs.trouble().unwrap();
    assert_eq!(trouble.trouble, handoff_runs::Trouble::Schema, "{trouble}");
    let columns: i64 =
        home.list().query_row("SELECT count(*) FROM pragma_table_info('runs')", [], |r| r.get(0)).unwrap();
    assert_eq!(columns, 2);
    let run = runs.begin(new(b"x")).unwrap();
    assert!(run.unrecorded().is_some());
    let ended = run.finish(&success(b"done"), |_| true);
    assert!(ended.result.is_ok() && ended.unrecorded.is_some());
}

#[test]
fn a_number_that_two_runs_have_is_refused_with_both() {
    let home = home();
    let runs = home.open();
    let first = row(&runs, "1");
    let second = row(&runs, "2");
    // As where both programs counted for themselves.
    home.list().execute("UPDATE runs SET seq = 1 WHERE run_id = ?1", [second.id.as_str()]).unwrap();
    let found = runs.find("1").unwrap();
    assert_eq!(found, handoff_runs::Found::Several(vec![second.id.clone(), first.id.clone()]));
    for exact in [&first, &second] {
        assert_eq!(row(&runs, exact.id.as_str()).id, exact.id);
        assert_eq!(row(&runs, &exact.uuid).id, exact.id);
    }
}
