//! A letter comes where it was sent, whole, with the work.

use std::os::unix::fs::PermissionsExt;

use crate::support::{BODY, Pair};

/// Changes of every kind, and two commits that no remote has.
fn work(pair: &Pair) {
    let laptop = &pair.laptop;
    laptop.put("src/c.rs", "c\n");
    laptop.world.commit(&laptop.app, "second");
    laptop.put("src/c.rs", "cc\n");
    laptop.put("src/gone.rs", "x\n");
    laptop.put("tool.sh", "#!/bin/sh\n");
    laptop.world.commit(&laptop.app, "third");
    laptop.put("src/a.rs", "changed\n");
    laptop.git(&["add", "src/a.rs"]);
    laptop.put("src/a.rs", "changed again\n");
    std::fs::remove_file(laptop.app.join("src/gone.rs")).unwrap();
    let script = laptop.app.join("tool.sh");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    laptop.put("new/picture.bin", (0..=255_u8).cycle().take(5_000).collect::<Vec<_>>());
    laptop.put("new/empty", "");
    std::os::unix::fs::symlink("../src/b.rs", laptop.app.join("new/link")).unwrap();
}

#[test]
fn a_handoff_comes_to_the_other_machine_whole_and_its_session_is_told_who_sent_it() {
    let pair = Pair::strangers();
    let home = pair.laptop.world.home().display().to_string();
    pair.laptop.leave(&format!("{BODY}\n## Key\nThe log is {home}/logs/x.log.\n"));
    let letter = pair.laptop.export("q.handoff", &[]);
    let bytes = std::fs::read(&letter).unwrap();
    let refused = pair.desk.refuses(&["import", letter.to_str().unwrap()]);
    assert!(refused.contains("handoff people add NAME --from"), "{refused}");
    pair.desk.add("@me", &letter, &[]);
    let said = pair.desk.import(&letter, &[]);
    assert!(said.contains("taken      \"Quoted fields\" from"), "{said}");
    let handoff = pair.desk.only();
    assert!(handoff.contains("The log is ~/logs/x.log.") && !handoff.contains(&home), "{handoff}");
    let top = pair.laptop.world.top().display().to_string();
    assert!(!handoff.contains(&top), "{handoff}");
    let mine = format!("\nto_path: {}\n", pair.desk.app.display());
    assert!(handoff.contains(&mine) && handoff.contains("\nletter: "), "{handoff}");
    assert!(handoff.contains("\nsender: ") && handoff.contains("Ann <ann@acme.io>, laptop"), "{handoff}");
    let shown = pair.desk.world.surface(&pair.desk.app);
    assert!(shown.contains("Ann <ann@acme.io>, laptop") && shown.contains("make test-quoted"), "{shown}");
    // The same file twice.
    let again = pair.desk.refuses(&["import", letter.to_str().unwrap()]);
    assert!(again.contains("was taken here before"), "{again}");
    assert_eq!(std::fs::read(&letter).unwrap(), bytes);
}

#[test]
fn work_of_every_kind_is_applied_by_import_to_the_bit_and_undone() {
    let pair = Pair::new();
    work(&pair);
    let letter = pair.laptop.letter("q.handoff");
    let before = pair.desk.tree();
    assert!(pair.laptop.bundles().is_empty(), "{:?}", pair.laptop.bundles());
    let said = pair.desk.import(&letter, &["--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree(), "{said}");
    let commits = pair.desk.git(&["log", "--format=%s"]);
    assert_eq!(commits, "third\nsecond\nfirst");
    assert!(said.contains("to put everything back, the branch too: handoff pickup --undo\n"), "{said}");
    assert!(!said.contains("git reset"), "one way back is enough: {said}");
    let said = pair.desk.shell("handoff pickup --undo");
    assert!(said.contains("the branch is back at "), "{said}");
    assert_eq!(pair.desk.tree(), before);
    let bundle = pair.desk.bundles().pop().unwrap();
    pair.desk.ok(&["pickup", &bundle, "--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
    // From a branch that was made since, the one that was moved stays.
    pair.desk.git(&["switch", "--quiet", "--create", "other"]);
    let said = pair.desk.ok(&["pickup", "--undo"]);
    assert!(said.contains("was not moved back"), "{said}");
    assert_eq!(pair.desk.git(&["rev-parse", "main"]), pair.laptop.git(&["rev-parse", "HEAD"]));
}

#[test]
fn after_an_undo_git_takes_no_file_for_a_changed_one() {
    let pair = Pair::new();
    pair.laptop.put("src/a.rs", "changed\n");
    let letter = pair.laptop.letter("q.handoff");
    pair.desk.import(&letter, &["--apply"]);
    pair.desk.ok(&["pickup", "--undo"]);
    // These, unlike `git status`, go by the times in the index alone.
    pair.desk.git(&["diff-files", "--quiet"]);
    pair.desk.git(&["diff-index", "--quiet", "HEAD"]);
}

#[test]
fn work_lies_ready_for_pickup_and_the_handoff_says_so() {
    let pair = Pair::new();
    work(&pair);
    let letter = pair.laptop.letter("q.handoff");
    pair.desk.import(&letter, &[]);
    let handoff = pair.desk.only();
    let bundle = pair.desk.bundles().pop().unwrap();
    assert!(handoff.contains(&format!("`handoff pickup {bundle} --apply`")), "{handoff}");
    assert!(handoff.contains("2 commits and "), "{handoff}");
    pair.desk.ok(&["pickup", &bundle, "--apply"]);
    assert_eq!(pair.desk.tree(), pair.laptop.tree());
}
