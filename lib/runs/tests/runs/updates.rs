//! A view that stays open reads what changed.

use handoff_runs::{Conversation, ListReader, ListUpdate, NewRun, State};

use crate::support::{Home, finish, new, row, success};

fn ids(rows: &[handoff_runs::Row]) -> Vec<String> {
    rows.iter().map(|row| row.id.to_string()).collect()
}

#[test]
fn only_what_changed_is_read_again() {
    let home = Home::new();
    let runs = home.open();
    let mut reader = ListReader::default();
    let nothing = ListUpdate::default();
    assert_eq!(runs.list_update(&mut reader).unwrap(), nothing);
    let first = runs.begin(new(b"first")).unwrap();
    let first_id = first.id().to_string();
    assert_eq!(ids(&runs.list_update(&mut reader).unwrap().older), [first_id.as_str()]);
    assert_eq!(runs.list_update(&mut reader).unwrap(), nothing);
    // Another process has its own connection.
    let other = home.open();
    let second = other.begin(new(b"second")).unwrap();
    let update = runs.list_update(&mut reader).unwrap();
    assert_eq!(
        (ids(&update.newer), ids(&update.changed)),
        (vec![second.id().to_string()], vec![first_id.clone()])
    );
    finish(first, &success(b"done"));
    let update = runs.list_update(&mut reader).unwrap();
    assert_eq!(update.changed.iter().find(|row| row.id.as_str() == first_id).unwrap().state, State::Success);
    // What has ended does not change any more.
    finish(second, &success(b"done"));
    assert_eq!(runs.list_update(&mut reader).unwrap().changed.len(), 1);
    other.delete(&row(&other, &first_id)).unwrap();
    let update = runs.list_update(&mut reader).unwrap();
    assert!(update.is_reset && !update.has_more && update.older.len() == 1, "{update:?}");
    assert_eq!(runs.list_update(&mut reader).unwrap(), nothing);
}

#[test]
fn a_long_list_comes_in_pieces() {
    let home = Home::new();
    let runs = home.open();
    finish(runs.begin(new(b"x")).unwrap(), &success(b"done"));
    let copies = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) \
         INSERT INTO runs (seq, seq_code, run_id, run_day, uuid, session_id, cwd, prompt, jsonl_path, status, backend, \
         runtime_info) SELECT 100000 + i, 'Z' || i, '251121-fa-Z' || i || '-copy', run_day, uuid || i, session_id || i, cwd, \
         prompt, jsonl_path, status, backend, runtime_info FROM n, (SELECT * FROM runs LIMIT 1)";
    home.list().execute(copies, []).unwrap();
    let mut reader = ListReader::default();
    let mut all = Vec::new();
    let mut pieces = 0;
    let late = loop {
        let update = runs.list_update(&mut reader).unwrap();
        pieces += 1;
        all.extend(ids(&update.older));
        if !update.has_more {
            break update.newer;
        }
        if pieces == 1 {
            // A run that begins meanwhile is in none of the pieces, and is not lost either.
            finish(runs.begin(new(b"late")).unwrap(), &success(b"done"));
        } else {
            all.splice(0..0, ids(&update.newer));
        }
    };
    assert!(late.is_empty() && pieces == 3, "{pieces} pieces");
    assert_eq!(all, ids(&runs.list(&handoff_runs::Filter::default()).unwrap()));
}

#[test]
fn a_run_names_the_one_whose_conversation_it_continues() {
    let home = Home::new();
    let runs = home.open();
    let first = runs.begin(new(b"x")).unwrap();
    let (id, session) = (first.id().clone(), first.session().to_owned());
    finish(first, &success(b"done"));
    let lock = runs.lock_conversation(&session).unwrap().unwrap();
    let second = runs.begin(NewRun { conversation: Conversation::Old(lock), ..new(b"y") }).unwrap();
    let second_id = second.id().to_string();
    assert_eq!(row(&runs, &second_id).continues, Some(id.clone()));
    finish(second, &success(b"done"));
    assert_eq!(row(&runs, id.as_str()).continues, None);
}
