//! What is true of a plan that was not carried out as a whole.

use std::path::{Path, PathBuf};

use handoff_edits::{Account, Change};
use handoff_files::FileError;

use super::{Note, Planner};

impl Planner<'_> {
    /// Does `changes`; those that were done become those of the plan. What cannot be done is in [`Planner::left`] then, and
    /// what it was to write is not in the manifest.
    pub(crate) fn carry_out(&mut self, changes: Vec<Change>) {
        let done = handoff_edits::carry_out(changes, self);
        self.changes.extend(done);
    }

    /// What was to give way at `path` is there still.
    fn forget_replaced(&mut self, path: &Path) {
        take(&mut self.manifest.replaced, &self.old.replaced, path);
        self.notes.retain(|note| !matches!(note, Note::Replaced(other) if other == path));
    }
}

impl Account for Planner<'_> {
    fn forget(&mut self, change: &Change) {
        let path = change.path();
        match change {
            Change::Directory { .. } => {
                if !self.old.directories.iter().any(|old| old == path) {
                    self.manifest.directories.retain(|other| other != path);
                }
            }
            Change::Write { .. } | Change::Place { .. } => {
                take(&mut self.manifest.files, &self.old.files, path);
                take(&mut self.manifest.real, &self.old.real, path);
                self.forget_replaced(path);
            }
            Change::Edit(_) => {
                take(&mut self.manifest.edits, &self.old.edits, path);
                take(&mut self.manifest.real, &self.old.real, path);
            }
            Change::Link { .. } => take(&mut self.manifest.links, &self.old.links, path),
            Change::Remove(_) => self.forget_replaced(path),
            Change::RemoveDirectory(_) => {}
        }
    }

    fn leave(&mut self, error: FileError, by_hand: &str) {
        Planner::leave(self, error, by_hand);
    }

    fn add_by_hand(&mut self, above: &Path, by_hand: &str) {
        if let Some(left) = self.left.iter_mut().find(|left| left.problem.path() == above) {
            left.by_hand.push_str(by_hand);
        }
    }
}

/// Gives `now` what `old` has at `path`.
fn take<T: Clone>(
    now: &mut std::collections::BTreeMap<PathBuf, T>,
    old: &std::collections::BTreeMap<PathBuf, T>,
    path: &Path,
) {
    match old.get(path) {
        Some(old) => drop(now.insert(path.to_owned(), old.clone())),
        None => drop(now.remove(path)),
    }
}
