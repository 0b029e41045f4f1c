//! What a list says of a run beside its row: its project, how long it took, what it does.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use handoff_runs::{Row, Runs, State};
use handoff_worktree::Worktree;

use handoff_dispatch::Worktrees;

/// How much of the end of a progress is read for its last line, in bytes.
const LAST_BYTES: u64 = 2 << 10;

/// As long as the time of day before a line of progress: `14:05:09 `.
const TIME_BYTES: usize = 9;

/// Where a run works.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The name of the worktree; of the directory if that is gone.
    pub(crate) project: String,
    /// Whether it is the worktree of this process.
    pub(crate) is_here: bool,
}

/// The places of directories, each looked up once.
pub(crate) struct Places {
    here: Option<PathBuf>,
    known: HashMap<PathBuf, Place>,
}

impl Places {
    pub(crate) fn new() -> Self {
        Self { here: Worktrees::here().ok(), known: HashMap::new() }
    }

    /// What the worktree of this process is called; None if it has no directory any more.
    pub(crate) fn name_here(&self) -> Option<String> {
        self.here.as_deref().map(name)
    }

    pub(crate) fn of(&mut self, directory: &Path) -> &Place {
        if !self.known.contains_key(directory) {
            let place = self.find(directory);
            self.known.insert(directory.to_owned(), place);
        }
        // It was put there a moment ago.
        &self.known[directory]
    }

    fn find(&self, directory: &Path) -> Place {
        let Ok(found) = Worktree::find(directory) else {
            return Place { project: name(directory), is_here: false };
        };
        Place { project: name(found.top()), is_here: self.here.as_deref() == Some(found.top()) }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// How long a run took, or takes so far, in seconds; None where that was not noted.
pub(crate) fn elapsed(row: &Row, now: Timestamp) -> Option<i64> {
    let end = row.ended.or((row.state == State::Running).then_some(now))?;
    Some(end.seconds().saturating_sub(row.started?.seconds()).max(0))
}

/// The last step of a run that goes on; None before the first, and of one that has ended.
pub(crate) fn last_step(runs: &Runs, row: &Row) -> Option<String> {
    if row.state != State::Running {
        return None;
    }
    let file = handoff_files::open_regular(&runs.files(row).out).ok()?;
    let bytes = file.read_at(file.size().saturating_sub(LAST_BYTES), LAST_BYTES).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    let is_timed = line.as_bytes().get(2) == Some(&b':') && line.as_bytes().get(5) == Some(&b':');
    let step = if is_timed { line.get(TIME_BYTES..).unwrap_or_default() } else { line };
    Some(step.trim().to_owned())
}

/// The last step of a run that goes on; of another one the reason why it ended so. Empty if there is none.
pub(crate) fn note(runs: &Runs, row: &Row) -> String {
    last_step(runs, row).or_else(|| row.reason.clone()).unwrap_or_default()
}
