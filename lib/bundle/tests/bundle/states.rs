//! Repositories in every state that git knows.

use handoff_bundle::{BundleError, Handover, Limits, Progress, Reason, Refusal};

use crate::support::{ALLOW, PLAIN, World, all, refusal, write};

#[test]
fn before_the_first_commit() {
    let world = World::new();
    let at = world.path("source");
    std::fs::create_dir(&at).unwrap();
    world.run(&at, &["init", "-q"]);
    write(&at, "only-untracked", "u");
    let to = world.path("clone");
    std::fs::create_dir(&to).unwrap();
    world.run(&to, &["init", "-q"]);
    // Without an index at all, and after with one.
    world.round_trip_to(&at, &to);
    let handover = Handover::open(&to).unwrap().unwrap();
    handover.undo(&world.git, &world.keyring()).unwrap();
    assert!(!to.join(".git/index").exists());
    write(&at, "staged", "s");
    world.run(&at, &["add", "staged"]);
    write(&at, "staged", "more");
    world.run(&at, &["add", "-N", "only-untracked"]);
    let bundle = world.round_trip_to(&at, &to);
    assert_eq!(bundle.manifest().contents.base, None);
    assert_eq!(bundle.manifest().contents.branch.as_deref(), Some("main"));
    handover.undo(&world.git, &world.keyring()).unwrap();
    assert!(!to.join(".git/index").exists());
    world.commit(&to, "something");
    let refused = refusal(world.apply(&bundle, &to, ALLOW)).to_string();
    assert!(refused.starts_with("the bundle was made before the first commit, and HEAD is "), "{refused}");
    assert!(
        refused.ends_with("; apply it in a repository without commits, or to HEAD with --onto-head"),
        "{refused}"
    );
}

#[test]
fn on_a_branch_without_a_commit_the_one_that_the_bundle_was_made_on_is_to_be_checked_out() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    write(&at, "README", "changed\n");
    let (_, bundle) = world.capture(&at);
    let base = world.run(&to, &["rev-parse", "HEAD"]);
    world.run(&to, &["checkout", "-q", "--orphan", "fresh"]);
    world.run(&to, &["rm", "-rqf", "."]);
    let refused = refusal(world.apply(&bundle, &to, ALLOW)).to_string();
    assert!(refused.starts_with("there is no commit on this branch yet"), "{refused}");
    assert!(refused.ends_with(&format!("git checkout {}", base.trim())), "{refused}");
}

#[test]
fn a_detached_head_a_shallow_clone_and_a_shared_one() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "second\n");
    world.commit(&at, "second");
    let url = format!("file://{}", at.display());
    for (name, arguments) in [
        ("shallow", &["--depth=1"][..]),
        ("shared", &["--shared"]),
        ("bare-ish", &["--separate-git-dir=elsewhere"]),
    ] {
        let to = world.path(name);
        let from = if name == "shallow" { url.as_str() } else { at.to_str().unwrap() };
        let clone = [&["clone", "-q"], arguments, &[from, to.to_str().unwrap()]].concat();
        world.run(world.place.path(), &clone);
        world.run(&to, &["checkout", "-q", "--detach"]);
        write(&to, "README", "third\n");
        write(&to, "new", "n");
        world.run(&to, &["add", "new"]);
        let target = world.clone_of(&at, &format!("{name}-target"));
        let bundle = world.round_trip_to(&to, &target);
        assert_eq!(bundle.manifest().contents.branch, None);
    }
}

#[test]
fn a_linked_worktree_is_a_worktree() {
    let world = World::new();
    let at = world.repository("source");
    let linked = world.path("linked");
    world.run(&at, &["worktree", "add", "-q", linked.to_str().unwrap()]);
    write(&linked, "README", "linked\n");
    world.run(&linked, &["add", "README"]);
    write(&linked, "new", "n");
    let before = all(&at.join(".git"));
    let other = world.path("other");
    let (_, draft) = world.draft(&linked);
    drop(draft);
    assert_eq!(all(&at.join(".git")), before);
    world.run(&at, &["worktree", "add", "-q", other.to_str().unwrap()]);
    world.round_trip_to(&linked, &other);
    assert_eq!(world.run(&at, &["status", "--porcelain"]), "");
}

#[test]
fn no_working_tree_and_not_the_top_are_refused() {
    let world = World::new();
    let bare = world.path("bare");
    std::fs::create_dir(&bare).unwrap();
    world.run(&bare, &["init", "-q", "--bare"]);
    let capture = |at: &std::path::Path| {
        Handover::create(at, false).unwrap().capture(&world.git, Limits::default(), &[]).map(drop)
    };
    assert!(matches!(capture(&bare), Err(BundleError::Bare(_))));
    let at = world.repository("source");
    assert!(matches!(capture(&at.join("dir")), Err(BundleError::NotTop(_))));
    assert!(matches!(capture(&at.join(".git")), Err(BundleError::NotTop(_))));
    let outside = world.path("outside");
    std::fs::create_dir(&outside).unwrap();
    assert!(matches!(capture(&outside), Err(BundleError::Git(_))));
}

/// A repository in the middle of a merge that has a conflict in README and took `other`.
fn merging(world: &World) -> std::path::PathBuf {
    let at = world.repository("source");
    world.run(&at, &["checkout", "-q", "-b", "side"]);
    write(&at, "README", "side\n");
    write(&at, "other", "from side\n");
    std::fs::remove_file(at.join("dir/a")).unwrap();
    world.commit(&at, "side");
    world.run(&at, &["checkout", "-q", "main"]);
    write(&at, "README", "main\n");
    write(&at, "dir/a", "main\n");
    world.commit(&at, "main");
    assert!(!world.try_run(&at, &["merge", "side"]));
    at
}

#[test]
fn in_the_middle_of_a_merge_the_files_are_carried_and_the_open_entries_named() {
    let world = World::new();
    let at = merging(&world);
    let (_, bundle) = world.capture(&at);
    let contents = &bundle.manifest().contents;
    assert_eq!(contents.in_progress, [Progress::Merge]);
    let named: Vec<_> = contents.not_carried.iter().map(|one| (one.path.to_string(), one.reason)).collect();
    assert_eq!(
        named,
        [("README".to_owned(), Reason::UnmergedIndexEntry), ("dir/a".to_owned(), Reason::UnmergedIndexEntry)]
    );
    let to = world.clone_of(&at, "clone");
    world.apply(&bundle, &to, PLAIN).unwrap();
    let (one, other) = (world.seen(&at), world.seen(&to));
    assert_eq!(one.files, other.files);
    assert!(one.files[std::ffi::OsStr::new("README")].1.starts_with(b"<<<<<<< "));
    assert_eq!(world.run(&to, &["diff", "--cached", "--name-only"]), "other\n");
    // And into the middle of something nothing is applied.
    assert!(matches!(refusal(world.apply(&bundle, &at, PLAIN)), Refusal::InProgress(Progress::Merge)));
}

#[test]
fn rebase_cherry_pick_revert_am_and_bisect_are_said() {
    let world = World::new();
    for (name, commands, progress) in [
        ("rebase", &[&["rebase", "-q", "side"][..]][..], Progress::Rebase),
        ("apply-rebase", &[&["rebase", "-q", "--apply", "side"]], Progress::Rebase),
        ("pick", &[&["cherry-pick", "side"]], Progress::CherryPick),
        ("revert", &[&["revert", "--no-edit", "main~1"]], Progress::Revert),
        ("bisect", &[&["bisect", "start"]], Progress::Bisect),
    ] {
        let at = world.repository(name);
        world.run(&at, &["checkout", "-q", "-b", "side"]);
        write(&at, "README", "side\n");
        world.commit(&at, "side");
        world.run(&at, &["checkout", "-q", "main"]);
        for text in ["main\n", "main again\n"] {
            write(&at, "README", text);
            world.commit(&at, text.trim());
        }
        for command in commands {
            world.try_run(&at, command);
        }
        let (_, draft) = world.draft(&at);
        assert_eq!(draft.contents().in_progress, [progress], "{name}");
    }
    let at = world.repository("am");
    let mail = "From 0 Mon Sep 17 00:00:00 2001\nFrom: a <a@b>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: x\n\n---\ndiff --git a/README b/README\n--- a/README\n+++ b/README\n@@ -1 +1 @@\n-nothing like it\n+x\n";
    std::fs::write(world.path("mail"), mail).unwrap();
    world.try_run(&at, &["am", world.path("mail").to_str().unwrap()]);
    let (_, draft) = world.draft(&at);
    assert_eq!(draft.contents().in_progress, [Progress::Am]);
}

#[test]
fn a_sparse_checkout_has_no_deletions() {
    let world = World::new();
    let at = world.repository("source");
    let clone = world.clone_of(&at, "clone");
    for cone in ["--cone", "--no-cone"] {
        world.run(&at, &["sparse-checkout", "set", cone, "dir/deep"]);
        if cone == "--cone" {
            world.run(&at, &["sparse-checkout", "reapply", "--sparse-index"]);
        }
        assert!(!at.join("dir/a").exists() || cone == "--cone");
        let (_, draft) = world.draft(&at);
        assert!(draft.is_empty(), "{:?}", draft.contents());
        drop(draft);
        write(&at, "dir/deep/c", "changed\n");
        write(&at, "dir/deep/d", "new\n");
        world.run(&at, &["add", "dir/deep/d"]);
        let before = all(&at.join(".git"));
        let (_, bundle) = world.capture(&at);
        let now = all(&at.join(".git"));
        for (path, file) in &now {
            assert!(before.get(path) == Some(file), "{path:?}");
        }
        assert_eq!(now.len(), before.len());
        let names: Vec<_> =
            bundle.manifest().contents.files.iter().map(|file| file.path.to_string()).collect();
        assert_eq!(names, ["dir/deep/c", "dir/deep/d"]);
        world.apply(&bundle, &clone, PLAIN).unwrap();
        assert_eq!(world.run(&clone, &["status", "--porcelain"]), " M dir/deep/c\nA  dir/deep/d\n");
        world.run(&clone, &["reset", "-q", "--hard"]);
        world.run(&at, &["reset", "-q", "--hard"]);
        std::fs::remove_dir_all(clone.join(".handover")).unwrap();
    }
    // What is not checked out here is not written behind git's back.
    write(&clone, "run.sh", "changed\n");
    let (_, bundle) = world.capture(&clone);
    let hidden = refusal(world.apply(&bundle, &at, PLAIN));
    assert!(matches!(&hidden, Refusal::Hidden(paths) if paths[0].to_string() == "run.sh"), "{hidden:?}");
}

#[test]
fn what_git_was_told_not_to_look_at_is_named_when_it_differs() {
    let world = World::new();
    let at = world.repository("source");
    world.run(&at, &["update-index", "--assume-unchanged", "README", "dir/a", "empty"]);
    world.run(&at, &["update-index", "--skip-worktree", "dir/b", "run.sh"]);
    write(&at, "README", "changed\n");
    write(&at, "dir/b", "changed\n");
    std::fs::remove_file(at.join("empty")).unwrap();
    let (_, draft) = world.draft(&at);
    let named: Vec<_> =
        draft.contents().not_carried.iter().map(|one| (one.path.to_string(), one.reason)).collect();
    assert_eq!(named, ["README", "dir/b", "empty"].map(|name| (name.to_owned(), Reason::HiddenFromGit)));
    assert_eq!(draft.contents().files, []);
}

#[test]
fn split_index_untracked_cache_and_index_versions_are_read() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    for at in [&at, &to] {
        world.run(at, &["config", "core.splitIndex", "true"]);
        world.run(at, &["update-index", "--split-index"]);
        world.run(at, &["update-index", "--index-version", "4"]);
        world.run(at, &["update-index", "--force-untracked-cache"]);
        write(at, "x", "x");
        world.run(at, &["add", "x"]);
        world.run(at, &["rm", "-q", "--cached", "x"]);
        std::fs::remove_file(at.join("x")).unwrap();
    }
    write(&at, "README", "changed\n");
    write(&at, "staged", "s\n");
    world.run(&at, &["add", "staged"]);
    let before = all(&at.join(".git"));
    let (_, draft) = world.draft(&at);
    drop(draft);
    assert_eq!(all(&at.join(".git")), before);
    world.round_trip_to(&at, &to);
}

#[test]
fn sha_256_repositories() {
    let world = World::new();
    let at = world.path("source");
    std::fs::create_dir(&at).unwrap();
    world.run(&at, &["init", "-q", "--object-format=sha256"]);
    write(&at, "a", "a\n");
    write(&at, "large", vec![b'x'; 2 << 20]);
    world.commit(&at, "first");
    let to = world.clone_of(&at, "clone");
    write(&at, "a", "b\n");
    write(&at, "large", vec![b'y'; 2 << 20]);
    write(&at, "new", [0, 1, 2]);
    world.run(&at, &["add", "new", "large"]);
    write(&at, "new", [0, 1, 2, 3]);
    let bundle = world.round_trip_to(&at, &to);
    let other = world.repository("sha1");
    assert!(matches!(refusal(world.apply(&bundle, &other, PLAIN)), Refusal::ObjectFormat { .. }));
}

#[test]
fn a_file_system_without_executable_bits_changes_no_mode() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    for at in [&at, &to] {
        world.run(at, &["config", "core.fileMode", "false"]);
    }
    crate::support::chmod(&at, "run.sh", 0o644);
    crate::support::chmod(&at, "README", 0o755);
    write(&at, "README", "changed\n");
    let (_, bundle) = world.capture(&at);
    let file = &bundle.manifest().contents.files[0];
    assert_eq!((file.mode.as_deref(), file.permissions.as_deref()), (Some("100644"), Some("755")));
    assert_eq!(bundle.manifest().contents.files.len(), 1);
    world.apply(&bundle, &to, PLAIN).unwrap();
    assert_eq!(world.seen(&at).status, world.seen(&to).status);
}

#[test]
fn a_repository_that_may_not_be_written_is_left_alone() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    let handover = Handover::create(&at, false).unwrap();
    crate::support::chmod(&at, ".handover", 0o500);
    if std::fs::write(at.join(".handover/x"), "").is_ok() {
        // Root may write everywhere.
        std::fs::remove_file(at.join(".handover/x")).unwrap();
        crate::support::chmod(&at, ".handover", 0o700);
        return;
    }
    let result = handover.capture(&world.git, Limits::default(), &[]);
    crate::support::chmod(&at, ".handover", 0o700);
    match result {
        Err(BundleError::File(error)) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_worktree_that_was_moved_within_its_repository_is_named_as_one() {
    let world = World::new();
    let at = world.repository("source");
    world.run(&at, &["worktree", "add", "-q", "inner"]);
    std::fs::rename(at.join("inner"), at.join("moved")).unwrap();
    world.repository("source/other");
    let named = || -> Vec<_> {
        let (_, draft) = world.draft(&at);
        draft.contents().not_carried.iter().map(|one| (one.path.to_string(), one.reason)).collect()
    };
    assert_eq!(
        named(),
        [("moved".to_owned(), Reason::MovedWorktree), ("other".to_owned(), Reason::NestedRepository)]
    );
    world.run(&at, &["worktree", "repair", "moved"]);
    assert_eq!(named(), [("other".to_owned(), Reason::NestedRepository)]);
}

#[test]
fn a_broken_index_is_named_with_the_command_that_makes_it_anew() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "README", "changed\n");
    write(&at, "new", "new\n");
    world.run(&at, &["add", "new"]);
    let index = at.join(".git/index");
    let whole = std::fs::read(&index).unwrap();
    // Cut within its header, an entry, and its checksum; and with a byte that is another one.
    let mut changed = whole.clone();
    changed[60] ^= 1;
    let cut = [0, 20, 60, whole.len() - 5].map(|length| whole[..length].to_vec());
    for broken in cut.into_iter().chain([changed]) {
        std::fs::write(&index, &broken).unwrap();
        let handover = Handover::create(&at, false).unwrap();
        match handover.capture(&world.git, Limits::default(), &[]) {
            // What git reads all the same is captured.
            Ok(_) => assert!(world.try_run(&at, &["status"]), "{} bytes", broken.len()),
            Err(error) => {
                let error = error.to_string();
                let top = at.display();
                let command = format!(": rm {} && git -C {top} reset", index.display());
                assert!(error.starts_with("git's index ") && error.ends_with(&command), "{error}");
            }
        }
    }
    std::fs::remove_file(&index).unwrap();
    world.run(&at, &["reset", "-q"]);
    let (_, draft) = world.draft(&at);
    assert_eq!(draft.contents().files.len(), 2);
}
