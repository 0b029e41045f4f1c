//! What git itself says is what this crate has to say.
#![cfg(feature = "status")]
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up repositories by hand"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use handoff_worktree::{Drift, Relation, Repository, Worktree};
use tempfile::TempDir;

/// A directory with a home of its own, and a repository in it.
struct Oracle {
    outer: TempDir,
    dir: PathBuf,
}

impl Oracle {
    fn empty() -> Self {
        Self::init(&[])
    }

    fn init(options: &[&str]) -> Self {
        let outer = TempDir::new().unwrap();
        fs::create_dir(outer.path().join("home")).unwrap();
        let dir = outer.path().canonicalize().unwrap().join("repo");
        fs::create_dir(&dir).unwrap();
        let oracle = Self { outer, dir };
        let args: Vec<&str> = ["init", "-q", "-b", "main"].iter().chain(options).copied().collect();
        oracle.git(&args);
        oracle
    }

    /// With `a`, `b` and `d/c` committed.
    fn committed() -> Self {
        let oracle = Self::empty();
        for path in ["a", "b", "d/c"] {
            oracle.write(path, &format!("{path}\nsecond line\nthird line\nfourth line\n"));
        }
        oracle.commit("first");
        oracle
    }

    fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.env_clear().current_dir(dir);
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.outer.path().join("home")).env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
        command.args(["-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false"]);
        command.args(args);
        command
    }

    fn run(&self, dir: &Path, args: &[&str]) -> Output {
        self.command(dir, args).output().unwrap()
    }

    fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let output = self.run(dir, args);
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.dir, args)
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.outer.path().canonicalize().unwrap().join(name)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.id("HEAD")
    }

    fn commit_file(&self, path: &str, content: &str) -> String {
        self.write(path, content);
        self.commit(path)
    }

    fn id(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])
    }

    fn repository(&self) -> Repository {
        repository(&self.dir)
    }

    fn drift(&self, id: &str) -> Drift {
        self.repository().drift(id, &[]).unwrap()
    }

    /// The changes are those of `git status`, in its order; and these codes are among them.
    fn same_status(&self, expected: &[(&str, &str)]) {
        self.same_status_in(&self.dir, expected);
    }

    fn same_status_in(&self, dir: &Path, expected: &[(&str, &str)]) {
        // Ours first: git's own refreshes the index and would take work away from it.
        let changes = repository(dir).changes().unwrap();
        let ours: Vec<(String, String)> =
            changes.into_iter().map(|change| (change.code.iter().collect(), change.path)).collect();
        let lines = self.git_in(dir, &["status", "--porcelain"]).lines().count();
        assert_eq!(ours.len(), lines, "{ours:?}");
        let status = self.git_in(dir, &["status", "--porcelain", "-z"]);
        let mut fields = status.split_terminator('\0');
        let mut theirs = Vec::new();
        while let Some(field) = fields.next() {
            let (code, path) = field.split_at(2);
            if code.contains(['R', 'C']) {
                fields.next();
            }
            theirs.push((code.to_owned(), path[1..].to_owned()));
        }
        assert_eq!(ours, theirs);
        let expected: Vec<(String, String)> =
            expected.iter().map(|(code, path)| ((*code).to_owned(), (*path).to_owned())).collect();
        assert_eq!(theirs, expected, "the state is not the one that the test is about");
    }

    fn same_head(&self) {
        self.same_head_in(&self.dir);
    }

    fn same_head_in(&self, dir: &Path) {
        let head = repository(dir).head();
        assert_eq!(head.branch.unwrap(), self.git_in(dir, &["rev-parse", "--abbrev-ref", "HEAD"]));
        assert_eq!(head.short.unwrap(), self.git_in(dir, &["rev-parse", "--short", "HEAD"]));
    }

    /// The numbers are those of `git rev-list`, the files those of `git diff`.
    fn same_drift(&self, id: &str) -> Relation {
        let drift = self.drift(id);
        let counts = self.git(&["rev-list", "--left-right", "--count", &format!("{id}...HEAD")]);
        let (behind, ahead) = counts.split_once('\t').unwrap();
        let theirs = (ahead.parse().unwrap(), behind.parse().unwrap());
        assert_eq!(numbers(drift.relation), theirs, "{:?}", drift.relation);
        assert_eq!(self.repository().relation_to(id), Some(drift.relation));
        if drift.relation != Relation::Same {
            let files = drift.files.unwrap();
            assert_eq!(files.changed, self.diff(id, &[]));
            assert_eq!(files.of, None);
        }
        drift.relation
    }

    fn diff(&self, id: &str, paths: &[&str]) -> Vec<String> {
        let args: Vec<&str> = ["-c", "diff.renames=false", "diff", "--name-only", id, "HEAD", "--"]
            .iter()
            .chain(paths)
            .copied()
            .collect();
        self.git(&args).lines().map(str::to_owned).collect()
    }

    fn import(&self, commits: usize) {
        let mut stream = String::new();
        for number in 0..commits {
            let date = 1_700_000_000 + number;
            let content = number.to_string();
            let length = content.len();
            write!(
                stream,
                "commit refs/heads/main\ncommitter t <t@example.com> {date} +0000\ndata 1\nx\n\
                 M 100644 inline f{}\ndata {length}\n{content}\n",
                number % 7
            )
            .unwrap();
        }
        let mut child =
            self.command(&self.dir, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.git(&["reset", "-q", "--hard"]);
    }
}

fn repository(dir: &Path) -> Repository {
    Worktree::find(dir).unwrap().repository().unwrap()
}

fn top(dir: &Path) -> PathBuf {
    Worktree::find(dir).unwrap().top().to_owned()
}

/// Commits ahead and behind.
fn numbers(relation: Relation) -> (usize, usize) {
    match relation {
        Relation::Same => (0, 0),
        Relation::Ahead(ahead) => (ahead.number(), 0),
        Relation::Behind(behind) => (0, behind.number()),
        Relation::Diverged { ahead, behind } => (ahead.number(), behind.number()),
        Relation::Gone | Relation::Unclear => panic!("{relation:?}"),
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

// Changes

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

fn with_submodule() -> Oracle {
    let oracle = Oracle::committed();
    let library = oracle.outside("library");
    fs::create_dir(&library).unwrap();
    oracle.git_in(&library, &["init", "-q", "-b", "main"]);
    fs::write(library.join("x"), "x\n").unwrap();
    oracle.git_in(&library, &["add", "x"]);
    oracle.git_in(&library, &["commit", "-q", "-m", "x"]);
    oracle.git(&["submodule", "--quiet", "add", library.to_str().unwrap(), "sub"]);
    oracle.commit("submodule");
    oracle
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

// HEAD

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
    assert_eq!(oracle.same_drift(&first).to_string_of(), "ahead 1 commit");
    oracle.write("a", "other\n");
    oracle.same_status(&[(" M", "a")]);
}

#[test]
fn a_reftable_repository_is_found_and_nothing_false_is_said_of_it() {
    let oracle = Oracle::init(&["--ref-format=reftable"]);
    let first = oracle.commit_file("a", "a\n");
    oracle.commit_file("b", "b\n");
    fs::create_dir(oracle.path("sub")).unwrap();
    let found = Worktree::find(&oracle.path("sub")).unwrap();
    assert_eq!(found.top(), oracle.dir);
    let Some(repository) = found.repository() else { return };
    let head = repository.head();
    assert!(head.branch.is_none() || head.branch.as_deref() == Some("main"), "{head:?}");
    assert!(head.short.is_none() || head.short == Some(oracle.git(&["rev-parse", "--short", "HEAD"])));
    let drift = repository.drift(&first, &[]).map(|drift| drift.relation);
    assert!(matches!(drift, None | Some(Relation::Unclear | Relation::Ahead(_))), "{drift:?}");
    let changes = repository.changes();
    assert!(changes.as_ref().is_none_or(Vec::is_empty), "{changes:?}");
}

#[test]
fn a_corrupt_head_is_no_panic() {
    for content in ["", "\n", "garbage\n", "ref: \n", "ref: refs/heads/../../x\n", "\u{0}\u{1}", "abc123\n"] {
        let oracle = Oracle::committed();
        let id = oracle.id("HEAD");
        oracle.write(".git/HEAD", content);
        let found = Worktree::find(&oracle.dir).unwrap();
        assert_eq!(found.top(), oracle.dir, "{content:?}");
        if let Some(repository) = found.repository() {
            assert_eq!(repository.head().short, None, "{content:?}");
            assert_eq!(repository.drift(&id, &[]), None, "{content:?}");
            repository.changes();
            repository.worktrees();
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

// Drift

trait Words {
    fn to_string_of(&self) -> String;
}

impl Words for Relation {
    fn to_string_of(&self) -> String {
        match self {
            Self::Ahead(ahead) => format!("ahead {ahead}"),
            Self::Behind(behind) => format!("behind {behind}"),
            Self::Diverged { ahead, behind } => format!("ahead {ahead}, behind {behind}"),
            other => format!("{other:?}"),
        }
    }
}

#[test]
fn the_same_commit_is_the_same_short_full_and_in_capitals() {
    let oracle = Oracle::committed();
    let id = oracle.id("HEAD");
    for id in [id.clone(), id.to_uppercase(), id[..7].to_owned(), id[..4].to_uppercase()] {
        let drift = oracle.drift(&id);
        assert_eq!((drift.relation, drift.files), (Relation::Same, None));
    }
}

#[test]
fn in_linear_history_head_is_ahead_or_behind() {
    let oracle = Oracle::committed();
    let ids: Vec<String> = (0..5).map(|n| oracle.commit_file(&format!("f{n}"), "x\n")).collect();
    for id in &ids {
        oracle.same_drift(id);
        oracle.same_drift(&id[..7]);
        oracle.same_drift(&id.to_uppercase());
    }
    assert_eq!(oracle.same_drift(&ids[0]).to_string_of(), "ahead 4 commits");
    oracle.git(&["reset", "-q", "--hard", &ids[1]]);
    for id in &ids {
        oracle.same_drift(id);
    }
    assert_eq!(oracle.same_drift(&ids[2]).to_string_of(), "behind 1 commit");
}

#[test]
fn in_merged_history_commits_are_counted_as_git_counts_them() {
    let oracle = Oracle::committed();
    let mut ids = vec![oracle.id("HEAD")];
    for round in 0..3 {
        oracle.git(&["checkout", "-q", "-b", &format!("topic{round}")]);
        ids.push(oracle.commit_file(&format!("t{round}"), "x\n"));
        ids.push(oracle.commit_file(&format!("t{round}b"), "x\n"));
        oracle.git(&["checkout", "-q", "main"]);
        ids.push(oracle.commit_file(&format!("m{round}"), "x\n"));
        oracle.git(&["merge", "-q", "--no-ff", "-m", "merge", &format!("topic{round}")]);
        ids.push(oracle.id("HEAD"));
    }
    for head in &ids {
        oracle.git(&["checkout", "-q", head]);
        for id in &ids {
            oracle.same_drift(id);
        }
    }
}

#[test]
fn clocks_that_ran_backwards_do_not_change_the_count() {
    let oracle = Oracle::committed();
    let tree = oracle.id("HEAD^{tree}");
    let mut ids: Vec<String> = Vec::new();
    let mut add = |date: u32, parents: &[usize]| {
        let mut args = vec!["commit-tree".to_owned(), tree.clone(), "-m".to_owned(), ids.len().to_string()];
        for parent in parents {
            args.extend(["-p".to_owned(), ids[*parent].clone()]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = oracle.command(&oracle.dir, &args);
        command.env("GIT_COMMITTER_DATE", format!("{} +0000", 1_700_000_000 + date));
        let output = command.output().unwrap();
        assert!(output.status.success());
        ids.push(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    };
    add(900, &[]);
    add(100, &[0]);
    add(800, &[1]);
    add(50, &[2]);
    add(700, &[0]);
    add(10, &[4]);
    add(990, &[3, 5]);
    add(1, &[2, 4]);
    for head in &ids {
        oracle.git(&["update-ref", "--no-deref", "HEAD", head]);
        for id in &ids {
            oracle.same_drift(id);
        }
    }
}

#[test]
fn unrelated_histories_have_diverged() {
    let oracle = Oracle::committed();
    let main = oracle.commit_file("more", "x\n");
    oracle.git(&["checkout", "-q", "--orphan", "other"]);
    oracle.commit_file("else", "x\n");
    assert_eq!(oracle.same_drift(&main).to_string_of(), "ahead 1 commit, behind 2 commits");
}

#[test]
fn a_commit_that_is_not_here_is_gone() {
    let oracle = Oracle::committed();
    for id in ["0123456789012345678901234567890123456789", "0123456789", &"0123".repeat(16)] {
        let drift = oracle.drift(id);
        assert_eq!((drift.relation, drift.files), (Relation::Gone, None), "{id}");
    }
}

#[test]
fn a_file_s_or_tree_s_id_is_no_commit() {
    let oracle = Oracle::committed();
    for object in ["HEAD:a", "HEAD^{tree}"] {
        assert_eq!(oracle.drift(&oracle.id(object)).relation, Relation::Gone);
    }
}

#[test]
fn what_is_no_id_has_no_drift() {
    let oracle = Oracle::committed();
    for id in ["unknown", "zzzz", "", "abc", "HEAD", "main", "deadbeef^", &"a".repeat(65), "ééé"] {
        assert_eq!(oracle.repository().drift(id, &[]), None, "{id}");
    }
    let unborn = Oracle::empty();
    assert_eq!(unborn.repository().drift(&oracle.id("HEAD"), &[]), None);
}

#[test]
fn of_the_touched_files_those_that_git_says_differ_are_listed() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    oracle.write("a", "other\n");
    oracle.write("new", "new\n");
    oracle.write("d/deep/new", "new\n");
    fs::remove_file(oracle.path("b")).unwrap();
    oracle.commit("second");
    oracle.write("d/c", "only in the worktree\n");
    for touched in [
        &["a"][..],
        &["d/c"],
        &["a", "b", "d/c", "new"],
        &["d/deep/new", "never/was"],
        &["d"],
        &["never"],
        &["a/b/c"],
    ] {
        let files = oracle.repository().drift(&then, &strings(touched)).unwrap().files.unwrap();
        assert_eq!(files.of, Some(touched.len()));
        if touched == ["d"] {
            assert_eq!(files.changed, ["d"]);
        } else {
            assert_eq!(files.changed, oracle.diff(&then, touched), "{touched:?}");
        }
    }
}

#[test]
fn touched_files_that_are_no_paths_from_the_top_are_no_panic() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    oracle.commit_file("a", "other\n");
    let touched = strings(&["", "/", ".", "..", "../a", "/a", "b/", "\u{0}", "d//c"]);
    let files = oracle.repository().drift(&then, &touched).unwrap().files.unwrap();
    assert_eq!(files.of, Some(touched.len()));
}

#[test]
fn without_touched_files_all_that_git_says_differ_are_listed() {
    let oracle = Oracle::committed();
    for path in ["d.x", "d/e/f", "d0", "moved/one", "moved/two"] {
        oracle.write(path, &format!("{path}\n"));
    }
    let then = oracle.commit("more");
    oracle.git(&["mv", "moved", "elsewhere"]);
    oracle.write("d.x", "other\n");
    oracle.write("d/e/f", "other\n");
    oracle.write("d0", "other\n");
    fs::remove_file(oracle.path("b")).unwrap();
    oracle.write("b/now/directory", "x\n");
    oracle.commit("second");
    oracle.same_drift(&then);
    assert_eq!(oracle.drift(&then).files.unwrap().changed.len(), 9);
    // And the other way round: a directory that became a file.
    let now = oracle.id("HEAD");
    oracle.git(&["reset", "-q", "--hard", &then]);
    oracle.same_drift(&now);
}

#[test]
fn more_than_a_thousand_commits_are_not_counted_out() {
    let oracle = Oracle::empty();
    oracle.import(1_102);
    let head = oracle.id("HEAD");
    assert_eq!(oracle.drift(&oracle.id("HEAD~1101")).relation.to_string_of(), "ahead over 1000 commits");
    assert_eq!(oracle.drift(&oracle.id("HEAD~1001")).relation.to_string_of(), "ahead over 1000 commits");
    assert_eq!(oracle.same_drift(&oracle.id("HEAD~1000")).to_string_of(), "ahead 1000 commits");
    oracle.git(&["reset", "-q", "--hard", "HEAD~1001"]);
    assert_eq!(oracle.drift(&head).relation.to_string_of(), "behind over 1000 commits");
}

/// A clone of `commits` commits' depth.
fn shallow(oracle: &Oracle, depth: &str) -> PathBuf {
    let clone = oracle.outside("shallow");
    let from = format!("file://{}", oracle.dir.display());
    oracle.git(&["clone", "-q", "--depth", depth, &from, clone.to_str().unwrap()]);
    clone
}

#[test]
fn in_a_shallow_clone_a_commit_beyond_its_depth_is_gone() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    oracle.commit_file("new", "x\n");
    let clone = shallow(&oracle, "1");
    assert_eq!(repository(&clone).relation_to(&then), Some(Relation::Gone));
    oracle.same_head_in(&clone);
    oracle.same_status_in(&clone, &[]);
}

#[test]
fn in_a_shallow_clone_what_lies_within_its_depth_is_counted() {
    let oracle = Oracle::committed();
    for n in 0..5 {
        oracle.commit_file("new", &n.to_string());
    }
    let clone = shallow(&oracle, "3");
    let relation = repository(&clone).relation_to(&oracle.id("HEAD~2")).unwrap();
    assert_eq!(relation.to_string_of(), "ahead 2 commits");
}

#[test]
fn in_a_shallow_clone_history_with_a_gap_is_unclear() {
    let oracle = Oracle::committed();
    let then = oracle.id("HEAD");
    for n in 0..5 {
        oracle.commit_file("new", &n.to_string());
    }
    let clone = shallow(&oracle, "1");
    oracle.git_in(&clone, &["fetch", "-q", "--depth", "1", "origin", &then]);
    let drift = repository(&clone).drift(&then, &[]).unwrap();
    assert_eq!(drift.relation, Relation::Unclear);
    assert_eq!(drift.files.unwrap().changed, ["new"]);
    let here = oracle.git_in(&clone, &["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "more"]);
    oracle.git_in(&clone, &["reset", "-q", "--hard", &here]);
    assert_eq!(repository(&clone).relation_to(&then), Some(Relation::Unclear));
}

// Finding

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
    assert_eq!(repository(&sub).worktrees(), std::slice::from_ref(&sub));
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
        assert_eq!(repository(from).worktrees(), expected);
    }
    fs::remove_dir_all(&one).unwrap();
    for from in [&oracle.dir, &two] {
        assert_eq!(repository(from).worktrees(), [oracle.dir.clone(), two.clone()]);
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
        assert_eq!(repository(&linked).worktrees(), std::slice::from_ref(&linked), "{name}");
        assert_eq!(repository(&bare).worktrees(), std::slice::from_ref(&linked), "{name}");
        fs::remove_dir_all(&linked).unwrap();
    }
}
