//! Where a run's files are.

use std::path::{Path, PathBuf};

use crate::id::RunId;

pub(crate) const PROMPT: &str = ".prompt.md";
pub(crate) const OUT: &str = ".out.txt";
pub(crate) const RESULT: &str = ".result.md";
pub(crate) const STREAM: &str = ".jsonl";

/// The paths of a run, handoff-cli's own. Not each of them need be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `tasks/<id>.prompt.md`: the prompt, byte for byte.
    pub prompt: PathBuf,
    /// `tasks/<id>.out.txt`: the progress.
    pub out: PathBuf,
    /// `tasks/<id>.result.md`: there once the run has ended.
    pub result: PathBuf,
    /// `runs/<id>-<uuid>.jsonl`: what the backend wrote.
    pub stream: PathBuf,
}

impl Files {
    pub(crate) fn new(tasks: &Path, stream: PathBuf, id: &RunId) -> Self {
        let of = |end: &str| tasks.join(format!("{id}{end}"));
        Self { prompt: of(PROMPT), out: of(OUT), result: of(RESULT), stream }
    }
}
