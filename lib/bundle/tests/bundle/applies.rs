//! When a bundle is applied, when it is refused, and what undo does.

use handoff_bundle::{BundleError, Handover, Refusal};

use crate::support::{ALLOW, ONTO, PLAIN, World, all, chmod, refusal, write};

/// A changed source, its bundle, and a clone.
fn prepared(world: &World) -> (std::path::PathBuf, handoff_bundle::Bundle, std::path::PathBuf) {
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    write(&at, "README", "one\ntwo\nTHREE\n");
    write(&at, "new/file", "n\n");
    write(&at, "staged", "s\n");
    std::fs::remove_file(at.join("dir/a")).unwrap();
    world.run(&at, &["add", "staged"]);
    let (_, bundle) = world.capture(&at);
    (at, bundle, to)
}

/// Whatever comes of it, the clone is as it was.
#[track_caller]
fn refused(
    world: &World,
    bundle: &handoff_bundle::Bundle,
    to: &std::path::Path,
    options: handoff_bundle::ApplyOptions,
) -> Refusal {
    let before = (world.seen(to), all(&to.join(".git")));
    let refusal = refusal(world.apply(bundle, to, options));
    assert_eq!((world.seen(to), all(&to.join(".git"))), before, "{refusal}");
    assert_eq!(leftovers(to), Vec::<String>::new());
    refusal
}

fn leftovers(to: &std::path::Path) -> Vec<String> {
    let undo = to.join(".handover/undo");
    let names =
        std::fs::read_dir(undo).map(|entries| entries.map(|entry| entry.unwrap().file_name()).collect());
    let names: Vec<_> = names.unwrap_or_default();
    names.into_iter().map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn a_dirty_worktree_is_refused_with_its_files() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    write(&to, "empty", "dirty");
    write(&to, "mine", "untracked");
    match refused(&world, &bundle, &to, PLAIN) {
        Refusal::Dirty(paths) => {
            assert_eq!(paths.iter().map(ToString::to_string).collect::<Vec<_>>(), ["empty", "mine"])
        }
        other => panic!("{other:?}"),
    }
    world.run(&to, &["add", "-A"]);
    assert!(matches!(refused(&world, &bundle, &to, PLAIN), Refusal::Dirty(_)));
}

#[test]
fn a_commit_that_changes_no_file_is_as_good_as_the_one_before_it() {
    let world = World::new();
    let (at, bundle, to) = prepared(&world);
    world.run(&to, &["commit", "--quiet", "--allow-empty", "--message", "a letter"]);
    let before = world.seen(&to);
    let applied = world.apply(&bundle, &to, PLAIN).unwrap();
    assert!(!applied.merged);
    let status = ["status", "--porcelain"];
    assert_eq!(world.run(&to, &status), world.run(&at, &status));
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.seen(&to), before);
}

#[test]
fn another_head_is_refused_and_merged_when_asked() {
    let world = World::new();
    let (at, bundle, to) = prepared(&world);
    write(&to, "README", "one\ntwo\n3\n");
    write(&to, "empty", "elsewhere\n");
    world.commit(&to, "elsewhere");
    let base = world.run(&at, &["rev-parse", "HEAD"]);
    match refused(&world, &bundle, &to, PLAIN) {
        Refusal::OtherHead { base: named, .. } => assert_eq!(named.as_deref(), Some(base.trim())),
        other => panic!("{other:?}"),
    }
    let before = world.seen(&to);
    // Both changed the same line.
    match refused(&world, &bundle, &to, ONTO) {
        refusal @ Refusal::Conflicts { .. } => {
            let wanted = format!("both sides (README); check out {}, on which", &base[..12]);
            assert!(refusal.to_string().contains(&wanted), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
    world.run(&to, &["reset", "-q", "--hard", "HEAD~1"]);
    write(&to, "empty", "elsewhere\n");
    write(&to, "binary", "elsewhere too");
    world.commit(&to, "elsewhere");
    let before = (before, world.seen(&to)).1;
    let applied = world.apply(&bundle, &to, ONTO).unwrap();
    assert!(applied.merged);
    assert_eq!(world.run(&to, &["status", "--porcelain"]), " M README\n D dir/a\nA  staged\n?? new/\n");
    assert_eq!(std::fs::read(to.join("README")).unwrap(), b"one\ntwo\nTHREE\n");
    assert_eq!(std::fs::read(to.join("empty")).unwrap(), b"elsewhere\n");
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.seen(&to), before);
}

#[test]
fn changes_in_one_file_are_merged_line_by_line() {
    let world = World::new();
    let at = world.repository("source");
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n{last}\n");
    write(&at, "lines", lines("1", "9"));
    world.commit(&at, "lines");
    let to = world.clone_of(&at, "clone");
    write(&at, "lines", lines("1", "nine"));
    world.run(&at, &["add", "lines"]);
    write(&at, "lines", lines("1", "nine and more"));
    chmod(&at, "lines", 0o600);
    let (_, bundle) = world.capture(&at);
    write(&to, "lines", lines("one", "9"));
    world.commit(&to, "elsewhere");
    world.apply(&bundle, &to, ONTO).unwrap();
    assert_eq!(std::fs::read_to_string(to.join("lines")).unwrap(), lines("one", "nine and more"));
    assert_eq!(world.run(&to, &["show", ":lines"]), lines("one", "nine"));
    world.run(&to, &["fsck"]);
}

#[test]
fn large_files_are_not_merged_but_taken_where_head_has_what_the_base_had() {
    let world = World::new();
    let at = world.repository("source");
    write(&at, "large", vec![1; 2 << 20]);
    world.commit(&at, "large");
    let (to, other) = (world.clone_of(&at, "clone"), world.clone_of(&at, "other"));
    write(&at, "large", vec![2; 2 << 20]);
    write(&at, "large-new", vec![3; 2 << 20]);
    world.run(&at, &["add", "large"]);
    let (_, bundle) = world.capture(&at);
    write(&to, "README", "elsewhere\n");
    world.commit(&to, "elsewhere");
    world.apply(&bundle, &to, ONTO).unwrap();
    assert_eq!(world.run(&to, &["status", "--porcelain"]), "M  large\n?? large-new\n");
    world.run(&to, &["fsck"]);
    write(&other, "large", vec![4; 2 << 20]);
    world.commit(&other, "elsewhere");
    assert!(
        matches!(refused(&world, &bundle, &other, ONTO), Refusal::Conflicts { paths, .. } if paths[0].to_string() == "large")
    );
}

#[test]
fn a_base_that_is_not_there_is_refused() {
    let world = World::new();
    let (at, _, to) = prepared(&world);
    world.commit(&at, "only here");
    write(&at, "README", "x");
    let (_, bundle) = world.capture(&at);
    for options in [PLAIN, ONTO] {
        assert!(matches!(refused(&world, &bundle, &to, options), Refusal::MissingBase(_)));
    }
}

#[test]
fn what_git_ignores_here_is_not_overwritten() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    std::fs::write(to.join(".git/info/exclude"), "new\n").unwrap();
    write(&to, "new/file", "mine");
    assert!(
        matches!(refused(&world, &bundle, &to, PLAIN), Refusal::InTheWay(paths) if paths[0].to_string() == "new/file")
    );
    std::fs::remove_dir_all(to.join("new")).unwrap();
    write(&to, "new", "a file where a directory has to be");
    assert!(matches!(refused(&world, &bundle, &to, PLAIN), Refusal::Through { what: "file", .. }));
}

#[test]
fn configuration_of_agents_and_shells_is_listed_first_and_needs_a_word() {
    let world = World::new();
    let at = world.repository("source");
    let to = world.clone_of(&at, "clone");
    write(&at, ".claude/settings.json", "{}");
    write(&at, "sub/AGENTS.md", "x");
    write(&at, "plain", "x");
    std::os::unix::fs::symlink("/etc/passwd", at.join("outside")).unwrap();
    let (_, bundle) = world.capture(&at);
    match refused(&world, &bundle, &to, PLAIN) {
        Refusal::Config(paths) => {
            let names: Vec<_> = paths.iter().map(ToString::to_string).collect();
            assert_eq!(names, [".claude/settings.json", "outside", "sub/AGENTS.md"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bundle.config_files().len(), 2);
    let (handover, id) = world.carry(&bundle, &to);
    let before = (world.seen(&to), all(&to.join(".git")));
    let preview =
        handover.check(&world.git, &world.keyring(), &world.trusted(&handover, &id), PLAIN).unwrap();
    assert_eq!((preview.config.len(), preview.written.len()), (3, 4));
    assert_eq!((world.seen(&to), all(&to.join(".git"))), before);
    world.apply(&bundle, &to, ALLOW).unwrap();
    world.same(&at, &to);
}

#[test]
fn a_locked_index_is_refused_and_the_lock_stays() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    let before = world.seen(&to);
    write(&to, ".git/index.lock", "another's");
    assert!(matches!(refusal(world.apply(&bundle, &to, PLAIN)), Refusal::IndexLocked(_)));
    assert_eq!(std::fs::read(to.join(".git/index.lock")).unwrap(), b"another's");
    std::fs::remove_file(to.join(".git/index.lock")).unwrap();
    assert_eq!(world.seen(&to), before);
    assert_eq!(leftovers(&to), Vec::<String>::new());
}

#[test]
fn undo_restores_every_byte_and_the_index_too() {
    let world = World::new();
    let (at, bundle, to) = prepared(&world);
    chmod(&to, "README", 0o640);
    let index = std::fs::read(to.join(".git/index")).unwrap();
    let before = world.seen(&to);
    world.apply(&bundle, &to, PLAIN).unwrap();
    world.same(&at, &to);
    // Git may write its index anew meanwhile.
    world.run(&to, &["status"]);
    let handover = Handover::open(&to).unwrap().unwrap();
    let undone = handover.undo(&world.git, &world.keyring()).unwrap();
    assert_eq!((undone.bundle.as_str(), undone.interrupted), (bundle.id().as_str(), false));
    assert_eq!(world.seen(&to), before);
    assert_eq!(std::fs::read(to.join(".git/index")).unwrap(), index);
    assert!(!to.join("new").exists());
    assert!(matches!(handover.undo(&world.git, &world.keyring()), Err(BundleError::NothingToUndo)));
}

#[test]
fn undo_does_not_overwrite_what_was_done_since() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    world.apply(&bundle, &to, PLAIN).unwrap();
    let handover = Handover::open(&to).unwrap().unwrap();
    write(&to, "README", "worked on\n");
    std::fs::remove_file(to.join("new/file")).unwrap();
    chmod(&to, "staged", 0o755);
    let before = world.seen(&to);
    match refusal(handover.undo(&world.git, &world.keyring())) {
        Refusal::ChangedSince(paths) => {
            // A file that was not there before the apply and is not there now is as it was.
            assert_eq!(paths.iter().map(ToString::to_string).collect::<Vec<_>>(), ["README", "staged"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.seen(&to), before);
    write(&to, "README", "one\ntwo\nTHREE\n");
    chmod(&to, "staged", 0o644);
    world.run(&to, &["add", "README"]);
    let refused = refusal(handover.undo(&world.git, &world.keyring()));
    assert!(matches!(refused, Refusal::IndexMoved("git restore --staged .")), "{refused}");
    world.run(&to, &["reset", "-q", "README"]);
    let head = world.run(&to, &["rev-parse", "HEAD"]);
    world.run(&to, &["commit", "-qm", "kept"]);
    let refused = refusal(handover.undo(&world.git, &world.keyring()));
    let wanted = format!("HEAD was {0} when the bundle was applied", &head[..12]);
    assert!(refused.to_string().starts_with(&wanted), "{refused}");
}

#[test]
fn the_ways_that_a_refused_undo_names_lead_there() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    let before = world.seen(&to);
    let handover = || Handover::open(&to).unwrap().unwrap();
    // Something else staged, and what came staged unstaged.
    world.apply(&bundle, &to, PLAIN).unwrap();
    write(&to, "mine", "mine\n");
    world.run(&to, &["add", "mine", "README"]);
    world.run(&to, &["reset", "-q", "staged"]);
    let refused = refusal(handover().undo(&world.git, &world.keyring()));
    assert!(refused.to_string().contains("`git restore --staged .`"), "{refused}");
    world.run(&to, &["restore", "--staged", "."]);
    assert_eq!(std::fs::read(to.join("mine")).unwrap(), b"mine\n");
    handover().undo(&world.git, &world.keyring()).unwrap();
    std::fs::remove_file(to.join("mine")).unwrap();
    assert_eq!(world.seen(&to), before);
    // Committed.
    world.apply(&bundle, &to, PLAIN).unwrap();
    world.run(&to, &["add", "--all"]);
    world.run(&to, &["commit", "-qm", "kept"]);
    let head = world.run(&to, &["rev-parse", "HEAD~1"]);
    let refused = refusal(handover().undo(&world.git, &world.keyring()));
    assert!(refused.to_string().contains(&format!("`git checkout {}`", &head[..12])), "{refused}");
    world.run(&to, &["checkout", "-q", &head[..12]]);
    handover().undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.run(&to, &["status", "--porcelain"]), "");
    assert_eq!(world.run(&to, &["show", "main:README"]), "one\ntwo\nTHREE\n");
}

#[test]
fn undo_leaves_what_the_user_put_beside_it() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    world.apply(&bundle, &to, PLAIN).unwrap();
    write(&to, "new/mine", "m");
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.run(&to, &["status", "--porcelain", "-uall"]), "?? new/mine\n");
}

#[test]
fn a_bundle_may_be_applied_where_it_was_made() {
    let world = World::new();
    let (at, bundle, _) = prepared(&world);
    let seen = world.seen(&at);
    world.run(&at, &["stash", "-q", "-u"]);
    world.apply(&bundle, &at, PLAIN).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.seen(&at), seen);
}

#[test]
fn several_bundles_one_after_the_other_and_the_last_is_undone() {
    let world = World::new();
    let (_, bundle, to) = prepared(&world);
    world.apply(&bundle, &to, PLAIN).unwrap();
    world.run(&to, &["stash", "-q", "-u"]);
    world.apply(&bundle, &to, PLAIN).unwrap();
    assert_eq!(leftovers(&to).len(), 1);
    Handover::open(&to).unwrap().unwrap().undo(&world.git, &world.keyring()).unwrap();
    assert_eq!(world.run(&to, &["status", "--porcelain"]), "");
}

#[test]
fn more_binary_content_than_git_is_given_at_once_comes_over() {
    let world = World::new();
    let at = world.repository("source");
    for n in 0..32 {
        write(&at, &format!("d/{n}"), vec![1; 1 << 20]);
    }
    world.commit(&at, "binary");
    let to = world.clone_of(&at, "clone");
    for n in 0..32 {
        let path = format!("d/{n}");
        match n % 4 {
            0 => std::fs::remove_file(at.join(&path)).unwrap(),
            // A directory where a file was, and a link.
            1 => {
                std::fs::remove_file(at.join(&path)).unwrap();
                write(&at, &format!("{path}/in"), vec![0; 1 << 20]);
            }
            2 => {
                std::fs::remove_file(at.join(&path)).unwrap();
                std::os::unix::fs::symlink("nowhere", at.join(&path)).unwrap();
            }
            _ => write(&at, &path, vec![2; 1 << 20]),
        }
    }
    for n in 32..62 {
        write(&at, &format!("a/{n}"), vec![0; 1 << 20]);
    }
    world.run(&at, &["add", "a", "d/1", "d/2"]);
    let (_, bundle) = world.capture(&at);
    world.apply(&bundle, &to, ALLOW).unwrap();
    world.same(&at, &to);
}
