//! Which run a command is about.
//!
//! Without an ID it is a run of this worktree. The newest run of all may be another project's, and what is said to that
//! one is done there, with its permissions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use handoff_process::{Environment, Failure};
use handoff_runs::{Filter, Found, Row, Runs, State};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::here::Here;

/// The most runs of other worktrees that a refusal names.
const MAX_CANDIDATES: usize = 5;

/// The longest path in a refusal, in bytes.
const MAX_PATH_BYTES: usize = 300;

impl Here<'_> {
    /// The run that `selector` names.
    pub(crate) fn find(&self, runs: &Runs, selector: &str) -> Result<Row, Failure> {
        match runs.find(selector)? {
            Found::One(row) => Ok(*row),
            Found::None if selector.trim().is_empty() => Err(Failure::usage("the ID of the run is empty")),
            Found::None => {
                Err(Failure::new(format!("could not find a run `{selector}`: handoff list --all")))
            }
            Found::Several(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                Err(Failure::new(format!("`{selector}` is more than one run: {}", ids.join(", "))))
            }
        }
    }

    /// The run that `selector` names; without one the newest of this worktree.
    pub(crate) fn find_or_newest(&self, runs: &Runs, selector: Option<&str>) -> Result<Row, Failure> {
        match selector {
            Some(selector) => self.find(runs, selector),
            None => newest(runs),
        }
    }
}

/// The newest run that worked in this worktree.
///
/// # Errors
/// When none did: a refusal that names the newest runs of other worktrees.
pub(crate) fn newest(runs: &Runs) -> Result<Row, Failure> {
    let here = Worktrees::here()?;
    let mut elsewhere = Vec::new();
    let mut worktrees = Worktrees::default();
    for row in runs.newest_of_each_directory()? {
        if worktrees.of(&row.cwd) == Some(&here) {
            return Ok(row);
        }
        elsewhere.push(row);
    }
    Err(Failure::new(if elsewhere.is_empty() {
        "there is no run yet".to_owned()
    } else {
        refusal("no run has worked in this worktree", &here, &elsewhere)
    }))
}

/// The running runs that work in this worktree, newest first, and those that work elsewhere.
pub(crate) fn running(runs: &Runs) -> Result<(Vec<Row>, Vec<Row>), Failure> {
    let here = Worktrees::here()?;
    let mut worktrees = Worktrees::default();
    let all = runs.list(&Filter { state: Some(State::Running), ..Filter::default() })?;
    Ok(all.into_iter().partition(|row| worktrees.of(&row.cwd) == Some(&here)))
}

/// The newest running run of this worktree.
///
/// # Errors
/// When there is none: a refusal that names those of other worktrees.
pub(crate) fn newest_running(runs: &Runs) -> Result<Row, Failure> {
    let (mut here, elsewhere) = running(runs)?;
    if here.is_empty() {
        let place = Worktrees::here()?;
        return Err(Failure::new(refusal("no run is at work in this worktree", &place, &elsewhere)));
    }
    Ok(here.swap_remove(0))
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
#[derive(Default)]
pub(crate) struct Worktrees(HashMap<PathBuf, Option<PathBuf>>);

impl Worktrees {
    /// The worktree that this process works in.
    pub(crate) fn here() -> Result<PathBuf, Failure> {
        let directory = Environment::working_directory()?;
        Ok(Worktree::find(&directory)?.top().to_owned())
    }

    /// The worktree that `directory` is in; `None` if the directory is gone: whether it was in this worktree cannot be
    /// known then.
    pub(crate) fn of(&mut self, directory: &Path) -> Option<&PathBuf> {
        let find = || Worktree::find(directory).ok().map(|found| found.top().to_owned());
        self.0.entry(directory.to_owned()).or_insert_with(find).as_ref()
    }
}
