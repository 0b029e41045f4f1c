//! What the tests share.

use std::path::{Path, PathBuf};

use handoff_runs::{Conversation, Ending, Found, NewRun, Row, Run, Runs, State};

pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("home")
    }

    pub(crate) fn open(&self) -> Runs {
        let runs = Runs::open(&self.path()).unwrap();
        assert!(runs.trouble().is_none(), "{:?}", runs.trouble());
        runs
    }

    /// The list by other means.
    pub(crate) fn list(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join("runs/handoff.db")).unwrap()
    }
}

pub(crate) fn new(prompt: &[u8]) -> NewRun<'_> {
    NewRun {
        backend: "deepseek",
        slug: "Fix the login page",
        cwd: Path::new("/home/someone/project"),
        prompt,
        model: Some("model-1"),
        pro: false,
        caller: Some(Path::new("/home/someone/caller")),
        to_inbox: true,
        conversation: Conversation::New,
    }
}

pub(crate) fn success(text: &[u8]) -> Ending<'_> {
    Ending {
        state: State::Success,
        reason: None,
        text,
        usage: None,
        conversation_usage: None,
        to_inbox: false,
    }
}

/// What is put right, as it is told.
pub(crate) fn reconciled(runs: &Runs) -> Vec<Row> {
    let mut told = Vec::new();
    runs.reconcile(|row| {
        told.push(row.clone());
        true
    })
    .unwrap();
    told
}

/// Ends `run` well, everywhere.
pub(crate) fn finish(run: Run<'_>, ending: &Ending<'_>) -> PathBuf {
    let ended = run.finish(ending, |_| true);
    assert!(ended.unrecorded.is_none(), "{:?}", ended.unrecorded);
    assert_eq!(ended.state, ending.state);
    ended.result.unwrap()
}

pub(crate) fn row(runs: &Runs, selector: &str) -> Row {
    match runs.find(selector).unwrap() {
        Found::One(row) => *row,
        other => panic!("{selector}: {other:?}"),
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A mounted file system; unmounted when this is dropped.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// A new one in memory. None where this user may not mount.
    pub(crate) fn tmpfs(at: &Path, limits: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("mode=0700,{limits}");
        Self::made(&["-t", "tmpfs", "-o", &options, "none"], at)
    }

    /// `at` as it is, and read-only.
    pub(crate) fn read_only(at: &Path) -> Option<Self> {
        let mount = Self::made(&["--bind", at.to_str().unwrap()], at)?;
        Self::run(&["-o", "remount,bind,ro"], at).then_some(mount)
    }

    fn made(options: &[&str], at: &Path) -> Option<Self> {
        Self::run(options, at).then(|| Self(at.to_owned()))
    }

    fn run(options: &[&str], at: &Path) -> bool {
        let output = std::process::Command::new("mount").args(options).arg(at).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
