//! Changes working tree and index.

use std::ffi::OsStr;

use handoff_files::{Dir, FileError, Kind, Replaced};

use super::durable::{Durable, sync};
use super::record::{INDEX_AFTER, INDEX_BEFORE, NEW, Recorded, State, Was, hash_of};
use crate::error::{BundleError, Refusal};
use crate::path::TreePath;
use crate::repository::{Repository, copy, taken};
use crate::tree::{Parent, Place, Tree};

impl Recorded {
    /// Changes the working tree, then the index, and notes that it is done. What was replaced or removed stays in the record
    /// until then: it tells what was changed already.
    pub(super) fn change(mut self, repository: &Repository<'_>, tree: &Tree) -> Result<(), BundleError> {
        let new = self.dir.child(NEW)?.ok_or_else(|| taken(&self.dir, NEW))?;
        let nodes = &self.record.nodes;
        for (number, node) in nodes.iter().enumerate().rev().filter(|(_, node)| node.after == Was::Absent) {
            if tree.is_spelled_so(&node.path)?
                && let Parent::There(place) = tree.parent(&node.path)?
            {
                let aside = Aside { dir: &new, number, temporary: &self.temporary(number) };
                aside.take(&place, &node.path, &node.before)?;
            }
            remove_empty_parents(tree, &node.path)?;
        }
        for (number, node) in nodes.iter().enumerate().filter(|(_, node)| node.after != Was::Absent) {
            let place = tree.make_parent(&node.path, |_| 0o777)?;
            let aside = Aside { dir: &new, number, temporary: &self.temporary(number) };
            aside.put(&place, &node.path, &node.before, nodes.len())?;
            if Was::of(&place, node.path.name())?.as_ref() != Some(&node.after) {
                return Err(Refusal::Unfaithful(node.path.clone()).into());
            }
        }
        sync(tree, nodes)?;
        if let Some(hash) = &self.record.index_after {
            let before = self.record.index_before.as_ref().map(|_| INDEX_BEFORE);
            install(repository, &self.dir, before, Some((INDEX_AFTER, hash)))?;
        }
        self.mark(State::Done)?;
        // It is only in the way of disk space.
        let _ = self.dir.remove_all(NEW);
        self.forget_older();
        Ok(())
    }

    /// What a file is called in its directory until it has its name, where that is on another file system.
    pub(super) fn temporary(&self, number: usize) -> String {
        format!(".agent-handoff-tmp-{}-{number}", self.name)
    }
}

/// Removes the directories above `path` that are empty now, as git does.
fn remove_empty_parents(tree: &Tree, path: &TreePath) -> Result<(), BundleError> {
    let parents: Vec<_> = path.parents().collect();
    for parent in parents.iter().rev() {
        if let Parent::There(place) = tree.parent(parent)?
            && place.kind_of(parent.name())? == Some(Kind::Directory)
            && !place.remove_child(parent.name())?
        {
            break;
        }
    }
    Ok(())
}

/// Where the content of a path lies beside the working tree: the file or link `number` of `dir`.
pub(super) struct Aside<'a> {
    pub(super) dir: &'a Dir,
    pub(super) number: usize,
    /// What it is called beside its place, where that is on another file system.
    pub(super) temporary: &'a str,
}

impl Aside<'_> {
    /// Puts it, one of `count`, in the place of what stands at `path` in `place`, at once, provided that is `expected`; what
    /// stood there lies here then. [`sync`] has to follow.
    pub(super) fn put(
        &self,
        place: &Place<'_>,
        path: &TreePath,
        expected: &Was,
        count: usize,
    ) -> Result<(), BundleError> {
        let (name, source) = (path.name(), self.number.to_string());
        if place.kind_of(name)? == Some(Kind::Directory) && !place.remove_child(name)? {
            return Err(Refusal::InTheWay(vec![path.clone()]).into());
        }
        let is_put = match exchange(self.dir, &source, place, name, expected) {
            Err(BundleError::File(error)) if error.kind() == std::io::ErrorKind::CrossesDevices => {
                self.copy_beside(place, &source, count)?;
                let put = exchange(place, self.temporary, place, name, expected)?;
                place.remove(self.temporary)?;
                put
            }
            other => other?,
        };
        if is_put { Ok(()) } else { Err(Refusal::ChangedMeanwhile(vec![path.clone()]).into()) }
    }

    /// Takes what stands at `path` in `place` away, provided that is `expected`; it lies here then.
    pub(super) fn take(&self, place: &Place<'_>, path: &TreePath, expected: &Was) -> Result<(), BundleError> {
        let (name, number) = (path.name(), self.number.to_string());
        // A directory stands for nothing.
        if place.kind_of(name)?.is_none_or(|kind| kind == Kind::Directory) {
            return Ok(());
        }
        let is_expected = |dir: &Dir, name: &OsStr| is_at(dir, name, expected);
        let taken = match place.move_away_if(name, self.dir, &number, is_expected) {
            Err(BundleError::File(error)) if error.kind() == std::io::ErrorKind::CrossesDevices => {
                let taken = place.move_away_if(name, place, self.temporary, is_expected)?;
                if taken == Replaced::Done {
                    place.remove(self.temporary)?;
                }
                taken
            }
            other => other?,
        };
        match taken {
            Replaced::Done => Ok(()),
            Replaced::Differs => Err(Refusal::ChangedMeanwhile(vec![path.clone()]).into()),
        }
    }

    fn copy_beside(&self, place: &Place<'_>, source: &str, count: usize) -> Result<(), BundleError> {
        place.remove(self.temporary)?;
        match self.dir.look(source)? {
            Some(found) if found.kind == Kind::Link => {
                place.make_link(self.temporary, &self.dir.read_link(source)?)?;
            }
            found => {
                copy(self.dir, OsStr::new(source), place, OsStr::new(self.temporary))?;
                let mut file = place.open_file(self.temporary)?;
                Durable::of(place, count).written(&mut file)?;
                file.set_mode(found.map_or(0o600, |found| found.mode))?;
            }
        }
        Ok(())
    }
}

/// Gives `source` of `from` the name `name` in `place`, provided that `expected` stands there, which has the name `source`
/// then; false, and nothing is changed, if something else does.
fn exchange(
    from: &Dir,
    source: &str,
    place: &Dir,
    name: &OsStr,
    expected: &Was,
) -> Result<bool, BundleError> {
    if *expected == Was::Absent {
        return Ok(from.rename_new(source, place, name)?);
    }
    let replaced = from.replace_if(source, place, name, |dir, name| is_at(dir, name, expected))?;
    Ok(replaced == Replaced::Done)
}

fn is_at(dir: &Dir, name: &OsStr, expected: &Was) -> Result<bool, BundleError> {
    Ok(Was::of(dir, name)?.as_ref() == Some(expected))
}

/// Puts the index `after` of `dir` in the place of `before`; None: no index. As git does it: whoever makes `index.lock`
/// may, and it is made whole, so that its owner is known. `after` is refused unless it has the BLAKE3 beside it.
pub(super) fn install(
    repository: &Repository<'_>,
    dir: &Dir,
    before: Option<&str>,
    after: Option<(&str, &str)>,
) -> Result<(), BundleError> {
    const TEMPORARY: &str = "handover-index.tmp";
    const LOCK: &str = "index.lock";
    let git_dir = &repository.git_dir;
    git_dir.remove(TEMPORARY)?;
    // Also a lock that only guards a removal says something: an empty one could be git's, and nobody would remove it.
    match after.map(|(index, _)| index).or(before) {
        Some(index) => drop(copy(dir, OsStr::new(index), git_dir, OsStr::new(TEMPORARY))?),
        None => crate::repository::write(git_dir, TEMPORARY, b"")?,
    }
    if let Some((index, hash)) = after
        && hash_of(git_dir, TEMPORARY)?.as_deref() != Some(hash)
    {
        git_dir.remove(TEMPORARY)?;
        return Err(Refusal::RecordChanged(vec![dir.path_of(index)]).into());
    }
    let mode = git_dir.look("index")?.map_or(0o644, |found| found.mode);
    let mut file = git_dir.open_file(TEMPORARY)?;
    file.set_mode(mode)?;
    file.sync()?;
    drop(file);
    if !git_dir.rename_new(TEMPORARY, git_dir, LOCK)? {
        git_dir.remove(TEMPORARY)?;
        return Err(Refusal::IndexLocked(git_dir.path_of("index")).into());
    }
    let unchanged = same(git_dir, "index", dir, before);
    if !matches!(unchanged, Ok(true)) {
        git_dir.remove(LOCK)?;
        unchanged?;
        return Err(Refusal::IndexChanged.into());
    }
    match after {
        Some(_) => git_dir.rename_over(LOCK, "index")?,
        None => {
            git_dir.remove("index")?;
            git_dir.remove(LOCK)?;
        }
    }
    Ok(git_dir.sync()?)
}

/// Whether the file `name` of `one` is the file `like` of `other`, byte for byte; without `like`, whether it is missing.
pub(super) fn same(one: &Dir, name: &str, other: &Dir, like: Option<&str>) -> Result<bool, BundleError> {
    let mut file = match one.open_to_read(name) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(like.is_none()),
        Err(error) => return Err(error.into()),
    };
    let Some(like) = like else { return Ok(false) };
    let mut expected = other.open_to_read(like)?;
    if file.size() != expected.size() {
        return Ok(false);
    }
    let hash = |file: &mut handoff_files::OpenFile| {
        let mut hasher = blake3::Hasher::new();
        let path = file.path().to_owned();
        std::io::copy(file.stream(), &mut hasher).map_err(FileError::new("read", &path))?;
        Ok::<_, FileError>(hasher.finalize())
    };
    Ok(hash(&mut file)? == hash(&mut expected)?)
}
