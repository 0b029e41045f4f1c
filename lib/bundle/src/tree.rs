//! The working tree itself: every path is reached from the top, component by component, and no link is followed.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Found, Kind};

use crate::error::{BundleError, Refusal};
use crate::path::TreePath;
use crate::repository::os;

/// The working tree.
#[derive(Debug)]
pub(crate) struct Tree {
    top: Dir,
}

/// A directory of it.
#[derive(Debug)]
pub(crate) enum Place<'t> {
    Top(&'t Dir),
    Below(Dir),
}

impl Deref for Place<'_> {
    type Target = Dir;

    fn deref(&self) -> &Dir {
        match self {
            Self::Top(dir) => dir,
            Self::Below(dir) => dir,
        }
    }
}

/// What came of looking for the directory that a path is in.
#[derive(Debug)]
pub(crate) enum Parent<'t> {
    /// It is there.
    There(Place<'t>),
    /// Nothing is there, nor below.
    Absent,
    /// Something else is in the way.
    Blocked,
}

impl Tree {
    pub(crate) fn open(top: &Path) -> Result<Self, BundleError> {
        let missing = || FileError::new("open", top)(std::io::Error::from(std::io::ErrorKind::NotFound));
        Ok(Self { top: Dir::open(top)?.ok_or_else(missing)? })
    }

    pub(crate) fn top(&self) -> &Dir {
        &self.top
    }

    /// The directory that `path` is in.
    pub(crate) fn parent(&self, path: &TreePath) -> Result<Parent<'_>, FileError> {
        let mut place = Place::Top(&self.top);
        for parent in path.parents() {
            let name = parent.name();
            match place.child(name) {
                Ok(Some(child)) => place = Place::Below(child),
                Ok(None) => return Ok(Parent::Absent),
                Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                    return Ok(Parent::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Parent::There(place))
    }

    /// What stands at `path`; None when nothing does, or when it cannot be because of what stands above it.
    pub(crate) fn look(&self, path: &TreePath) -> Result<Option<Found>, FileError> {
        match self.parent(path)? {
            Parent::There(place) => place.look(path.name()),
            _ => Ok(None),
        }
    }

    /// Where the symbolic link at `path` leads.
    pub(crate) fn link(&self, path: &TreePath) -> Result<Vec<u8>, FileError> {
        self.there(path)?.read_link(path.name())
    }

    /// The directory that `path` is in, which must be there.
    pub(crate) fn there(&self, path: &TreePath) -> Result<Place<'_>, FileError> {
        match self.parent(path)? {
            Parent::There(place) => Ok(place),
            _ => {
                let full = self.top.path_of(os(path.as_bytes()));
                Err(FileError::new("open", &full)(std::io::Error::from(std::io::ErrorKind::NotFound)))
            }
        }
    }

    /// The directory that `path` is in, made with those above it where it is missing. `made` is told of each.
    pub(crate) fn make_parent(
        &self,
        path: &TreePath,
        mode: impl Fn(&TreePath) -> u32,
    ) -> Result<Place<'_>, FileError> {
        let mut place = Place::Top(&self.top);
        for parent in path.parents() {
            let name = parent.name();
            let child = match place.child(name)? {
                Some(child) => child,
                None => place.make_child(name, mode(&parent))?,
            };
            place = Place::Below(child);
        }
        Ok(place)
    }

    /// The directories that `paths` are in, or would be made in, and that cannot be written to.
    pub(crate) fn not_writable<'p>(&self, paths: impl Iterator<Item = &'p TreePath>) -> Vec<PathBuf> {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for path in paths {
            let mut place = Place::Top(&self.top);
            let parents: Vec<_> = path.parents().collect();
            if parents.last().is_some_and(|last| !seen.insert(last.clone())) {
                continue;
            }
            for parent in parents {
                match place.child(parent.name()) {
                    Ok(Some(child)) => place = Place::Below(child),
                    // What is missing, or is a file still, is made in the one above.
                    _ => break,
                }
            }
            if place.check_writable().is_err() {
                found.insert(place.path().to_owned());
            }
        }
        found.into_iter().collect()
    }

    /// Fails when `path` cannot be written as a plain file of this working tree: a link or a file in its way, or another
    /// repository around it.
    pub(crate) fn check_reachable(
        &self,
        path: &TreePath,
        blocked_is_fine: impl Fn(&TreePath) -> bool,
    ) -> Result<(), BundleError> {
        let mut place = Place::Top(&self.top);
        for parent in path.parents() {
            let name = parent.name();
            let refuse = |what| Refusal::Through { path: path.clone(), through: parent.clone(), what };
            match place.child(name) {
                Ok(Some(child)) => {
                    if child.kind_of(".git")?.is_some() {
                        return Err(refuse("another repository").into());
                    }
                    place = Place::Below(child);
                }
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                    if blocked_is_fine(&parent) {
                        return Ok(());
                    }
                    let what = place.kind_of(name)?.map_or("gone", Kind::name);
                    return Err(refuse(what).into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
