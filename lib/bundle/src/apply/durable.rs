//! How what is written comes to the disk.

use std::collections::{BTreeMap, BTreeSet};

use handoff_files::{Dir, FileError, Kind, OpenFile};

use super::record::Node;
use crate::error::BundleError;
use crate::path::TreePath;
use crate::tree::{Parent, Tree};

/// From more files than these on, all that is on a file system is brought to the disk at once. Not for fewer: then other
/// programs' writes would be waited for too.
const MANY: usize = 32;

/// How files of one directory are brought to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// Each by itself, when it is written.
    Each,
    /// All at once, when all are written.
    Together,
    /// Not at all: nothing of it is to last.
    Not,
}

impl Durable {
    /// What suits one of `count` files, in `dir`. The same for every directory of a file system.
    pub(super) fn of(dir: &Dir, count: usize) -> Self {
        if count > MANY && dir.can_sync_whole() { Self::Together } else { Self::Each }
    }

    /// Brings a file that was just written to the disk, unless that is done later.
    pub(super) fn written(self, file: &mut OpenFile) -> Result<(), FileError> {
        match self {
            Self::Each => file.sync(),
            Self::Together | Self::Not => Ok(()),
        }
    }

    /// Brings what is left to the disk: of the directory `dir` its names, or all of its file system.
    pub(super) fn finish(self, dir: &Dir) -> Result<(), FileError> {
        match self {
            Self::Each => dir.sync(),
            Self::Together => dir.sync_whole(),
            Self::Not => Ok(()),
        }
    }
}

/// Brings what was done at the paths of `nodes` to the disk: the names in every directory that has one of them, or in the
/// one above where it is gone, and where they are many, everything on each of the file systems that these are on.
pub(super) fn sync(tree: &Tree, nodes: &[Node]) -> Result<(), BundleError> {
    let directories: BTreeSet<TreePath> = nodes.iter().flat_map(|node| node.path.parents()).collect();
    // The working tree may span file systems: one call does for each.
    let mut known = BTreeMap::new();
    let mut finish = |dir: &Dir| -> Result<(), FileError> {
        let device = dir.device()?;
        let is_first = !known.contains_key(&device);
        let durable = *known.entry(device).or_insert_with(|| Durable::of(dir, nodes.len()));
        if is_first || durable == Durable::Each { durable.finish(dir) } else { Ok(()) }
    };
    finish(tree.top())?;
    for directory in directories {
        if let Parent::There(place) = tree.parent(&directory)?
            && place.kind_of(directory.name())? == Some(Kind::Directory)
            && let Some(dir) = place.child(directory.name())?
        {
            finish(&dir)?;
        }
    }
    Ok(())
}
