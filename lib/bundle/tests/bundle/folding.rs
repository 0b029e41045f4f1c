//! On a file system that takes names which differ by case alone for one.

use std::path::{Path, PathBuf};

use handoff_bundle::{Bundle, Handover, Reason};
use tests::Mount;

use crate::support::{ALLOW, World, write};

/// A world, and a file system in it that folds names. None where the machine cannot.
fn stage() -> Option<(World, Mount)> {
    let world = World::new();
    let mount = Mount::exfat(&world.path("folding"), &world.path("image"))?;
    Some((world, mount))
}

/// A repository on it, with some files that were committed elsewhere.
fn repository(world: &World, files: &[(&str, &str)]) -> (PathBuf, PathBuf) {
    let origin = world.repository("origin");
    std::fs::remove_file(origin.join("link")).unwrap();
    for (path, content) in files {
        write(&origin, path, content);
    }
    world.commit(&origin, "names");
    let at = world.clone_of(&origin, "folding/at");
    (origin, at)
}

/// Every file but git's and ours: its name and its bytes. Such a file system has no modes.
fn files(at: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = std::collections::BTreeMap::new();
    crate::support::walk(at, at, &mut files);
    files.into_iter().map(|(path, (_, bytes))| (path.into_string().unwrap(), bytes)).collect()
}

fn left(bundle: &Bundle) -> Vec<(String, Reason)> {
    let left = bundle.manifest().contents.not_carried.iter();
    left.map(|left| (left.path.to_string(), left.reason)).collect()
}

/// Captures what is at `at` and applies it, to a clone on this file system and to one on another, and back.
#[track_caller]
fn goes_everywhere(world: &World, at: &Path, origin: &Path) {
    let (_, bundle) = world.capture(at);
    assert_eq!(left(&bundle), []);
    for name in ["folding/to", "to"] {
        let to = world.clone_of(origin, name);
        let clean = (files(&to), world.seen(&to).index);
        world.apply(&bundle, &to, ALLOW).unwrap();
        assert_eq!(files(&to), files(at), "{name}");
        assert_eq!(world.seen(&to).index, world.seen(at).index, "{name}");
        Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
        assert_eq!((files(&to), world.seen(&to).index), clean, "{name}");
    }
}

#[test]
fn a_rename_by_case_alone_with_edits_is_carried_and_applied_where_names_are_folded() {
    let Some((world, _disk)) = stage() else { return };
    let (origin, at) = repository(&world, &[("Lib/inside", "inside\n"), ("Lib/more", "more\n")]);
    world.run(&at, &["mv", "README", "ReadMe"]);
    write(&at, "ReadMe", "one\ntwo\nedited\n");
    world.run(&at, &["mv", "run.sh", "Run.sh"]);
    // Git itself renames no directory so in one step.
    world.run(&at, &["mv", "Lib", "between"]);
    world.run(&at, &["mv", "between", "lIB"]);
    write(&at, "lIB/inside", "edited\n");
    goes_everywhere(&world, &at, &origin);
}

#[test]
fn a_rename_that_git_does_not_fold_and_the_disk_does_is_carried() {
    let Some((world, _disk)) = stage() else { return };
    let (origin, at) = repository(&world, &[("é", "one\n"), ("ö", "one\n")]);
    std::fs::rename(at.join("é"), at.join("É")).unwrap();
    write(&at, "É", "edited\n");
    world.run(&at, &["mv", "ö", "between"]);
    world.run(&at, &["mv", "between", "Ö"]);
    write(&at, "Ö", "edited\n");
    goes_everywhere(&world, &at, &origin);
}

#[test]
fn of_two_tracked_names_that_are_one_file_that_on_the_disk_is_carried_and_the_other_named() {
    let Some((world, _disk)) = stage() else { return };
    let (_, at) = repository(&world, &[("Makefile", "one\n"), ("makefile", "two\n")]);
    let there = files(&at).into_iter().find(|(name, _)| name.to_lowercase() == "makefile").unwrap().0;
    let other = if there == "Makefile" { "makefile" } else { "Makefile" };
    for content in [None, Some("edited\n")] {
        if let Some(content) = content {
            write(&at, &there, content);
        }
        let (_, bundle) = world.capture(&at);
        let names: Vec<_> =
            bundle.manifest().contents.files.iter().map(|file| file.path.to_string()).collect();
        let status = world.run(&at, &["status", "--porcelain"]);
        assert!(
            !status.contains(other) || left(&bundle) == [(other.to_owned(), Reason::AmbiguousName)],
            "{status}"
        );
        assert_eq!(names.contains(&there), status.contains(&format!(" {there}\n")), "{status}");
        assert!(!names.iter().any(|name| name == other));
    }
}
