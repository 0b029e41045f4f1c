//! Carrying out what was planned for the agents' files: what fails is set aside, and everything else is done.

use std::path::{Path, PathBuf};

use super::{Note, Planner};
use crate::plan::Change;

impl Planner<'_> {
    /// Does `changes`, which become those of the plan. What cannot be done is in [`Planner::left`] then, and what it was
    /// to write is not in the manifest.
    pub(crate) fn carry_out(&mut self, changes: Vec<Change>) {
        let mut failed: Vec<PathBuf> = Vec::new();
        let mut removed: Vec<(PathBuf, PathBuf)> = Vec::new();
        for change in changes {
            let path = change.path().to_owned();
            if failed.iter().any(|above| path.starts_with(above)) {
                self.forget(&change);
                continue;
            }
            let target = handoff_files::link_target(&path).filter(|_| matches!(change, Change::Remove(_)));
            match change.apply() {
                Ok(()) => {
                    removed.extend(target.map(|target| (path, target)));
                    self.changes.push(change);
                }
                // What was done and may be lost in a crash is on record all the same.
                Err(error) if change.is_done() => {
                    self.leave(&path, error.to_string());
                    self.changes.push(change);
                }
                Err(error) => {
                    self.forget(&change);
                    self.leave(&path, error.to_string());
                    self.put_back(&path, &removed);
                    failed.push(path);
                }
            }
        }
    }

    /// Has the manifest say of what `change` was to write what it said before.
    fn forget(&mut self, change: &Change) {
        let path = change.path();
        match change {
            Change::Directory(_) => {
                if !self.old.directories.iter().any(|old| old == path) {
                    self.manifest.directories.retain(|other| other != path);
                }
            }
            Change::Write { .. } | Change::Place { .. } => {
                take(&mut self.manifest.files, &self.old.files, path);
                take(&mut self.manifest.real, &self.old.real, path);
                self.forget_replaced(path);
            }
            Change::Edit { .. } => {
                take(&mut self.manifest.edits, &self.old.edits, path);
                take(&mut self.manifest.real, &self.old.real, path);
            }
            Change::Link { .. } => take(&mut self.manifest.links, &self.old.links, path),
            Change::Remove(_) => self.forget_replaced(path),
            Change::RemoveDirectory(_) => {}
        }
    }

    /// What was to give way at `path` is there still.
    fn forget_replaced(&mut self, path: &Path) {
        take(&mut self.manifest.replaced, &self.old.replaced, path);
        self.notes.retain(|note| !matches!(note, Note::Replaced(other) if other == path));
    }

    /// Puts the link back that gave way to what could not be made at `path`, or in the directory there.
    fn put_back(&mut self, path: &Path, removed: &[(PathBuf, PathBuf)]) {
        let Some((link, target)) = removed.iter().find(|(link, _)| path.starts_with(link)) else { return };
        let back = Change::RemoveDirectory(link.clone()).apply();
        // What cannot be put back now is on record, for when it is removed.
        if back.and_then(|()| Change::Link { path: link.clone(), target: target.clone() }.apply()).is_ok() {
            self.changes.retain(|change| change.path() != link);
            self.manifest.directories.retain(|other| other != link);
            self.forget_replaced(link);
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
