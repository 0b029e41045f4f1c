//! Carrying out a plan: what fails is set aside, and everything else is done.

use std::path::{Path, PathBuf};

use crate::{Cause, Change, Leftovers};

/// What is kept of a plan that is being carried out: the record, written before with all that may be, and what is left.
pub trait Account {
    /// Why something is left.
    type Cause: Cause;

    /// Resets the record's entry for the path of `change` to the old one.
    fn forget(&mut self, change: &Change);

    /// What could not be changed, known before or not.
    fn left(&mut self) -> &mut Leftovers<Self::Cause>;
}

/// Does `changes`, in their order; gives those that were done. What cannot be done is set aside with all that is below it:
/// it is left in `account`, and the record says of it what it said before. A directory that is not removed because something
/// below it is left is no failure.
pub fn carry_out(changes: Vec<Change>, account: &mut impl Account) -> Vec<Change> {
    let mut done: Vec<Change> = Vec::new();
    let mut failed: Vec<PathBuf> = Vec::new();
    // The links that gave way to ours, and where they lead.
    let mut removed: Vec<(PathBuf, PathBuf)> = Vec::new();
    for change in changes {
        let path = change.path().to_owned();
        if let Some(above) = failed.iter().find(|above| change.is_below(above)) {
            account.forget(&change);
            account.left().add_by_hand(above, change.by_hand());
            continue;
        }
        let target = handoff_files::link_target(&path).filter(|_| matches!(change, Change::Remove(_)));
        match change.apply() {
            Ok(()) => {
                removed.extend(target.map(|target| (path, target)));
                done.push(change);
            }
            // It is in place, but perhaps not yet on the disk: the record keeps it.
            Err(error) if change.is_done() => {
                account.left().add(error, change.by_hand());
                done.push(change);
            }
            Err(_) if matches!(change, Change::RemoveDirectory(_)) && account.left().any_below(&path) => {
                account.forget(&change);
            }
            Err(error) => {
                account.forget(&change);
                account.left().add(error, change.by_hand());
                if let Some(link) = put_back(&path, &removed) {
                    let (gave_way, rest) = done.into_iter().partition(|change| change.path() == link);
                    done = rest;
                    gave_way.iter().for_each(|change: &Change| account.forget(change));
                }
                failed.push(path);
            }
        }
    }
    done
}

/// Puts the link back that gave way to what could not be made at `path`, or in the directory there; gives its path. What
/// cannot be put back now is on record, for when it is removed.
fn put_back<'l>(path: &Path, removed: &'l [(PathBuf, PathBuf)]) -> Option<&'l Path> {
    let (link, target) = removed.iter().find(|(link, _)| path.starts_with(link))?;
    Change::RemoveDirectory(link.clone()).apply().ok()?;
    Change::Link { path: link.clone(), target: target.clone() }.apply().ok()?;
    Some(link)
}
