//! Which run a command is about.
//!
//! Without an ID it is a run of this worktree. The newest run of all may be another project's, and what is said to that
//! one is done there, with its permissions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use handoff_process::Environment;
use handoff_runs::{Filter, Found, RecordError, Row, RunId, Runs, State};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

/// The most runs of other worktrees that a refusal names.
const MAX_CANDIDATES: usize = 5;

/// The longest path in a refusal, in bytes.
const MAX_PATH_BYTES: usize = 300;

/// Why no run was chosen.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The selector is empty.
    #[error("the ID of the run is empty")]
    Empty,
    /// It names no run.
    #[error("could not find a run `{0}`: handoff list --all")]
    NotFound(String),
    /// It names more than one.
    #[error("`{selector}` is more than one run: {}", list(ids))]
    Several {
        /// As it was given.
        selector: String,
        /// The newest of them.
        ids: Vec<RunId>,
    },
    /// There is no run at all.
    #[error("there is no run yet")]
    NoRun,
    /// No run has worked here.
    #[error("{}", refusal("no run has worked in this worktree", here, elsewhere))]
    NoneHere {
        /// This worktree.
        here: PathBuf,
        /// The newest runs of other worktrees.
        elsewhere: Vec<Row>,
    },
    /// No run is at work here.
    #[error("{}", refusal("no run is at work in this worktree", here, elsewhere))]
    NoneAtWork {
        /// This worktree.
        here: PathBuf,
        /// Those that are at work in other worktrees.
        elsewhere: Vec<Row>,
    },
    /// The list can't be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is not known which worktree this is.
    #[error(transparent)]
    NoWorktree(#[from] NoWorktree),
}

/// The worktree that this process works in can't be found.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NoWorktree(#[from] std::io::Error);

impl SelectError {
    /// Whether the selector can't be meant as it is.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// The run that `selector` names.
///
/// # Errors
/// [`SelectError`].
pub fn find(runs: &Runs, selector: &str) -> Result<Row, SelectError> {
    match runs.find(selector)? {
        Found::One(row) => Ok(*row),
        Found::None if selector.trim().is_empty() => Err(SelectError::Empty),
        Found::None => Err(SelectError::NotFound(selector.to_owned())),
        Found::Several(ids) => Err(SelectError::Several { selector: selector.to_owned(), ids }),
    }
}

/// The run that `selector` names; without one the newest of this worktree.
///
/// # Errors
/// [`SelectError`].
pub fn find_or_newest(runs: &Runs, selector: Option<&str>) -> Result<Row, SelectError> {
    match selector {
        Some(selector) => find(runs, selector),
        None => newest(runs),
    }
}

/// The newest run that worked in this worktree.
///
/// # Errors
/// [`SelectError`].
pub fn newest(runs: &Runs) -> Result<Row, SelectError> {
    let here = Worktrees::here()?;
    let mut elsewhere = Vec::new();
    let mut worktrees = Worktrees::default();
    for row in runs.newest_of_each_directory()? {
        if worktrees.of(&row.cwd) == Some(&here) {
            return Ok(row);
        }
        elsewhere.push(row);
    }
    Err(if elsewhere.is_empty() { SelectError::NoRun } else { SelectError::NoneHere { here, elsewhere } })
}

/// The running runs that work in this worktree, newest first, and those that work elsewhere.
///
/// # Errors
/// [`SelectError`].
pub fn running(runs: &Runs) -> Result<(Vec<Row>, Vec<Row>), SelectError> {
    let here = Worktrees::here()?;
    let mut worktrees = Worktrees::default();
    let all = runs.list(&Filter { state: Some(State::Running), ..Filter::default() })?;
    Ok(all.into_iter().partition(|row| worktrees.of(&row.cwd) == Some(&here)))
}

/// The newest running run of this worktree.
///
/// # Errors
/// [`SelectError`].
pub fn newest_running(runs: &Runs) -> Result<Row, SelectError> {
    let (mut own, elsewhere) = running(runs)?;
    if own.is_empty() {
        return Err(SelectError::NoneAtWork { here: Worktrees::here()?, elsewhere });
    }
    Ok(own.swap_remove(0))
}

fn list(ids: &[RunId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `why`, the worktree `here`, and the runs among which the user can choose.
fn refusal(why: &str, here: &Path, candidates: &[Row]) -> String {
    let line = |path: &Path| Sanitised::line(path.as_os_str().as_encoded_bytes(), MAX_PATH_BYTES);
    let mut text = format!("{why} ({})", line(here));
    if candidates.is_empty() {
        return text;
    }
    text.push_str("; say which one is meant:");
    for row in candidates.iter().take(MAX_CANDIDATES) {
        let id = Sanitised::line(row.id.as_str().as_bytes(), MAX_PATH_BYTES);
        text.push_str(&format!("\n  {id} in {}", line(&row.cwd)));
    }
    if candidates.len() > MAX_CANDIDATES {
        text.push_str("\n  and more: handoff list --all");
    }
    text
}

/// The worktrees of directories, each looked up once.
#[derive(Debug, Default)]
pub struct Worktrees(HashMap<PathBuf, Option<PathBuf>>);

impl Worktrees {
    /// The worktree that this process works in.
    ///
    /// # Errors
    /// [`NoWorktree`].
    pub fn here() -> Result<PathBuf, NoWorktree> {
        let directory = Environment::working_directory()?;
        Ok(Worktree::find(&directory)?.top().to_owned())
    }

    /// The worktree that `directory` is in; `None` if the directory is gone: whether it was in this worktree cannot be
    /// known then.
    pub fn of(&mut self, directory: &Path) -> Option<&PathBuf> {
        let find = || Worktree::find(directory).ok().map(|found| found.top().to_owned());
        self.0.entry(directory.to_owned()).or_insert_with(find).as_ref()
    }
}
