//! git as a program, where a network is asked: the checkout that agent-handoff was built from.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::InstallError;

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

    /// Gets what is new; nobody is asked for a password.
    ///
    /// # Errors
    /// [`InstallError::Tool`]; git's own words go to standard error.
    pub(crate) fn fetch(&self, quiet: bool) -> Result<(), InstallError> {
        self.run(&["fetch", "--quiet"], quiet, "fetch what is new; git says why above")
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
        let why = format!("go forward in {}: it has commits of its own", self.0.display());
        self.run(&["merge", "--ff-only", "--quiet", "@{upstream}"], false, &why)
    }

    /// Goes back to `commit`.
    ///
    /// # Errors
    /// [`InstallError::Tool`].
    pub(crate) fn back_to(&self, commit: &str) -> Result<(), InstallError> {
        self.run(&["reset", "--keep", "--quiet", commit], false, "go back to the commit of before")
    }

    fn run(&self, args: &[&str], quiet: bool, purpose: &str) -> Result<(), InstallError> {
        let errors = if quiet { Stdio::null() } else { Stdio::inherit() };
        let done = self.git(args).stdout(Stdio::null()).stderr(errors).status();
        match done {
            Ok(status) if status.success() => Ok(()),
            _ => Err(InstallError::Tool(purpose.to_owned())),
        }
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
        for variable in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY",
            "GIT_NAMESPACE",
            "GIT_PREFIX",
        ] {
            git.env_remove(variable);
        }
        git.env("GIT_TERMINAL_PROMPT", "0");
        git.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10");
        git
    }
}
