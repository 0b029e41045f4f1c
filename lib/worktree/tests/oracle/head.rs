//! HEAD, against `git rev-parse`.

use std::fs;

use handoff_worktree::{Relation, Worktree};

use crate::{Oracle, words};

#[test]
fn head_is_the_branch_and_the_short_id() {
    let oracle = Oracle::committed();
    oracle.same_head();
    oracle.git(&["checkout", "-q", "-b", "feature/with-slash"]);
    oracle.commit("second");
    oracle.same_head();
}

#[test]
fn head_before_the_first_commit_is_a_branch_without_id() {
    let head = Oracle::empty();
    let branch = head.git(&["symbolic-ref", "--short", "HEAD"]);
    let head = head.repository().head();
    assert_eq!((head.branch, head.short), (Some(branch), None));
}

#[test]
fn a_detached_head_is_called_head() {
    let oracle = Oracle::committed();
    oracle.git(&["checkout", "-q", "--detach"]);
    oracle.same_head();
}

#[test]
fn the_short_id_is_as_long_as_the_repository_wants_it() {
    let oracle = Oracle::committed();
    for abbrev in ["12", "5", "40", "auto", "no"] {
        oracle.git(&["config", "core.abbrev", abbrev]);
        oracle.same_head();
    }
}

#[test]
fn the_short_id_grows_with_the_repository() {
    let oracle = Oracle::empty();
    oracle.import(12_000);
    oracle.same_head();
    oracle.git(&["commit", "-q", "--allow-empty", "-m", "loose"]);
    oracle.same_head();
}

#[test]
fn packed_refs_are_read() {
    let oracle = Oracle::committed();
    oracle.git(&["pack-refs", "--all"]);
    oracle.git(&["gc", "-q"]);
    assert!(!oracle.path(".git/refs/heads/main").exists());
    oracle.same_head();
}

#[test]
fn a_sha256_repository_is_read() {
    let oracle = Oracle::init(&["--object-format=sha256"]);
    let first = oracle.commit_file("a", "a\n");
    assert_eq!(first.len(), 64);
    oracle.commit_file("b", "b\n");
    oracle.same_head();
    assert_eq!(words(oracle.same_drift(&first)), "ahead 1 commit");
    oracle.write("a", "other\n");
    oracle.same_status(&[(" M", "a")]);
}

#[test]
fn a_reftable_repository_is_read() {
    let oracle = Oracle::init(&["--ref-format=reftable"]);
    let first = oracle.commit_file("a", "a\n");
    oracle.commit_file("b", "b\n");
    fs::create_dir(oracle.path("sub")).unwrap();
    let found = Worktree::find(&oracle.path("sub")).unwrap();
    assert_eq!(found.top(), oracle.dir);
    oracle.same_head();
    assert_eq!(words(oracle.same_drift(&first)), "ahead 1 commit");
    oracle.git(&["checkout", "-q", "-b", "topic/x", &first]);
    oracle.same_head();
    oracle.git(&["checkout", "-q", "--detach", "main"]);
    oracle.same_head();
    let linked = oracle.outside("linked");
    oracle.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    oracle.same_head_in(&linked);
    // What is uncommitted cannot be said, and nothing false is.
    oracle.write("a", "other\n");
    let changes = oracle.repository().changes();
    assert!(changes.as_ref().is_none_or(|changes| changes.len() == 1), "{changes:?}");
}

#[test]
fn a_reftable_repository_without_a_commit_has_a_branch() {
    let oracle = Oracle::init(&["--ref-format=reftable"]);
    let head = oracle.repository().head();
    assert_eq!((head.branch.as_deref(), head.short), (Some("main"), None));
}

#[test]
fn a_loose_commit_of_sha256_is_found_by_any_part_of_its_id() {
    let oracle = Oracle::init(&["--object-format=sha256"]);
    let first = oracle.commit_file("a", "a\n");
    oracle.commit_file("b", "b\n");
    for digits in [7, 12, 39, 40, 41, 63, 64] {
        assert_eq!(words(oracle.drift(&first[..digits]).relation), "ahead 1 commit", "{digits}");
    }
    oracle.git(&["gc", "-q"]);
    for digits in [7, 40, 64] {
        assert_eq!(words(oracle.drift(&first[..digits]).relation), "ahead 1 commit", "packed, {digits}");
    }
}

#[test]
fn a_corrupt_head_is_no_panic() {
    for content in ["", "\n", "garbage\n", "ref: \n", "ref: refs/heads/../../x\n", "\u{0}\u{1}", "abc123\n"] {
        let oracle = Oracle::committed();
        let id = oracle.id("HEAD");
        oracle.write(".git/HEAD", content);
        let found = Worktree::find(&oracle.dir).unwrap();
        assert_eq!(found.top(), oracle.dir, "{content:?}");
        found.worktrees();
        if let Some(repository) = found.repository() {
            assert_eq!(repository.head().short, None, "{content:?}");
            assert_eq!(repository.drift(&id, &[]), None, "{content:?}");
            repository.changes();
        }
    }
}

#[test]
fn a_head_whose_commit_is_missing_is_no_panic() {
    let oracle = Oracle::committed();
    let id = oracle.id("HEAD");
    let missing = "0123456789012345678901234567890123456789";
    for path in [".git/HEAD", ".git/refs/heads/main"] {
        oracle.write(path, &format!("{missing}\n"));
        let repository = oracle.repository();
        repository.head();
        assert_eq!(repository.changes(), None);
        let drift = repository.drift(&id, &[]).map(|drift| (drift.relation, drift.files));
        assert!(matches!(drift, None | Some((Relation::Unclear, None))), "{drift:?}");
        oracle.write(".git/HEAD", "ref: refs/heads/main\n");
    }
}
