#![allow(clippy::disallowed_methods, reason = "tests set up files by hand")]

use std::ffi::OsStr;
use std::path::Path;

use handoff_address::Address;
use handoff_document::Timestamp;
use tempfile::TempDir;

use super::*;

const NAME: &str = "20261121T100000Z-from-app.md";
const FILE: &str = "---\nname: n\n---\nbody\n";

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(&dir.path().join("store")).unwrap();
    (dir, store)
}

fn inbox(store: &Store, path: &str) -> Inbox {
    store.create_inbox(&Address::of(Path::new(path))).unwrap()
}

/// How many handoffs there are in both directories of these inboxes, in claims and temporary files too.
fn count(inboxes: &[&Inbox]) -> usize {
    let dirs = inboxes.iter().flat_map(|inbox| [inbox.unread_path(), inbox.read_path()]);
    dirs.map(|dir| std::fs::read_dir(dir).unwrap().count()).sum()
}

#[test]
fn a_claim_keeps_others_out_and_a_dropped_one_gives_back() {
    let (_dir, store) = store();
    let app = inbox(&store, "/app");
    std::fs::write(app.unread_path().join(NAME), FILE).unwrap();
    let (archive, waiting) = (app.archive().unwrap(), app.waiting().unwrap().handoffs.remove(0));
    let claim = app.claim(&waiting, &archive).unwrap().unwrap();
    assert!(app.waiting().unwrap().handoffs.is_empty() && app.claim(&waiting, &archive).unwrap().is_none());
    drop(claim);
    assert_eq!(app.waiting().unwrap().handoffs.first(), Some(&waiting));
    let mut claim = app.claim(&waiting, &archive).unwrap().unwrap();
    let content = claim.read().unwrap();
    let receipt = Receipt { at: Timestamp::from_seconds(0), by: Some("S".to_owned()), is_acknowledged: true };
    let path = claim.archive(&archive, &content, &receipt).unwrap();
    let stamp = "received_at: 1970-01-01T00:00:00Z\nreceived_by: S\nacknowledged: true\n";
    assert_eq!(std::fs::read_to_string(path).unwrap(), format!("---\nname: n\n{stamp}---\nbody\n"));
}

#[test]
fn an_archived_handoff_is_moved_by_one_process_at_a_time() {
    let (_dir, store) = store();
    let (app, other) = (inbox(&store, "/app"), inbox(&store, "/other"));
    let name = OsStr::new(NAME);
    std::fs::write(app.read_path().join(NAME), FILE).unwrap();
    let held = app.archive().unwrap().open_file(name).unwrap();
    held.lock().unwrap();
    assert_eq!(app.restore(name).unwrap(), Moved::Busy);
    assert_eq!(app.transfer_archived(name, &other, &[]).unwrap(), Moved::Busy);
    drop(held);
    assert_eq!(app.restore(name).unwrap(), Moved::Done);
    std::fs::write(app.read_path().join(NAME), FILE).unwrap();
    assert_eq!(app.restore(name).unwrap(), Moved::NameTaken);
}

/// Moving read an archived file and wrote it anew under its name, so one that was restored in between was there twice.
#[test]
fn moving_beside_restoring_leaves_each_handoff_exactly_once() {
    let (_dir, store) = store();
    let (app, other) = (inbox(&store, "/app"), inbox(&store, "/other"));
    for round in 0..300 {
        let name = format!("20261121T100000Z-from-{round}.md");
        std::fs::write(app.read_path().join(&name), FILE).unwrap();
        let name = OsStr::new(&name);
        let fields = [("to_path", Some("/other"))];
        std::thread::scope(|scope| {
            scope.spawn(|| app.transfer_archived(name, &other, &fields));
            scope.spawn(|| app.transfer_archived(name, &other, &fields));
            scope.spawn(|| app.restore(name));
        });
        assert_eq!(count(&[&app, &other]), round + 1, "round {round}");
    }
}

/// A path with a terminal's escape, a line that looks like one of ours, and text that runs backwards.
const HOSTILE: &str = "/s/\x1b[31m\nagent-handoff: forged\u{202E}\t'";

#[test]
fn every_error_shows_a_hostile_path_in_one_visible_line() {
    let path = || Path::new(HOSTILE).to_owned();
    let not_found = || std::io::Error::from(std::io::ErrorKind::NotFound);
    for error in [
        StoreError::File(FileError::new("open", Path::new(HOSTILE))(not_found())),
        StoreError::Foreign { path: path(), owner: 1 },
        StoreError::OpenToOthers { path: path(), mode: 0o777 },
        StoreError::NoFreeName(path()),
    ] {
        let said = error.to_string();
        assert!(!said.contains(|c: char| c.is_control() || c == '\u{202E}'), "{said:?}");
    }
    // The command in it is whole.
    let said = StoreError::OpenToOthers { path: path(), mode: 0o777 }.to_string();
    assert!(said.ends_with(&format!("run: chmod 700 {}", quoted(Path::new(HOSTILE)))), "{said}");
}

/// The only handoff that waits in `inbox`, claimed.
fn claimed(inbox: &Inbox) -> Claim<'_> {
    let waiting = inbox.waiting().unwrap().handoffs.remove(0);
    inbox.claim(&waiting, &inbox.archive().unwrap()).unwrap().unwrap()
}

#[test]
fn a_rewritten_handoff_waits_under_its_name_and_a_deleted_one_is_gone() {
    let (_dir, store) = store();
    let app = inbox(&store, "/app");
    std::fs::write(app.unread_path().join(NAME), FILE).unwrap();
    assert_eq!(claimed(&app).rewrite(b"---\nname: m\n---\nother\n").unwrap(), NAME);
    assert_eq!(std::fs::read(app.unread_path().join(NAME)).unwrap(), b"---\nname: m\n---\nother\n");
    assert_eq!(count(&[&app]), 1);
    claimed(&app).delete().unwrap();
    assert_eq!(count(&[&app]), 0);
}

#[test]
fn a_copy_of_an_archived_handoff_is_unread_once_and_unstamped() {
    let (_dir, store) = store();
    let (app, other) = (inbox(&store, "/app"), inbox(&store, "/other"));
    let name = OsStr::new(NAME);
    let archived = "---\nname: n\nto: app\nreceived_at: 2026-11-21T10:00:00Z\n---\nbody\n";
    std::fs::write(app.read_path().join(NAME), archived).unwrap();
    let fields = [("to", Some("other")), ("received_at", None)];
    let copy = || app.copy_archived(name, &other, &fields).unwrap();
    assert_eq!(copy(), Copied::As(name.to_owned()));
    assert_eq!(copy(), Copied::WaitsThere);
    let there = other.unread_path().join(NAME);
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "---\nname: n\nto: other\n---\nbody\n");
    assert_eq!(std::fs::read_to_string(app.read_path().join(NAME)).unwrap(), archived);
    // Another handoff of that name keeps it.
    std::fs::write(&there, "another\n").unwrap();
    assert!(matches!(copy(), Copied::As(suffixed) if suffixed != *name));
    assert_eq!(std::fs::read_to_string(there).unwrap(), "another\n");
    let held = app.archive().unwrap().open_file(name).unwrap();
    held.lock().unwrap();
    assert_eq!(copy(), Copied::Busy);
}
