//! Carrying out a plan: what fails is set aside, and everything else is done.

use std::path::{Path, PathBuf};

use handoff_files::FileError;

use crate::Change;

/// What is kept of a plan that is being carried out: the record, written before with all that may be, and what is left.
pub trait Account {
    /// Resets the record's entry for the path of `change` to the old one.
    fn forget(&mut self, change: &Change);

    /// Notes what could not be changed, with what a user puts in or takes out by hand.
    fn leave(&mut self, error: FileError, by_hand: &str);

    /// Adds to what was noted of `above` what belongs into a file below it.
    fn add_by_hand(&mut self, above: &Path, by_hand: &str);
}

/// Does `changes`, in their order; gives those that were done. What cannot be done is set aside with all that is below it:
/// it is left in `account`, and the record says of it what it said before.
pub fn carry_out(changes: Vec<Change>, account: &mut impl Account) -> Vec<Change> {
    let mut done: Vec<Change> = Vec::new();
    let mut failed: Vec<PathBuf> = Vec::new();
    // The links that gave way to ours, and where they lead.
    let mut removed: Vec<(PathBuf, PathBuf)> = Vec::new();
    for change in changes {
        let path = change.path().to_owned();
        if let Some(above) = failed.iter().find(|above| change.is_below(above)) {
            account.forget(&change);
            account.add_by_hand(above, change.by_hand());
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
                account.leave(error, change.by_hand());
                done.push(change);
            }
            Err(error) => {
                account.forget(&change);
                account.leave(error, change.by_hand());
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
