//! git as a program, where a network is asked: the checkout that agent-handoff was built from.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_text::Sanitised;

use crate::error::InstallError;

/// How much is shown of what git says, in bytes.
const MAX_STDERR_BYTES: usize = 2_000;

/// A checkout.
#[derive(Debug)]
pub(crate) struct Checkout(PathBuf);

/// What is upstream and not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// The newest commit there.
    pub(crate) commit: String,
    /// Its short name and subject, and those of the ones before it, newest first.
    pub(crate) lines: Vec<String>,
}

impl Checkout {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The commit that is checked out.
    pub(crate) fn head(&self) -> Option<String> {
        self.answer(&["rev-parse", "--verify", "--quiet", "HEAD"])
    }

    /// Gets what is new; no password is asked for.
    ///
    /// # Errors
    /// [`InstallError::Tool`] with what git says.
    pub(crate) fn fetch(&self) -> Result<(), InstallError> {
        self.run(&["fetch", "--quiet"], "fetch what is new")
    }

    /// What is upstream and not in `commit`; None when there is no upstream.
    pub(crate) fn news(&self, commit: &str) -> Option<News> {
        let newest = self.answer(&["rev-parse", "--verify", "--quiet", "@{upstream}"])?;
        let range = format!("{commit}..{newest}");
        let log = self.answer(&["log", "--format=%h %s", &range])?;
        Some(News { commit: newest, lines: log.lines().map(str::to_owned).collect() })
    }

    /// Whether tracked files were changed.
    pub(crate) fn is_dirty(&self) -> bool {
        self.answer(&["status", "--porcelain", "--untracked-files=no"])
            .is_none_or(|changes| !changes.is_empty())
    }

    /// Goes forward to the upstream's commit.
    ///
    /// # Errors
    /// [`InstallError::Tool`].
    pub(crate) fn forward(&self) -> Result<(), InstallError> {
        let why = format!("go forward in {}, which has commits of its own", Sanitised::path(&self.0));
        self.run(&["merge", "--ff-only", "--quiet", "@{upstream}"], &why)
    }

    /// Goes back to `commit`.
    ///
    /// # Errors
    /// [`InstallError::Tool`].
    pub(crate) fn back_to(&self, commit: &str) -> Result<(), InstallError> {
        self.run(&["reset", "--keep", "--quiet", commit], "go back to the commit of before")
    }

    /// What git says on standard error may be the words of the server it asks, so it reaches the user through our own
    /// message alone.
    fn run(&self, args: &[&str], purpose: &str) -> Result<(), InstallError> {
        let done = self.git(args).stdout(Stdio::null()).stderr(Stdio::piped()).output();
        let why = match done {
            Ok(done) if done.status.success() => return Ok(()),
            Ok(done) => Sanitised::line(&done.stderr, MAX_STDERR_BYTES).to_string(),
            Err(error) => handoff_files::reason(&error),
        };
        Err(InstallError::Tool(format!("{purpose}: {why}")))
    }

    fn answer(&self, args: &[&str]) -> Option<String> {
        let output =
            self.git(args).stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    fn git(&self, args: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.0).args(args).stdin(Stdio::null());
        // An inherited one would make this another repository.
        for variable in handoff_worktree::REPOSITORY_VARIABLES {
            git.env_remove(variable);
        }
        git.env("GIT_TERMINAL_PROMPT", "0");
        git.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10");
        git
    }
}
