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

mod changes;
mod drift;
mod finding;
mod head;

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
        self.fast_import(&stream);
        self.git(&["reset", "-q", "--hard"]);
    }

    fn fast_import(&self, stream: &str) {
        let mut child =
            self.command(&self.dir, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

fn repository(dir: &Path) -> Repository {
    Worktree::find(dir).unwrap().repository().unwrap()
}

fn worktrees(dir: &Path) -> Vec<PathBuf> {
    Worktree::find(dir).unwrap().worktrees()
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

/// The relation as a reader sees it.
fn words(relation: Relation) -> String {
    match relation {
        Relation::Ahead(ahead) => format!("ahead {ahead}"),
        Relation::Behind(behind) => format!("behind {behind}"),
        Relation::Diverged { ahead, behind } => format!("ahead {ahead}, behind {behind}"),
        other => format!("{other:?}"),
    }
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
