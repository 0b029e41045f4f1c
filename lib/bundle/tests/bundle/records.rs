//! Which undo records are obeyed: those that this user's key sealed for this worktree, as they were written.

use std::path::{Path, PathBuf};

use handoff_bundle::{Bundle, BundleError, Handover, Keyring, Refusal};

use crate::support::{ALLOW, World, all, refusal, write};

/// A source, a clone to which its bundle can be applied, and the bundle.
fn prepared(world: &World) -> (PathBuf, Bundle) {
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    write(&at, "README", "changed\n");
    write(&at, "new/file", "new\n");
    world.run(&at, &["add", "README"]);
    let (_, bundle) = world.capture(&at);
    (to, bundle)
}

fn record(to: &Path) -> PathBuf {
    to.join(".handover/undo/00000001")
}

/// Nobody obeys the record in `to`: nothing is interrupted, nothing is undone, and it is named.
#[track_caller]
fn is_ignored(world: &World, to: &Path, handover: &Handover) {
    let (before, keyring) = ((world.seen(to), all(&to.join(".git"))), world.keyring());
    let ignored = handover.ignored_records(&keyring).unwrap();
    assert_eq!(ignored.iter().map(|one| &one.path).collect::<Vec<_>>(), [&record(to)]);
    assert_eq!(handover.interrupted(&keyring).unwrap(), None);
    assert_eq!(handover.recover(&world.git, &keyring).unwrap(), None);
    assert!(matches!(handover.undo(&world.git, &keyring), Err(BundleError::NothingToUndo)));
    assert_eq!((world.seen(to), all(&to.join(".git"))), before);
}

#[test]
fn a_stranger_s_record_that_fits_head_and_index_is_ignored_and_never_in_the_way() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    // Everything in it is right: the stranger made it with the same program, but with another key.
    let stranger = Keyring::create(&world.path("stranger")).unwrap();
    let (handover, id) = world.carry(&bundle, &to);
    handover
        .apply(
            &world.git,
            &stranger,
            &world.trusted(&handover, &id),
            ALLOW,
            "a stranger",
            handoff_document::Timestamp::now(),
        )
        .unwrap();
    assert!(record(&to).is_dir());
    is_ignored(&world, &to, &handover);
    // A capture goes on, and so does an apply, whose own record is the one that is undone.
    world.draft(&to);
    world.run(&to, &["reset", "-q", "--hard"]);
    world.run(&to, &["clean", "-qfd"]);
    let before = world.seen(&to);
    world.apply_in(&handover, &id, ALLOW).unwrap();
    handover.undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.seen(&to), before);
    is_ignored(&world, &to, &handover);
}

#[test]
fn a_record_that_was_changed_is_ignored_whatever_was_changed_in_it() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    let handover = Handover::create(&to, false).unwrap();
    let changes: [fn(&str) -> String; 6] = [
        |text| text.replace("\"done\"", "\"begun\""),
        |text| text.replace("README", ".bashrc"),
        |text| text.replace("420", "493"),
        |text| format!("{text} "),
        |text| text.replace("\"keyed_hash\":\"", "\"keyed_hash\":\"0"),
        |_| "{}".to_owned(),
    ];
    world.apply(&bundle, &to, ALLOW).unwrap();
    let path = record(&to).join("record.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for change in changes {
        assert_ne!(change(&text), text);
        std::fs::write(&path, change(&text)).unwrap();
        is_ignored(&world, &to, &handover);
    }
    std::fs::write(&path, &text).unwrap();
    handover.undo(&world.git, &world.keyring()).unwrap();
}

#[test]
fn one_s_own_record_of_another_worktree_is_ignored() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    world.apply(&bundle, &to, ALLOW).unwrap();
    let copy = world.path("copy");
    assert!(std::process::Command::new("cp").arg("-a").args([&to, &copy]).status().unwrap().success());
    is_ignored(&world, &copy, &Handover::open(&copy).unwrap().unwrap());
}

#[test]
fn copies_that_were_changed_are_not_put_back() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    let handover = Handover::create(&to, false).unwrap();
    let before = world.seen(&to);
    world.apply(&bundle, &to, ALLOW).unwrap();
    let applied = (world.seen(&to), all(&to.join(".git")));
    let old = std::fs::read_dir(record(&to).join("old")).unwrap().next().unwrap().unwrap().path();
    // An index that names a hook: `git restore .` would make it.
    for changed in [record(&to).join("index.before"), old] {
        let kept = std::fs::read(&changed).unwrap();
        std::fs::write(&changed, "#!/bin/sh\n").unwrap();
        match refusal(handover.undo(&world.git, &world.keyring())) {
            Refusal::RecordChanged(paths) => assert_eq!(paths, [changed.as_path()]),
            other => panic!("{other}"),
        }
        assert_eq!((world.seen(&to), all(&to.join(".git"))), applied);
        std::fs::write(&changed, kept).unwrap();
    }
    handover.undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.seen(&to), before);
}

#[test]
fn names_that_are_no_records_keep_nothing_from_being_applied_and_undone() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    let handover = Handover::create(&to, false).unwrap();
    let undo = to.join(".handover/undo");
    for name in ["18446744073709551615", "99999999", "00000002", "00000007", "1", "x"] {
        std::fs::create_dir_all(undo.join(name)).unwrap();
    }
    std::fs::write(undo.join("00000001"), "a file").unwrap();
    std::os::unix::fs::symlink("/", undo.join("00000003")).unwrap();
    crate::support::pipe(&undo.join("00000007/record.json"));
    let before = world.seen(&to);
    world.apply(&bundle, &to, ALLOW).unwrap();
    assert!(undo.join("00000004/record.json").is_file());
    handover.undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.seen(&to), before);
}

#[test]
fn a_record_that_was_moved_with_its_worktree_is_ignored_and_says_where_it_was_made() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    let (handover, id) = world.carry(&bundle, &to);
    world.apply_in(&handover, &id, ALLOW).unwrap();
    let moved = world.path("moved");
    std::fs::rename(&to, &moved).unwrap();
    let handover = Handover::open(&moved).unwrap().unwrap();
    is_ignored(&world, &moved, &handover);
    let ignored = handover.ignored_records(&world.keyring()).unwrap();
    assert_eq!(ignored[0].made_in.as_deref(), Some(&*to));
    std::fs::rename(&moved, &to).unwrap();
    let handover = Handover::open(&to).unwrap().unwrap();
    assert_eq!(handover.ignored_records(&world.keyring()).unwrap(), []);
    handover.undo(&world.git, &world.keyring()).unwrap();
}

#[test]
fn what_is_no_directory_in_the_place_of_the_records_is_named_before_anything_is_changed() {
    let world = World::new();
    let (to, bundle) = prepared(&world);
    let (handover, id) = world.carry(&bundle, &to);
    let undo = to.join(".handover/undo");
    let before = world.seen(&to);
    for make_link in [false, true] {
        if make_link {
            std::os::unix::fs::symlink(world.path("elsewhere"), &undo).unwrap();
        } else {
            std::fs::write(&undo, "x").unwrap();
        }
        let error = world.apply_in(&handover, &id, ALLOW).unwrap_err();
        assert!(matches!(&error, BundleError::NoUndoDirectory { path, .. } if *path == undo), "{error}");
        assert!(error.to_string().ends_with("to keep what undoes an apply: move it away"), "{error}");
        assert_eq!(world.seen(&to), before);
        std::fs::remove_file(&undo).unwrap();
    }
    world.apply_in(&handover, &id, ALLOW).unwrap();
}
