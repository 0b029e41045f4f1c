//! What a run's worktree has changed since the run began: committed, uncommitted, and files that git does not know.
//!
//! What HEAD was then, its reflog tells. What was uncommitted before is among the changes.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, SystemTime};

use handoff_board::Changes;
use handoff_document::Timestamp;
use handoff_text::Sanitised;
use handoff_worktree::REPOSITORY_VARIABLES;

use super::viewer;

/// How much of the differences is taken, in bytes.
const MAX_DIFF_BYTES: u64 = 512 << 10;

/// How much of a file that git does not know is taken, in bytes, and of how many of them.
const MAX_NEW_FILE_BYTES: u64 = 16 << 10;
const MAX_NEW_FILES: usize = 100;

/// Why the changes are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangesError {
    #[error("could not run git: {}", handoff_files::reason(.0))]
    NotRun(std::io::Error),
    #[error("git was not asked to the end")]
    NotAsked,
    #[error("could not find git's pager {0}: set core.pager or PAGER")]
    NoPager(String),
    #[error("{} is gone", Sanitised::path(.0))]
    Gone(PathBuf),
    #[error("{} is in no git repository", Sanitised::path(.0))]
    NoRepository(PathBuf),
    #[error("it is not known when it began")]
    NoStart,
    #[error("git does not tell what HEAD was when it began")]
    NoBase,
    #[error("git diff failed")]
    DiffFailed,
}

/// A question to git that is answered by a thread of its own.
pub(crate) struct Inquiry {
    /// The run that it is about.
    pub(crate) id: String,
    answer: Changes,
    coming: Option<Receiver<Changes>>,
}

impl Inquiry {
    /// Asks what changed in `cwd` since `started`.
    pub(crate) fn start(id: &str, cwd: PathBuf, started: Option<Timestamp>) -> Self {
        let (sender, coming) = channel();
        std::thread::spawn(move || {
            let answer =
                find(&cwd, started).map_or_else(|error| Changes::Unknown(error.to_string()), Changes::Known);
            // The board may look at another run by now.
            let _ = sender.send(answer);
        });
        Self { id: id.to_owned(), answer: Changes::Pending, coming: Some(coming) }
    }

    /// One whose answer is known.
    pub(crate) fn answered(id: &str, answer: Changes) -> Self {
        Self { id: id.to_owned(), answer, coming: None }
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.coming.is_some()
    }

    /// The answer, if it has come.
    pub(crate) fn answer(&mut self) -> Changes {
        match self.coming.as_ref().map(Receiver::try_recv) {
            Some(Ok(answer)) => (self.answer, self.coming) = (answer, None),
            Some(Err(TryRecvError::Disconnected)) => {
                self.answer = Changes::Unknown(ChangesError::NotAsked.to_string());
                self.coming = None;
            }
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        self.answer.clone()
    }
}

/// The command that shows the changes in git's own pager.
///
/// # Errors
/// Why there are none.
pub(crate) fn in_pager(cwd: &Path, started: Option<Timestamp>) -> Result<Command, ChangesError> {
    let top = top(cwd)?;
    let base = base(&top, started)?;
    check_pager(&top)?;
    let mut command = git(&top);
    command.args(["diff", "--stat", "--patch", &base, "--"]);
    viewer::stay(&mut command);
    Ok(command)
}

/// Checks that git's pager is there: without it git prints past the screen and succeeds.
fn check_pager(top: &Path) -> Result<(), ChangesError> {
    let pager = said(git(top).args(["var", "GIT_PAGER"]))?.unwrap_or_default();
    let pager = String::from_utf8_lossy(&pager).into_owned();
    let Some(program) = pager.split_whitespace().next() else { return Ok(()) };
    // What only a shell understands is left to the one that git runs.
    if !program.chars().all(|c| c.is_ascii_alphanumeric() || "/._+-".contains(c)) {
        return Ok(());
    }
    let found = said(Command::new("/bin/sh").args(["-c", "command -v \"$0\"", program]))?;
    found.map(drop).ok_or_else(|| ChangesError::NoPager(program.to_owned()))
}

fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(["-c", "core.fsmonitor=false"]);
    command.env("GIT_OPTIONAL_LOCKS", "0");
    for name in REPOSITORY_VARIABLES.into_iter().chain(["GIT_EXTERNAL_DIFF"]) {
        command.env_remove(name);
    }
    command
}

/// What git prints, without its line end; None if it fails.
fn said(command: &mut Command) -> Result<Option<Vec<u8>>, ChangesError> {
    let output = command.stdin(Stdio::null()).output().map_err(ChangesError::NotRun)?;
    let mut text = output.stdout;
    while text.last() == Some(&b'\n') {
        text.pop();
    }
    Ok(output.status.success().then_some(text))
}

fn top(cwd: &Path) -> Result<PathBuf, ChangesError> {
    if !handoff_files::is_directory(cwd) {
        return Err(ChangesError::Gone(cwd.to_owned()));
    }
    let top = said(git(cwd).args(["rev-parse", "--show-toplevel"]))?;
    let top = top.ok_or_else(|| ChangesError::NoRepository(cwd.to_owned()))?;
    Ok(OsString::from_vec(top).into())
}

/// What HEAD was at the time, as far as its reflog goes back; the empty tree where there was no commit.
fn base(top: &Path, started: Option<Timestamp>) -> Result<String, ChangesError> {
    let started = started.ok_or(ChangesError::NoStart)?;
    // Without a reflog, by the commits' own dates.
    let at = format!("HEAD@{{{started}}}");
    let before = format!("--before={started}");
    let ways: [&[&str]; 3] = [
        &["rev-parse", "--quiet", "--verify", &at],
        &["rev-list", "--max-count=1", &before, "HEAD"],
        &["hash-object", "-t", "tree", "/dev/null"],
    ];
    for way in ways {
        if let Some(name) = said(git(top).args(way))?.filter(|name| !name.is_empty()) {
            return Ok(String::from_utf8_lossy(&name).into_owned());
        }
    }
    Err(ChangesError::NoBase)
}

/// The summary and the differences.
fn find(cwd: &Path, started: Option<Timestamp>) -> Result<String, ChangesError> {
    let top = top(cwd)?;
    let base = base(&top, started)?;
    let options = ["--no-color", "--no-ext-diff", "--no-textconv", "--stat=100", "--patch"];
    let diff = beginning(git(&top).arg("diff").args(options).args([&base, "--"]))?;
    let new = new_files(&top, started)?;
    let (summary, patch) = match diff.find("\ndiff --git ") {
        Some(at) => diff.split_at(at),
        None => (diff.as_str(), ""),
    };
    let mut text = summary.to_owned();
    for (name, _) in &new {
        text.push_str(&format!(" {name} (new, not added)\n"));
    }
    text.push_str(patch);
    for (name, content) in &new {
        text.push_str(&format!("\ndiff --git {name}\n"));
        content.lines().for_each(|line| text.push_str(&format!("+{line}\n")));
    }
    Ok(text)
}

/// The beginning of what git prints.
fn beginning(command: &mut Command) -> Result<String, ChangesError> {
    let failed = ChangesError::NotRun;
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(failed)?;
    let mut bytes = Vec::new();
    let read = match child.stdout.take() {
        Some(output) => output.take(MAX_DIFF_BYTES).read_to_end(&mut bytes),
        None => Ok(0),
    };
    // It ends by itself when nothing reads what it prints.
    let status = child.wait().map_err(failed)?;
    read.map_err(failed)?;
    if !status.success() && bytes.is_empty() {
        return Err(ChangesError::DiffFailed);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The names and the beginnings of the files that git does not know and that were written since `started`.
fn new_files(top: &Path, started: Option<Timestamp>) -> Result<Vec<(String, String)>, ChangesError> {
    let names =
        said(git(top).args(["ls-files", "--others", "--exclude-standard", "-z"]))?.unwrap_or_default();
    let seconds = started.map_or(0, |at| u64::try_from(at.seconds()).unwrap_or_default());
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let paths = names.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    let is_new = |path: &PathBuf| {
        let found = std::fs::symlink_metadata(top.join(path));
        found.and_then(|found| found.modified()).is_ok_and(|written| written >= began)
    };
    let paths = paths.map(|name| PathBuf::from(OsString::from_vec(name.to_vec()))).filter(is_new);
    let read = |path: PathBuf| {
        let bytes = handoff_files::open_regular(&top.join(&path))
            .and_then(|file| file.read_at(0, MAX_NEW_FILE_BYTES))
            .unwrap_or_default();
        let text =
            if bytes.contains(&0) { String::new() } else { String::from_utf8_lossy(&bytes).into_owned() };
        (Sanitised::path(&path).to_string(), text)
    };
    Ok(paths.take(MAX_NEW_FILES).map(read).collect())
}
