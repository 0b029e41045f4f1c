//! A view that stays open reads what changed.

use handoff_runs::{Conversation, NewRun, News, Reader, State};

use crate::support::{Home, finish, new, row, success};

fn ids(rows: &[handoff_runs::Row]) -> Vec<String> {
    rows.iter().map(|row| row.id.to_string()).collect()
}

#[test]
fn only_what_changed_is_read_again() {
    let home = Home::new();
    let runs = home.open();
    let mut reader = Reader::default();
    let nothing = News { is_whole: true, ..News::default() };
    assert_eq!(runs.news(&mut reader).unwrap(), nothing);
    let first = runs.begin(new(b"first")).unwrap();
    let first_id = first.id().to_string();
    assert_eq!(ids(&runs.news(&mut reader).unwrap().older), [first_id.as_str()]);
    assert_eq!(runs.news(&mut reader).unwrap(), nothing);
    // Another process has its own connection.
    let other = home.open();
    let second = other.begin(new(b"second")).unwrap();
    let news = runs.news(&mut reader).unwrap();
    assert_eq!(
        (ids(&news.newer), ids(&news.changed)),
        (vec![second.id().to_string()], vec![first_id.clone()])
    );
    finish(first, &success(b"done"));
    let news = runs.news(&mut reader).unwrap();
    assert_eq!(news.changed.iter().find(|row| row.id.as_str() == first_id).unwrap().state, State::Success);
    // What has ended does not change any more.
    finish(second, &success(b"done"));
    assert_eq!(runs.news(&mut reader).unwrap().changed.len(), 1);
    other.delete(&row(&other, &first_id)).unwrap();
    let news = runs.news(&mut reader).unwrap();
    assert!(news.is_reset && news.is_whole && news.older.len() == 1, "{news:?}");
    assert_eq!(runs.news(&mut reader).unwrap(), nothing);
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
    let mut reader = Reader::default();
    let mut all = Vec::new();
    let mut pieces = 0;
    let late = loop {
        let news = runs.news(&mut reader).unwrap();
        pieces += 1;
        all.extend(ids(&news.older));
        if news.is_whole {
            break news.newer;
        }
        if pieces == 1 {
            // A run that begins meanwhile is in none of the pieces, and is not lost either.
            finish(runs.begin(new(b"late")).unwrap(), &success(b"done"));
        } else {
            all.splice(0..0, ids(&news.newer));
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
