//! Which worktree a path belongs to, against `git rev-parse` and `git worktree`.

use std::fs;

use handoff_worktree::Worktree;
use tempfile::TempDir;

use crate::{Oracle, top, with_submodule, worktrees};

#[test]
fn the_top_and_its_subdirectories_are_one_worktree() {
    let oracle = Oracle::committed();
    oracle.write("x/y/z/file", "x\n");
    for path in ["", "d", "x/y/z", "x/../d", ".git", ".git/refs"] {
        assert_eq!(top(&oracle.path(path)), oracle.dir, "{path}");
    }
    assert_eq!(top(&oracle.dir).to_str().unwrap(), oracle.git(&["rev-parse", "--show-toplevel"]));
}

#[cfg(unix)]
#[test]
fn a_path_through_a_link_is_the_same_worktree() {
    let oracle = Oracle::committed();
    let link = oracle.outside("link");
    std::os::unix::fs::symlink(&oracle.dir, &link).unwrap();
    let into = oracle.outside("into");
    std::os::unix::fs::symlink(oracle.path("d"), &into).unwrap();
    for path in [link.clone(), link.join("d"), into] {
        assert_eq!(top(&path), oracle.dir);
    }
}

#[test]
fn a_linked_worktree_is_its_own_whatever_its_name() {
    let oracle = Oracle::committed();
    for name in ["linked", "with space", "x.git", "häuser", "-dash", "worktrees", "deep/er/one"] {
        let path = oracle.outside(name);
        oracle.git(&["worktree", "add", "-q", "--detach", path.to_str().unwrap()]);
        assert_eq!(top(&path), path);
        assert_eq!(top(&path.join("d")), path);
        oracle.same_head_in(&path);
    }
}

#[test]
fn a_submodule_is_its_own_worktree() {
    let oracle = with_submodule();
    oracle.write("sub/deep/x", "x\n");
    let sub = oracle.path("sub");
    assert_eq!(top(&sub), sub);
    assert_eq!(top(&sub.join("deep")), sub);
    assert_eq!(worktrees(&sub), std::slice::from_ref(&sub));
    oracle.same_head_in(&sub);
}

#[test]
fn a_bare_repository_is_its_directory() {
    let oracle = Oracle::committed();
    for name in ["bare.git", "bare"] {
        let bare = oracle.outside(name);
        oracle.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        assert_eq!(top(&bare), bare);
        assert_eq!(top(&bare.join("refs/heads")), bare);
    }
}

#[test]
fn outside_git_a_directory_is_itself() {
    let outer = TempDir::new().unwrap();
    let dir = outer.path().canonicalize().unwrap().join("plain");
    fs::create_dir_all(dir.join("sub/.git")).unwrap();
    for path in [dir.clone(), dir.join("sub")] {
        let found = Worktree::find(&path).unwrap();
        assert_eq!(found.top(), path);
        assert!(found.repository().is_none());
    }
}

#[test]
fn a_file_and_a_missing_directory_are_errors() {
    let oracle = Oracle::committed();
    assert!(Worktree::find(&oracle.path("a")).is_err());
    assert!(Worktree::find(&oracle.path("missing")).is_err());
}

#[test]
fn the_main_worktree_and_the_linked_ones_are_listed_from_each() {
    let oracle = Oracle::committed();
    let (one, two) = (oracle.outside("one"), oracle.outside("two"));
    for path in [&one, &two] {
        oracle.git(&["worktree", "add", "-q", path.to_str().unwrap()]);
    }
    let expected = vec![oracle.dir.clone(), one.clone(), two.clone()];
    for from in [&oracle.dir, &oracle.path("d"), &one, &two] {
        assert_eq!(worktrees(from), expected);
    }
    let common = |from: &std::path::Path| Worktree::find(from).unwrap().common_dir();
    assert!([&oracle.dir, &one, &two].iter().all(|from| common(from) == Some(oracle.path(".git"))));
    // As `worktree.useRelativePaths` has git write them.
    let named = oracle.path(".git/worktrees/two/gitdir");
    fs::write(&named, "../../../../two/.git\n").unwrap();
    assert_eq!(worktrees(&oracle.dir), expected);
    fs::write(&named, format!("{}/.git\n", two.display())).unwrap();
    fs::remove_dir_all(&one).unwrap();
    for from in [&oracle.dir, &two] {
        assert_eq!(worktrees(from), [oracle.dir.clone(), two.clone()]);
    }
}

#[test]
fn the_worktrees_of_a_bare_repository_are_the_linked_ones() {
    let oracle = Oracle::committed();
    let linked = oracle.outside("linked");
    for name in ["bare.git", "holder/.git"] {
        let bare = oracle.outside(name);
        oracle.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        oracle.git_in(&bare, &["worktree", "add", "-q", linked.to_str().unwrap()]);
        assert_eq!(worktrees(&linked), std::slice::from_ref(&linked), "{name}");
        assert_eq!(worktrees(&bare), std::slice::from_ref(&linked), "{name}");
        fs::remove_dir_all(&linked).unwrap();
    }
}
