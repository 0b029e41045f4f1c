//! Changes working tree and index.

use std::ffi::OsStr;

use handoff_files::{Dir, FileError, Kind};

use super::durable::{Durable, sync};
use super::record::{INDEX_AFTER, INDEX_BEFORE, NEW, Node, Recorded, State, Was, hash_of};
use crate::error::{BundleError, Refusal};
use crate::path::TreePath;
use crate::repository::{Repository, copy, taken};
use crate::tree::{Parent, Place, Tree};

impl Recorded {
    /// Changes the working tree, then the index, looks at what came of it, and notes that it is done.
    pub(super) fn change(mut self, repository: &Repository<'_>, tree: &Tree) -> Result<(), BundleError> {
        let missing = || taken(&self.dir, NEW);
        let new = self.dir.child(NEW)?.ok_or_else(missing)?;
        let nodes = &self.record.nodes;
        for node in nodes.iter().rev().filter(|node| node.after == Was::Absent) {
            self.expect(tree, node)?;
            remove(tree, &node.path)?;
        }
        for (number, node) in nodes.iter().enumerate().filter(|(_, node)| node.after != Was::Absent) {
            self.expect(tree, node)?;
            let place = tree.make_parent(&node.path, |_| 0o777)?;
            put_node(&new, number, &place, node, &self.temporary(number), nodes.len())?;
        }
        for node in nodes {
            if Was::now(tree, &node.path)?.as_ref() != Some(&node.after) {
                return Err(Refusal::Unfaithful(node.path.clone()).into());
            }
        }
        sync(tree, nodes)?;
        if let Some(hash) = &self.record.index_after {
            let before = self.record.index_before.as_ref().map(|_| INDEX_BEFORE);
            install(repository, &self.dir, before, Some((INDEX_AFTER, hash)))?;
        }
        self.mark(State::Done)?;
        self.forget_older();
        Ok(())
    }

    /// Somebody may have written to it since it was looked at.
    fn expect(&self, tree: &Tree, node: &Node) -> Result<(), BundleError> {
        match Was::now(tree, &node.path)?.as_ref() == Some(&node.before) {
            true => Ok(()),
            false => Err(Refusal::Dirty(vec![node.path.clone()]).into()),
        }
    }

    /// What a file is called in its directory until it has its name, where that is on another file system.
    pub(super) fn temporary(&self, number: usize) -> String {
        format!(".agent-handoff-tmp-{}-{number}", self.name)
    }
}

/// Removes a file or link, and the directories above it that are empty then, as git does.
pub(super) fn remove(tree: &Tree, path: &TreePath) -> Result<(), BundleError> {
    if tree.look(path)?.is_some_and(|found| found.kind != Kind::Directory) {
        tree.there(path)?.remove(path.name())?;
    }
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

/// Puts the file or link `number` of `from`, one of `count`, in the place of what stands there, at once; [`sync`] has to
/// follow.
pub(super) fn put_node(
    from: &Dir,
    number: usize,
    place: &Place<'_>,
    node: &Node,
    temporary: &str,
    count: usize,
) -> Result<(), BundleError> {
    let (name, source) = (node.path.name(), number.to_string());
    if place.kind_of(name)? == Some(Kind::Directory) && !place.remove_child(name)? {
        return Err(Refusal::InTheWay(vec![node.path.clone()]).into());
    }
    match from.rename_into(&source, place, name) {
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => {
            place.remove(temporary)?;
            match from.look(&source)? {
                Some(found) if found.kind == Kind::Link => {
                    place.make_link(temporary, &from.read_link(&source)?)?;
                }
                found => {
                    copy(from, OsStr::new(&source), place, OsStr::new(temporary))?;
                    let mut file = place.open_file(temporary)?;
                    Durable::of(place, count).written(&mut file)?;
                    file.set_mode(found.map_or(0o600, |found| found.mode))?;
                }
            }
            place.rename_over(temporary, name)?;
        }
        other => other?,
    }
    Ok(())
}

/// Puts the index `after` of `dir` in the place of `before`; None: no index. As git does it: whoever makes `index.lock`
/// may, and it is made whole, so that whose it is can be told. `after` is refused unless it has the BLAKE3 beside it.
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
