//! A world for one test.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::programs::program;
use crate::ran::Ran;

/// A HOME, a store and repositories that exist for one test only.
#[derive(Debug)]
pub struct World {
    /// Kept for its end: then everything is removed.
    _dir: TempDir,
    top: PathBuf,
    home: PathBuf,
    /// Where programs are looked for.
    path: OsString,
}

impl World {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it makes directories")]
    pub fn new() -> Self {
        Self::with_home("home")
    }

    /// An empty one, whose HOME is `name` in it.
    pub fn with_home(name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let home = top.join(name);
        std::fs::create_dir(&home).unwrap();
        Self { _dir: dir, top, home, path: std::env::var_os("PATH").unwrap_or_default() }
    }

    /// Has programs be looked for in `dir` first.
    pub fn put_first(&mut self, dir: &Path) {
        let rest = std::env::split_paths(&self.path);
        self.path = std::env::join_paths(std::iter::once(dir.to_owned()).chain(rest)).unwrap();
    }

    /// Has the shell script `text` be run as the program `name` from now on.
    pub fn wrap(&mut self, name: &str, text: &str) {
        let (script, bin) = (self.path(format!("{name}.sh")), self.path("bin"));
        std::fs::write(&script, text).unwrap();
        // As in `take`, another process writes what is run.
        let mut install = self.bare_command("install");
        install.args(["-D", "-m", "755"]).arg(&script).arg(bin.join(name));
        assert!(install.status().unwrap().success(), "{name} is put into {}", bin.display());
        self.put_first(&bin);
    }

    /// Its HOME.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The directory that everything of it is in, without links.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The store's root. Nobody has made it yet.
    pub fn root(&self) -> PathBuf {
        self.home.join(".agent-handoffs")
    }

    /// A path in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.top.join(name)
    }

    /// A new directory in it.
    pub fn dir(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// A new repository in it, on `main`, with one commit of `src/a.rs` and `src/b.rs`.
    pub fn repo(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.dir(name);
        self.git(&path, &["init", "--quiet", "--initial-branch=main"]);
        self.dir(path.join("src"));
        std::fs::write(path.join("src/a.rs"), "a\n").unwrap();
        std::fs::write(path.join("src/b.rs"), "b\n").unwrap();
        self.commit(&path, "first");
        path
    }

    /// Commits everything in `repo`.
    pub fn commit(&self, repo: &Path, message: &str) {
        self.git(repo, &["add", "--all"]);
        self.git(repo, &["commit", "--quiet", "--message", message]);
    }

    /// Runs git, which must succeed, and gives its output without the last line end.
    #[track_caller]
    pub fn git(&self, dir: &Path, args: &[&str]) -> String {
        let identity =
            ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
        let mut git = self.bare_command("git");
        let output = git.current_dir(dir).args(identity).args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    /// A command with this world's environment and nothing else; standard input is empty.
    pub fn bare_command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        command.env("PATH", &self.path);
        command.env("HOME", &self.home);
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.stdin(Stdio::null());
        command
    }

    /// One of our programs in `dir`.
    pub fn command(&self, name: &str, dir: &Path) -> Command {
        let mut command = self.bare_command(program(name));
        command.current_dir(dir);
        command
    }

    /// Runs one of our programs in `dir` with `input` on standard input.
    pub fn run(&self, name: &str, dir: &Path, args: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut command = self.command(name, dir);
        command.args(args);
        feed(command, input.as_ref())
    }

    /// Writes a handoff from `dir` that must be accepted; gives the file's path.
    #[track_caller]
    pub fn write(&self, dir: &Path, args: &[&str], body: impl AsRef<[u8]>) -> PathBuf {
        let ran = self.run("handoff-write", dir, args, body);
        assert_eq!(ran.code, 0, "{}", ran.err());
        let path = ran.out().lines().find_map(|line| line.strip_prefix("path:")).expect("a path line");
        PathBuf::from(path.trim())
    }

    /// Runs the hook as a host does at the start of the session `session` in `dir`, and gives what it printed.
    pub fn start(&self, dir: &Path, session: &str, source: &str) -> Ran {
        let (event, transcript) = ("SessionStart", self.transcript(session));
        let payload = serde_json::json!({
            "session_id": session, "transcript_path": transcript, "cwd": dir, "hook_event_name": event, "source": source,
        });
        self.run("session-start", dir, &[], payload.to_string())
    }

    /// Where Claude Code keeps the transcript of `session`.
    pub fn transcript(&self, session: &str) -> PathBuf {
        self.home.join(".claude/projects/x").join(format!("{session}.jsonl"))
    }

    /// What a new session in `dir` is told, as text.
    #[track_caller]
    pub fn surface(&self, dir: &Path) -> String {
        let ran = self.run("session-start", dir, &["--format", "plain"], "");
        assert_eq!((ran.code, ran.err()), (0, ""));
        ran.out().to_owned()
    }

    /// What an agent in `dir` is given that asks for it, as text. That is archived.
    #[track_caller]
    pub fn take(&self, dir: &Path) -> String {
        let ran = self.run("inbox", dir, &["read"], "");
        assert_eq!((ran.code, ran.err()), (0, ""));
        ran.out().to_owned()
    }

    /// The inbox of the worktree at `dir`.
    pub fn inbox(&self, dir: &Path) -> PathBuf {
        let ran = self.run("inbox", dir, &["path"], "");
        assert_eq!(ran.code, 0, "{}", ran.err());
        PathBuf::from(ran.out().trim_end_matches('\n'))
    }

    /// Puts a file of any content into `unread/` of the worktree at `dir`, as another program would.
    pub fn plant(&self, dir: &Path, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let inbox = self.inbox(dir);
        std::fs::create_dir_all(inbox.join("unread")).unwrap();
        std::fs::create_dir_all(inbox.join("read")).unwrap();
        let path = inbox.join("unread").join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The names in `unread/` or `read/` of the worktree at `dir`, hidden ones included, sorted.
    pub fn names(&self, dir: &Path, bucket: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.inbox(dir).join(bucket)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Runs `command` with `input` on standard input. That it stops reading early is not our failure.
pub fn feed(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input).ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran::of(output)
}
