//! What of a project's changes is nothing but ours.

use std::path::{Path, PathBuf};

use handoff_edits::MAX_TEXT_BYTES;
use handoff_files::Foreign;

use crate::manifest::Manifest;

/// A file as wiring left it: what is in it now, and what it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Where it really is, below the project.
    pub path: PathBuf,
    /// None when there was no such file.
    pub before: Option<String>,
    /// What wiring left, which is what is there.
    pub now: String,
}

impl Manifest {
    /// The files of `project` that are as wiring left them, to the byte. What cannot be read is none.
    pub fn own(&self, project: &Path) -> Vec<Own> {
        let top = handoff_files::canonical(project);
        let own = |path: &Path| {
            let file = Foreign::read(&project.join(path), MAX_TEXT_BYTES).ok()?;
            let now = handoff_wiring::text(file.content()?).ok()?;
            let before = self.record.edits.get(path)?.undo(now).ok()?;
            let path = file.place().strip_prefix(&top).ok()?.to_owned();
            Some(Own { path, before, now: now.to_owned() })
        };
        self.files().filter_map(own).collect()
    }
}
