//! The working tree itself: every path is reached from the top, component by component, and no link is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Found, Kind};

use crate::error::{BundleError, Refusal};
use crate::path::TreePath;
use crate::policy;
use crate::repository::os;

/// The working tree.
#[derive(Debug)]
pub(crate) struct Tree {
    top: Dir,
    /// Paths, folded, that are spelled in more than one way: see [`Tree::telling_apart`].
    twins: BTreeSet<String>,
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
        Ok(Self { top: Dir::open(top)?.ok_or_else(missing)?, twins: BTreeSet::new() })
    }

    /// The same tree, where those of `paths`, and of the directories above them, that differ in case or composition alone
    /// are distinguished by the names that the directories list. A file system that folds names finds one file by all of them,
    /// and only one of them is its name.
    pub(crate) fn telling_apart<'p>(self, paths: impl IntoIterator<Item = &'p TreePath>) -> Self {
        let mut spelled: BTreeMap<String, BTreeSet<TreePath>> = BTreeMap::new();
        for path in paths {
            for one in path.parents().chain([path.clone()]) {
                spelled.entry(policy::fold_path(&one)).or_default().insert(one);
            }
        }
        let twins = spelled.into_iter().filter(|(_, paths)| paths.len() > 1).map(|(folded, _)| folded);
        Self { twins: twins.collect(), ..self }
    }

    /// Whether `path` is listed, spelled so; always true of a path without a twin. Nothing is looked up by a name that is
    /// not listed: the kernel may go on finding by it what is removed by its true name meanwhile.
    pub(crate) fn is_spelled_so(&self, path: &TreePath) -> Result<bool, FileError> {
        if self.twins.is_empty() || !self.twins.contains(&policy::fold_path(path)) {
            return Ok(true);
        }
        let mut place = Place::Top(&self.top);
        for parent in path.parents() {
            if self.twins.contains(&policy::fold_path(&parent)) && !is_listed(&place, parent.name())? {
                return Ok(false);
            }
            match place.child(parent.name()) {
                Ok(Some(child)) => place = Place::Below(child),
                Ok(None) => return Ok(false),
                Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        is_listed(&place, path.name())
    }

    /// How what is found by `path` is spelled; None when nothing is found, or nothing is listed by any such name. A
    /// composition that the file system chose is no other spelling.
    pub(crate) fn spelling(&self, path: &TreePath) -> Result<Option<TreePath>, FileError> {
        let (mut place, mut spelling) = (Place::Top(&self.top), Vec::new());
        let all: Vec<_> = path.parents().chain([path.clone()]).collect();
        for (number, part) in all.iter().enumerate() {
            let name = part.name();
            if place.kind_of(name)?.is_none() {
                return Ok(None);
            }
            let Some(listed) = spelling_in(&place, name)? else { return Ok(None) };
            if number > 0 {
                spelling.push(b'/');
            }
            spelling.extend_from_slice(&listed);
            if number + 1 < all.len() {
                match place.child(name) {
                    Ok(Some(child)) => place = Place::Below(child),
                    Ok(None) => return Ok(None),
                    Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(Some(TreePath::new(spelling)))
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
        if !self.is_spelled_so(path)? {
            return Ok(None);
        }
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
            place = Place::Below(self.make_directory(&place, &parent, mode(&parent))?);
        }
        Ok(place)
    }

    /// The directory `path`, made in `place`, which it is in, where it is missing. One that is spelled otherwise is given
    /// this name: what is in it belongs to both.
    pub(crate) fn make_directory(
        &self,
        place: &Place<'_>,
        path: &TreePath,
        mode: u32,
    ) -> Result<Dir, FileError> {
        let name = path.name();
        if !self.is_spelled_so(path)? {
            let spelling = spelling_in(place, name)?.filter(|spelling| spelling != name.as_encoded_bytes());
            match spelling {
                Some(spelling) if place.kind_of(name)?.is_some() => {
                    place.rename_over(os(&spelling), name)?;
                }
                _ if is_listed(place, name)? => {}
                _ => return place.make_child(name, mode),
            }
        }
        match place.child(name)? {
            Some(child) => Ok(child),
            None => place.make_child(name, mode),
        }
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
            if !self.is_spelled_so(&parent)? {
                return Ok(());
            }
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

/// Whether `place` has an entry that is spelled so.
fn is_listed(place: &Dir, name: &OsStr) -> Result<bool, FileError> {
    Ok(spelling_in(place, name)?.is_some_and(|spelling| spelling == name.as_encoded_bytes()))
}

/// How the entry that is found by `name` is spelled in `place`.
fn spelling_in(place: &Dir, name: &OsStr) -> Result<Option<Vec<u8>>, FileError> {
    let bytes = name.as_encoded_bytes();
    let entries = match place.entries() {
        // What may not be listed is taken at its word.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Ok(Some(bytes.to_owned()));
        }
        entries => entries?,
    };
    let entries: Vec<_> = entries.into_iter().map(|entry| entry.name.into_encoded_bytes()).collect();
    if entries.iter().any(|entry| entry == bytes || policy::is_composed_otherwise(entry, bytes)) {
        return Ok(Some(bytes.to_owned()));
    }
    let folded = policy::fold(bytes);
    Ok(entries.into_iter().find(|entry| policy::fold(entry) == folded))
}
