//! What is true of a plan that was not carried out as a whole.

use std::path::Path;

use handoff_edits::{Account, Change, Leftovers, reset};

use super::{Note, Planner};
use crate::error::Obstacle;

impl Planner<'_> {
    /// Does `changes`; those that were done become those of the plan. What cannot be done is in [`Planner::left`] then, and
    /// what it was to write is not in the manifest.
    pub(crate) fn carry_out(&mut self, changes: Vec<Change>) {
        let done = handoff_edits::carry_out(changes, self);
        self.changes.extend(done);
    }

    /// What was to give way at `path` is there still.
    fn forget_replaced(&mut self, path: &Path) {
        reset(&mut self.manifest.replaced, &self.old.replaced, path);
        self.notes.retain(|note| !matches!(note, Note::Replaced(other) if other == path));
    }
}

impl Account for Planner<'_> {
    type Cause = Obstacle;

    fn forget(&mut self, change: &Change) {
        let path = change.path();
        match change {
            Change::Directory { .. } => {
                if !self.old.directories.iter().any(|old| old == path) {
                    self.manifest.directories.retain(|other| other != path);
                }
            }
            Change::Write { .. } | Change::Place { .. } => {
                reset(&mut self.manifest.files, &self.old.files, path);
                reset(&mut self.manifest.real, &self.old.real, path);
                self.forget_replaced(path);
            }
            Change::Edit(_) => {
                reset(&mut self.manifest.edits, &self.old.edits, path);
                reset(&mut self.manifest.real, &self.old.real, path);
            }
            Change::Link { .. } => reset(&mut self.manifest.links, &self.old.links, path),
            Change::Remove(_) => {
                if let Some(written) = self.old.files.get(path) {
                    self.manifest.files.insert(path.to_owned(), written.clone());
                }
                if let Some(target) = self.old.links.get(path) {
                    self.manifest.links.insert(path.to_owned(), target.clone());
                }
                self.forget_replaced(path);
            }
            Change::RemoveDirectory(_) => {}
        }
    }

    fn left(&mut self) -> &mut Leftovers<Obstacle> {
        &mut self.left
    }
}
