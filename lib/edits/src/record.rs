//! What the records of those that edit files have in common: maps by the paths of files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Gives `now` what `old` has at `path`, or nothing where that has none.
pub fn reset<T: Clone>(now: &mut BTreeMap<PathBuf, T>, old: &BTreeMap<PathBuf, T>, path: &Path) {
    match old.get(path) {
        Some(old) => drop(now.insert(path.to_owned(), old.clone())),
        None => drop(now.remove(path)),
    }
}

/// The file that `path` led to when it was edited, as `real` has it on record, where that is another file by now.
pub fn former<'r>(real: &'r BTreeMap<PathBuf, PathBuf>, path: &Path) -> Option<&'r PathBuf> {
    real.get(path).filter(|real| handoff_files::canonical(real) != handoff_files::canonical(path))
}

/// Whether a path is absolute, without `.` and `..`: a record names no other.
pub fn is_plain(path: &Path) -> bool {
    path.is_absolute()
        && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
}
