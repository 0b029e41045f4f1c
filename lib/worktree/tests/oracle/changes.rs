//! What is uncommitted, against `git status`.

use std::fs;

use crate::{Oracle, repository, with_submodule};

#[test]
fn a_clean_worktree_has_no_changes() {
    Oracle::committed().same_status(&[]);
}

#[test]
fn a_file_touched_but_not_changed_is_no_change() {
    let oracle = Oracle::committed();
    let file = fs::File::options().append(true).open(oracle.path("a")).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    oracle.same_status(&[]);
}

#[test]
fn a_modified_file_is_one_change() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.same_status(&[(" M", "a")]);
}

#[test]
fn a_modification_of_the_same_size_right_after_the_commit_is_seen() {
    let oracle = Oracle::committed();
    let content = fs::read_to_string(oracle.path("a")).unwrap();
    oracle.write("a", &content.replace("second", "SECOND"));
    oracle.same_status(&[(" M", "a")]);
}

#[test]
fn a_staged_file_is_one_change() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.write("new", "new\n");
    oracle.git(&["add", "-A"]);
    oracle.same_status(&[("M ", "a"), ("A ", "new")]);
}

#[test]
fn a_file_staged_and_then_changed_is_one_change() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.write("new", "new\n");
    oracle.write("short", "short\n");
    oracle.git(&["add", "-A"]);
    oracle.write("a", "yet another\n");
    oracle.write("new", "newer\n");
    fs::remove_file(oracle.path("short")).unwrap();
    oracle.same_status(&[("MM", "a"), ("AM", "new"), ("AD", "short")]);
}

#[test]
fn a_file_staged_and_then_deleted_is_one_change() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.git(&["add", "a"]);
    fs::remove_file(oracle.path("a")).unwrap();
    oracle.same_status(&[("MD", "a")]);
}

#[test]
fn a_change_staged_and_undone_in_the_worktree_is_one_change() {
    let oracle = Oracle::committed();
    let content = fs::read_to_string(oracle.path("a")).unwrap();
    oracle.write("a", "other\n");
    oracle.git(&["add", "a"]);
    oracle.write("a", &content);
    oracle.same_status(&[("MM", "a")]);
}

#[test]
fn what_a_soft_reset_leaves_staged_is_seen_though_the_index_is_as_it_was() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.write("new", "new\n");
    oracle.git(&["add", "-A"]);
    oracle.git(&["commit", "-q", "-m", "more"]);
    oracle.same_status(&[]);
    oracle.git(&["reset", "-q", "--soft", "HEAD~1"]);
    oracle.same_status(&[("M ", "a"), ("A ", "new")]);
}

#[test]
fn what_is_staged_is_seen_where_the_index_knows_the_tree_that_it_would_make() {
    let oracle = Oracle::committed();
    oracle.write("d/c", "other\n");
    oracle.git(&["add", "d/c"]);
    oracle.git(&["write-tree"]);
    oracle.same_status(&[("M ", "d/c")]);
    oracle.write("d/c", "yet another\n");
    oracle.same_status(&[("MM", "d/c")]);
}

#[test]
fn a_file_that_is_to_be_added_is_seen_beside_a_whole_index() {
    let oracle = Oracle::committed();
    oracle.git(&["read-tree", "HEAD"]);
    oracle.write("later", "later\n");
    oracle.git(&["add", "--intent-to-add", "later"]);
    oracle.git(&["write-tree"]);
    oracle.same_status(&[(" A", "later")]);
}

#[test]
fn an_index_whose_sum_is_left_out_is_read() {
    let oracle = Oracle::committed();
    oracle.git(&["config", "index.skipHash", "true"]);
    oracle.write("a", "other\n");
    oracle.git(&["add", "a"]);
    oracle.same_status(&[("M ", "a")]);
}

#[test]
fn deleted_files_are_changes_staged_or_not() {
    let oracle = Oracle::committed();
    fs::remove_file(oracle.path("a")).unwrap();
    oracle.git(&["rm", "-q", "d/c"]);
    oracle.same_status(&[(" D", "a"), ("D ", "d/c")]);
}

#[test]
fn a_file_removed_from_the_index_only_is_two_changes() {
    let oracle = Oracle::committed();
    oracle.git(&["rm", "-q", "--cached", "a"]);
    oracle.same_status(&[("D ", "a"), ("??", "a")]);
}

#[test]
fn a_renamed_file_is_one_change() {
    let oracle = Oracle::committed();
    oracle.git(&["mv", "a", "z"]);
    oracle.same_status(&[("R ", "z")]);
}

#[test]
fn a_file_renamed_and_then_changed_is_one_change() {
    let oracle = Oracle::committed();
    oracle.git(&["mv", "a", "z"]);
    oracle.write("z", "other\n");
    oracle.same_status(&[("RM", "z")]);
}

#[test]
fn a_file_renamed_and_edited_before_staging_is_one_change() {
    let oracle = Oracle::committed();
    oracle.git(&["mv", "a", "z"]);
    let content = fs::read_to_string(oracle.path("z")).unwrap();
    oracle.write("z", &content.replace("fourth", "4th"));
    oracle.git(&["add", "-A"]);
    oracle.same_status(&[("R ", "z")]);
}

#[test]
fn renames_count_as_two_when_the_repository_turns_them_off() {
    let oracle = Oracle::committed();
    oracle.git(&["config", "status.renames", "false"]);
    oracle.git(&["mv", "a", "z"]);
    oracle.same_status(&[("D ", "a"), ("A ", "z")]);
}

#[test]
fn a_staged_copy_is_an_addition() {
    let oracle = Oracle::committed();
    fs::copy(oracle.path("a"), oracle.path("z")).unwrap();
    oracle.git(&["add", "-A"]);
    oracle.same_status(&[("A ", "z")]);
}

#[test]
fn a_file_moved_without_git_is_a_deletion_and_an_untracked_file() {
    let oracle = Oracle::committed();
    fs::rename(oracle.path("a"), oracle.path("z")).unwrap();
    oracle.same_status(&[(" D", "a"), ("??", "z")]);
}

#[cfg(unix)]
#[test]
fn a_changed_mode_is_a_change_unless_the_repository_ignores_modes() {
    use std::os::unix::fs::PermissionsExt as _;
    let oracle = Oracle::committed();
    fs::set_permissions(oracle.path("a"), fs::Permissions::from_mode(0o755)).unwrap();
    oracle.same_status(&[(" M", "a")]);
    oracle.git(&["config", "core.fileMode", "false"]);
    oracle.same_status(&[]);
}

#[cfg(unix)]
#[test]
fn a_file_that_became_a_link_has_changed_its_type() {
    let oracle = Oracle::committed();
    fs::remove_file(oracle.path("a")).unwrap();
    std::os::unix::fs::symlink("b", oracle.path("a")).unwrap();
    oracle.same_status(&[(" T", "a")]);
    oracle.git(&["add", "-A"]);
    oracle.same_status(&[("T ", "a")]);
}

#[test]
fn a_file_replaced_by_a_directory_is_a_deletion() {
    let oracle = Oracle::committed();
    fs::remove_file(oracle.path("a")).unwrap();
    oracle.write("a/inner", "x\n");
    oracle.same_status(&[(" D", "a")]);
}

#[test]
fn untracked_files_are_changes_and_an_untracked_directory_is_one() {
    let oracle = Oracle::committed();
    for path in ["new", "d/new", "e/one", "e/two", "e/f/three", "d.new", "name with space", "ünï"] {
        oracle.write(path, "x\n");
    }
    fs::create_dir(oracle.path("nothing")).unwrap();
    oracle.same_status(&[
        ("??", "d.new"),
        ("??", "d/new"),
        ("??", "e/"),
        ("??", "name with space"),
        ("??", "new"),
        ("??", "ünï"),
    ]);
}

#[test]
fn a_nested_repository_is_one_untracked_directory() {
    let oracle = Oracle::committed();
    oracle.write("nested/x", "x\n");
    oracle.git_in(&oracle.path("nested"), &["init", "-q"]);
    oracle.write("deep/er/x", "x\n");
    oracle.git_in(&oracle.path("deep/er"), &["init", "-q"]);
    oracle.git_in(&oracle.path("deep/er"), &["add", "x"]);
    oracle.git_in(&oracle.path("deep/er"), &["commit", "-q", "-m", "x"]);
    oracle.same_status(&[("??", "deep/"), ("??", "nested/")]);
    oracle.write("deep/beside", "x\n");
    oracle.same_status(&[("??", "deep/"), ("??", "nested/")]);
    oracle.git(&["config", "status.showUntrackedFiles", "all"]);
    oracle.same_status(&[("??", "deep/beside"), ("??", "deep/er/"), ("??", "nested/")]);
}

#[test]
fn a_file_meant_to_be_added_is_added_in_the_worktree() {
    let oracle = Oracle::committed();
    oracle.write("new", "new\n");
    oracle.git(&["add", "-N", "new"]);
    oracle.same_status(&[(" A", "new")]);
}

/// On `main`, with `ours` done there and `theirs` on another branch, and the merge of both begun.
fn conflict(ours: &[(&str, Option<&str>)], theirs: &[(&str, Option<&str>)]) -> Oracle {
    let oracle = Oracle::committed();
    let apply = |changes: &[(&str, Option<&str>)], message: &str| {
        for (path, content) in changes {
            match content {
                Some(content) => oracle.write(path, content),
                None => fs::remove_file(oracle.path(path)).unwrap(),
            }
        }
        oracle.commit(message);
    };
    oracle.git(&["checkout", "-q", "-b", "other"]);
    apply(theirs, "theirs");
    oracle.git(&["checkout", "-q", "main"]);
    apply(ours, "ours");
    assert!(!oracle.run(&oracle.dir, &["merge", "-q", "other"]).status.success());
    oracle
}

#[test]
fn a_conflict_is_one_change() {
    let oracle = conflict(&[("a", Some("ours\n"))], &[("a", Some("theirs\n")), ("new", Some("new\n"))]);
    oracle.same_status(&[("UU", "a"), ("A ", "new")]);
}

#[test]
fn every_kind_of_conflict_has_the_letters_that_git_gives_it() {
    let oracle = conflict(
        &[("a", None), ("b", Some("ours\n")), ("new", Some("ours\n"))],
        &[("a", Some("theirs\n")), ("b", None), ("new", Some("theirs\n"))],
    );
    oracle.same_status(&[("DU", "a"), ("UD", "b"), ("AA", "new")]);
}

#[test]
fn a_conflict_whose_file_is_gone_from_the_worktree_is_still_one() {
    let oracle = conflict(&[("a", Some("ours\n"))], &[("a", Some("theirs\n"))]);
    fs::remove_file(oracle.path("a")).unwrap();
    oracle.same_status(&[("UU", "a")]);
}

#[test]
fn before_the_first_commit_files_are_untracked_or_added() {
    let oracle = Oracle::empty();
    oracle.same_status(&[]);
    oracle.write("a", "a\n");
    oracle.write("b", "b\n");
    oracle.git(&["add", "a"]);
    oracle.same_status(&[("A ", "a"), ("??", "b")]);
}

#[test]
fn a_detached_head_has_changes_as_any() {
    let oracle = Oracle::committed();
    oracle.git(&["checkout", "-q", "--detach"]);
    oracle.write("a", "other\n");
    oracle.same_status(&[(" M", "a")]);
}

#[test]
fn a_clean_submodule_is_no_change() {
    with_submodule().same_status(&[]);
}

#[test]
fn a_submodule_that_is_not_checked_out_is_no_change() {
    let oracle = with_submodule();
    oracle.git(&["submodule", "--quiet", "deinit", "-f", "sub"]);
    oracle.same_status(&[]);
}

#[test]
fn a_submodule_with_changed_content_is_one_change() {
    let oracle = with_submodule();
    oracle.write("sub/x", "other\n");
    oracle.same_status(&[(" M", "sub")]);
}

#[test]
fn a_submodule_with_untracked_content_is_one_change() {
    let oracle = with_submodule();
    oracle.write("sub/y", "y\n");
    oracle.same_status(&[(" M", "sub")]);
}

#[test]
fn a_submodule_with_another_commit_is_one_change() {
    let oracle = with_submodule();
    oracle.git_in(&oracle.path("sub"), &["commit", "-q", "--allow-empty", "-m", "more"]);
    oracle.same_status(&[(" M", "sub")]);
    oracle.git(&["add", "sub"]);
    oracle.same_status(&[("M ", "sub")]);
}

#[test]
fn inside_a_submodule_the_changes_are_its_own() {
    let oracle = with_submodule();
    oracle.write("a", "other\n");
    oracle.write("sub/x", "other\n");
    oracle.write("sub/y", "y\n");
    oracle.same_status_in(&oracle.path("sub"), &[(" M", "x"), ("??", "y")]);
}

#[test]
fn from_a_subdirectory_all_changes_are_listed() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.write("d/c", "other\n");
    oracle.write("d/new", "new\n");
    oracle.write("new", "new\n");
    oracle.same_status_in(&oracle.path("d"), &[(" M", "a"), (" M", "d/c"), ("??", "d/new"), ("??", "new")]);
}

#[test]
fn the_repository_says_whether_untracked_files_are_listed() {
    let oracle = Oracle::committed();
    oracle.write("a", "other\n");
    oracle.write("e/one", "x\n");
    oracle.write("e/f/two", "x\n");
    oracle.git(&["config", "status.showUntrackedFiles", "no"]);
    oracle.same_status(&[(" M", "a")]);
    oracle.git(&["config", "status.showUntrackedFiles", "all"]);
    oracle.same_status(&[(" M", "a"), ("??", "e/f/two"), ("??", "e/one")]);
    oracle.git(&["config", "status.showUntrackedFiles", "normal"]);
    oracle.same_status(&[(" M", "a"), ("??", "e/")]);
}

#[test]
fn ignored_files_are_no_changes() {
    let oracle = Oracle::empty();
    oracle.write(".gitignore", "*.log\n!kept.log\n/target/\n");
    oracle.commit("ignore");
    for path in ["x.log", "kept.log", "target/x", "all/x.log", "some/x.log", "some/y", "deep/target/x"] {
        oracle.write(path, "x\n");
    }
    oracle.same_status(&[("??", "deep/"), ("??", "kept.log"), ("??", "some/")]);
}

#[test]
fn an_excludes_file_and_the_repository_s_own_excludes_count() {
    let oracle = Oracle::committed();
    let excludes = oracle.outside("excludes");
    fs::write(&excludes, "*.tmp\n").unwrap();
    oracle.git(&["config", "core.excludesFile", excludes.to_str().unwrap()]);
    oracle.write(".git/info/exclude", "*.own\n");
    for path in ["x.tmp", "x.own", "x.else"] {
        oracle.write(path, "x\n");
    }
    oracle.same_status(&[("??", "x.else")]);
}

#[test]
fn line_endings_that_git_converts_are_no_change() {
    let oracle = Oracle::committed();
    oracle.git(&["config", "core.autocrlf", "true"]);
    fs::remove_file(oracle.path("a")).unwrap();
    oracle.git(&["checkout", "-q", "a"]);
    assert!(fs::read_to_string(oracle.path("a")).unwrap().contains("\r\n"));
    let later = std::time::SystemTime::UNIX_EPOCH;
    fs::File::options().append(true).open(oracle.path("a")).unwrap().set_modified(later).unwrap();
    oracle.write("b", "b\r\nanother line\r\n");
    oracle.same_status(&[(" M", "b")]);
}

#[test]
fn files_left_out_of_a_sparse_checkout_are_no_changes() {
    let oracle = Oracle::committed();
    oracle.commit_file("e/x", "x\n");
    oracle.git(&["sparse-checkout", "set", "d"]);
    assert!(!oracle.path("e").exists());
    oracle.same_status(&[]);
    oracle.write("d/c", "other\n");
    oracle.write("d/new", "new\n");
    oracle.same_status(&[(" M", "d/c"), ("??", "d/new")]);
}

#[test]
fn the_changes_of_a_sparse_index_are_git_s_or_unknown() {
    let oracle = Oracle::committed();
    oracle.commit_file("e/x", "x\n");
    oracle.git(&["sparse-checkout", "set", "--sparse-index", "d"]);
    oracle.write("d/c", "other\n");
    if repository(&oracle.dir).changes().is_some() {
        oracle.same_status(&[(" M", "d/c")]);
    }
    oracle.same_head();
}

#[test]
fn a_linked_worktree_has_its_own_changes() {
    let oracle = Oracle::committed();
    let linked = oracle.outside("linked");
    oracle.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    fs::write(linked.join("a"), "other\n").unwrap();
    fs::write(linked.join("new"), "new\n").unwrap();
    oracle.same_status(&[]);
    oracle.same_status_in(&linked, &[(" M", "a"), ("??", "new")]);
}

#[test]
fn a_linked_worktree_inside_the_main_one_is_listed_as_git_lists_it() {
    let oracle = Oracle::committed();
    oracle.git(&["worktree", "add", "-q", "inside/linked"]);
    oracle.same_status(&[("??", "inside/")]);
}

#[test]
fn files_assumed_unchanged_are_no_changes() {
    let oracle = Oracle::committed();
    oracle.git(&["update-index", "--assume-unchanged", "a"]);
    oracle.git(&["update-index", "--skip-worktree", "b"]);
    oracle.write("a", "other\n");
    oracle.write("b", "other\n");
    oracle.same_status(&[]);
}

#[test]
fn a_bare_repository_has_no_changes_to_speak_of() {
    let oracle = Oracle::committed();
    let bare = oracle.outside("bare.git");
    oracle.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    assert_eq!(repository(&bare).changes(), None);
    oracle.same_head_in(&bare);
}
