//! Puts back what was there before an apply: on the user's word, or because it was killed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use handoff_files::{Dir, Kind};

use super::change::{Aside, install, same};
use super::durable::sync;
use super::record::{
    INDEX_AFTER, INDEX_BEFORE, INDEX_NOW, NEW, Node, OLD, Recorded, State, Was, entries, hash_of,
};
use crate::commits::move_back;
use crate::error::{BundleError, Refusal};
use crate::git::Git;
use crate::layout::Handover;
use crate::path::TreePath;
use crate::repository::{Repository, copy, taken};
use crate::tree::{Parent, Tree};
use crate::trust::Keyring;

/// What was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The bundle that had been applied.
    pub bundle: String,
    /// Whether the apply had been interrupted.
    pub interrupted: bool,
    /// The files and links that were put back or removed.
    pub paths: Vec<TreePath>,
    /// The bundle's directory, if it waits there again.
    pub waits: Option<PathBuf>,
    /// Where the branch was moved forward for it: the commit where the branch was before, and whether it is there again.
    pub branch: Option<(String, bool)>,
}

impl Handover {
    /// Whether anything lies where records would be. Cheap, and needs no key.
    ///
    /// # Errors
    /// What the system says.
    pub fn may_have_records(&self) -> Result<bool, BundleError> {
        Ok(self.dir().kind_of(super::UNDO)?.is_some())
    }

    /// The bundle whose apply was interrupted, if one was. Cheap where nothing ever was applied.
    ///
    /// # Errors
    /// [`BundleError::Busy`] while it is still going on; what the system says.
    pub fn interrupted(&self, keyring: &Keyring) -> Result<Option<String>, BundleError> {
        if self.newest_record(keyring, false)?.filter(Recorded::is_begun).is_none() {
            return Ok(None);
        }
        // It may just be going on.
        let _lock = self.lock()?;
        Ok(self
            .newest_record(keyring, true)?
            .filter(Recorded::is_begun)
            .map(|record| record.bundle().to_owned()))
    }

    /// Rolls an interrupted apply back, and makes its bundle pending again. None when none was interrupted.
    ///
    /// # Errors
    /// As for [`Handover::undo`].
    pub fn recover(&self, git: &Git, keyring: &Keyring) -> Result<Option<Undone>, BundleError> {
        if !self.may_have_records()? {
            return Ok(None);
        }
        let _lock = self.lock()?;
        let Some(recorded) = self.newest_record(keyring, true)?.filter(Recorded::is_begun) else {
            return Ok(None);
        };
        self.put_back(git, recorded).map(Some)
    }

    /// Puts everything back as it was before the last apply: files, modes, links and git's index, to the byte; and makes
    /// the bundle pending again.
    ///
    /// # Errors
    /// [`BundleError::NothingToUndo`]; [`Refusal::ChangedSince`], [`Refusal::HeadMoved`] and [`Refusal::IndexMoved`]
    /// when that would overwrite what the user did since, with nothing changed; [`BundleError::Busy`];
    /// [`BundleError::Unfinished`] when it can be tried again; git's and the system's.
    pub fn undo(&self, git: &Git, keyring: &Keyring) -> Result<Undone, BundleError> {
        let _lock = self.lock()?;
        let recorded = self.newest_record(keyring, true)?.ok_or(BundleError::NothingToUndo)?;
        self.put_back(git, recorded)
    }

    fn put_back(&self, git: &Git, mut recorded: Recorded) -> Result<Undone, BundleError> {
        let repository = Repository::open(git, self.top())?;
        let tree = Tree::open(self.top())?.telling_apart(recorded.paths());
        recorded.sweep(&repository, &tree)?;
        let interrupted = recorded.is_begun();
        if !interrupted {
            // What it could tell of an apply that was interrupted is not true of one that is undone.
            recorded.dir.remove_all(NEW)?;
        }
        let kept = recorded.check(&repository, &tree)?;
        recorded.check_writable(&repository, &tree, &kept)?;
        if !interrupted {
            // From here on it is neither applied nor undone, and the next command is to know. Where there is no room to
            // say so, it is undone all the same.
            let _ = recorded.mark(State::Begun);
        }
        let restored =
            recorded.restore_files(&tree, &kept).and_then(|()| recorded.restore_index(&repository));
        restored.map_err(|error| BundleError::Unfinished(Box::new(error)))?;
        let mut undone = Undone {
            bundle: recorded.bundle().to_owned(),
            interrupted,
            paths: recorded.nodes_but(&kept).map(|(_, node)| node.path.clone()).collect(),
            waits: recorded.give_back(),
            branch: None,
        };
        let (head, moved) = (recorded.record.head.clone(), recorded.record.moved.clone());
        recorded.remove()?;
        // Last: killed before this, the commits are there and nothing else is.
        if let (Some(head), Some(moved)) = (head, moved) {
            let is_back = move_back(&repository, &head, &moved).unwrap_or(false);
            undone.branch = Some((moved.from, is_back));
        }
        Ok(undone)
    }
}

impl Recorded {
    /// Removes what a kill left on its way: our own lock on the index, and files without their name yet.
    fn sweep(&self, repository: &Repository<'_>, tree: &Tree) -> Result<(), BundleError> {
        let git_dir = &repository.git_dir;
        git_dir.remove("handover-index.tmp")?;
        for ours in [INDEX_AFTER, INDEX_BEFORE, INDEX_NOW] {
            let there = self.dir.kind_of(ours)?.is_some() && git_dir.kind_of("index.lock")?.is_some();
            if there && same(git_dir, "index.lock", &self.dir, Some(ours))? {
                git_dir.remove("index.lock")?;
            }
        }
        for (number, node) in self.record.nodes.iter().enumerate() {
            if let Parent::There(place) = tree.parent(&node.path)? {
                place.remove(self.temporary(number))?;
            }
        }
        Ok(())
    }

    /// Everything is as it was before or after the apply; or, of one that was interrupted, was changed by another program
    /// before the apply came to it. Gives the numbers of those, which stay.
    fn check(&self, repository: &Repository<'_>, tree: &Tree) -> Result<BTreeSet<usize>, BundleError> {
        let call = repository.call("rev-parse").args(["--quiet", "--verify", "HEAD"]).accept(1);
        let (head, code) = call.output(Vec::new(), 1 << 10)?;
        let head = (code == 0).then(|| String::from_utf8_lossy(head.trim_ascii_end()).into_owned());
        if head != self.record.head {
            return Err(Refusal::HeadMoved { was: self.record.head.clone(), now: head }.into());
        }
        let (new, old) = (self.dir.child(NEW)?, self.dir.child(OLD)?);
        let (mut changed, mut untouched) = (Vec::new(), BTreeSet::new());
        for (number, node) in self.record.nodes.iter().enumerate() {
            let now = Was::now(tree, &node.path)?;
            if now.as_ref() == Some(&node.before) || now.as_ref() == Some(&node.after) {
                continue;
            }
            match reached(new.as_ref(), old.as_ref(), number, node)? {
                Reached::No => drop(untouched.insert(number)),
                // Another file was about to be put there.
                Reached::Halfway if now == Some(Was::Absent) => {}
                Reached::Halfway | Reached::Unknown => changed.push(node.path.clone()),
            }
        }
        changed.extend(self.in_the_way(tree)?);
        if !changed.is_empty() {
            return Err(Refusal::ChangedSince(changed).into());
        }
        let kept = self.changed_copies(tree, repository)?;
        if !kept.is_empty() {
            return Err(Refusal::RecordChanged(kept).into());
        }
        if !self.index_is_before(repository)? && !self.index_is_after(repository)? {
            // What was applied was applied to a clean worktree, whose index said what HEAD has.
            let way = if head.is_some() { "git restore --staged ." } else { "git rm -r --cached ." };
            return Err(Refusal::IndexMoved(way).into());
        }
        Ok(untouched)
    }

    /// What has to be written to can be: the working tree, the record, the index and the claim.
    fn check_writable(
        &self,
        repository: &Repository<'_>,
        tree: &Tree,
        kept: &BTreeSet<usize>,
    ) -> Result<(), BundleError> {
        let nodes = self.nodes_but(kept).filter(|(_, node)| node.before != node.after);
        let mut refused = tree.not_writable(nodes.map(|(_, node)| &node.path));
        if self.within.check_writable().is_err() {
            refused.push(self.within.path().to_owned());
        }
        if self.has_new_index(repository)? && repository.git_dir.check_writable().is_err() {
            refused.push(repository.git_dir.path().to_owned());
        }
        if let Some(source) = self.claimed()?.filter(|source| source.check_writable().is_err()) {
            refused.push(source.path().to_owned());
        }
        if refused.is_empty() { Ok(()) } else { Err(Refusal::NotWritable(refused).into()) }
    }

    /// Whether git has the index that the apply made.
    fn has_new_index(&self, repository: &Repository<'_>) -> Result<bool, BundleError> {
        Ok(self.record.index_after.is_some()
            && hash_of(&repository.git_dir, "index")? != self.record.index_before
            && self.index_is_after(repository)?)
    }

    /// The nodes without those of the numbers `kept`.
    fn nodes_but<'r>(&'r self, kept: &BTreeSet<usize>) -> impl DoubleEndedIterator<Item = (usize, &'r Node)> {
        self.record.nodes.iter().enumerate().filter(|(number, _)| !kept.contains(number))
    }

    /// The copies of what was there before that are needed, and are not what was copied.
    fn changed_copies(&self, tree: &Tree, repository: &Repository<'_>) -> Result<Vec<PathBuf>, BundleError> {
        let (old, mut changed) = (self.dir.child(OLD)?, Vec::new());
        for (number, node) in self.record.nodes.iter().enumerate() {
            if node.before == Was::Absent || Was::now(tree, &node.path)?.as_ref() == Some(&node.before) {
                continue;
            }
            let name = number.to_string();
            let copy = old.as_ref().map(|old| Was::of(old, OsStr::new(&name))).transpose()?.flatten();
            if copy.as_ref() != Some(&node.before) {
                changed.push(self.dir.path_of(OLD).join(name));
            }
        }
        if self.is_begun() {
            changed.extend(self.not_compared()?);
            changed.sort();
            changed.dedup();
        }
        let before = &self.record.index_before;
        let is_needed = before.is_some() && hash_of(&repository.git_dir, "index")? != *before;
        if is_needed && hash_of(&self.dir, INDEX_BEFORE)? != *before {
            changed.push(self.dir.path_of(INDEX_BEFORE));
        }
        Ok(changed)
    }

    /// What an apply or an undo took out of the working tree, was killed before it compared it, and is another program's.
    fn not_compared(&self) -> Result<Vec<PathBuf>, BundleError> {
        let mut found = Vec::new();
        for name in [NEW, OLD] {
            let Some(dir) = self.dir.child(name)? else { continue };
            for (number, node) in self.record.nodes.iter().enumerate() {
                let number = number.to_string();
                for file in [Dir::aside(&number, node.path.name()), number.into()] {
                    let there = Was::of(&dir, &file)?;
                    let known = [Some(&Was::Absent), Some(&node.before), Some(&node.after)];
                    if !known.contains(&there.as_ref()) {
                        found.push(dir.path_of(file));
                    }
                }
            }
        }
        Ok(found)
    }

    /// What stands where a directory has to be again, or in a directory where a file has to be, and is not ours.
    fn in_the_way(&self, tree: &Tree) -> Result<Vec<TreePath>, BundleError> {
        let mut found = Vec::new();
        for (path, _) in &self.record.directories {
            let there = tree.look(path)?.is_some_and(|there| there.kind != Kind::Directory);
            if there && !self.record.nodes.iter().any(|node| node.path == *path) {
                found.push(path.clone());
            }
        }
        for node in self.record.nodes.iter().filter(|node| node.before != Was::Absent) {
            if tree.look(&node.path)?.is_some_and(|there| there.kind == Kind::Directory) {
                self.foreign_within(tree, &node.path, &mut found)?;
            }
        }
        Ok(found)
    }

    fn foreign_within(
        &self,
        tree: &Tree,
        directory: &TreePath,
        found: &mut Vec<TreePath>,
    ) -> Result<(), BundleError> {
        let Some(dir) = tree.there(directory)?.child(directory.name())? else { return Ok(()) };
        for entry in dir.entries()? {
            let name = entry.name.as_encoded_bytes();
            let path = TreePath::new([directory.as_bytes(), b"/", name].concat());
            match entry.kind {
                Kind::Directory => self.foreign_within(tree, &path, found)?,
                _ if self.record.nodes.iter().any(|node| node.path == path) => {}
                _ => found.push(path),
            }
        }
        Ok(())
    }

    fn index_is_before(&self, repository: &Repository<'_>) -> Result<bool, BundleError> {
        Ok(hash_of(&repository.git_dir, "index")? == self.record.index_before
            || entries(repository)? == self.record.entries_before)
    }

    fn index_is_after(&self, repository: &Repository<'_>) -> Result<bool, BundleError> {
        Ok(self.record.index_after.is_some()
            && (hash_of(&repository.git_dir, "index")? == self.record.index_after
                || entries(repository)? == self.record.entries_after))
    }

    fn restore_files(&self, tree: &Tree, kept: &BTreeSet<usize>) -> Result<(), BundleError> {
        let old = self.dir.child(OLD)?.ok_or_else(|| taken(&self.dir, OLD))?;
        let nodes = &self.record.nodes;
        for (number, node) in self.nodes_but(kept).rev().filter(|(_, node)| node.before == Was::Absent) {
            if tree.is_spelled_so(&node.path)?
                && let Parent::There(place) = tree.parent(&node.path)?
            {
                // Of an undo that was killed.
                old.remove(number.to_string())?;
                let aside = Aside { dir: &old, number, temporary: &self.temporary(number) };
                aside.take(&place, &node.path, &node.after)?;
            }
        }
        for path in self.record.new_directories.iter().rev() {
            if tree.look(path)?.is_some_and(|found| found.kind == Kind::Directory) {
                // What the user put there since keeps it.
                tree.there(path)?.remove_child(path.name())?;
            }
        }
        let bits = |path: &TreePath| {
            let known = self.record.directories.iter().find(|(directory, _)| directory == path);
            known.map_or(0o777, |(_, mode)| *mode)
        };
        for (path, _) in &self.record.directories {
            if tree.look(path)?.is_none() {
                let place = tree.make_parent(path, bits)?;
                tree.make_directory(&place, path, bits(path))?;
            }
        }
        for (number, node) in self.nodes_but(kept).filter(|(_, node)| node.before != Was::Absent) {
            let now = Was::now(tree, &node.path)?;
            if now.as_ref() == Some(&node.before) {
                continue;
            }
            let place = tree.make_parent(&node.path, bits)?;
            let expected = if now == Some(Was::Absent) { &Was::Absent } else { &node.after };
            let aside = Aside { dir: &old, number, temporary: &self.temporary(number) };
            aside.put(&place, &node.path, expected, nodes.len())?;
            if Was::now(tree, &node.path)?.as_ref() != Some(&node.before) {
                return Err(
                    Refusal::RecordChanged(vec![self.dir.path_of(OLD).join(number.to_string())]).into()
                );
            }
        }
        sync(tree, nodes)
    }

    /// Puts the old index back, to the byte, where git has the new one.
    fn restore_index(&self, repository: &Repository<'_>) -> Result<(), BundleError> {
        if !self.has_new_index(repository)? {
            return Ok(());
        }
        // It may have been written again by git, with other times in it: what is there now is what is replaced.
        self.dir.remove(INDEX_NOW)?;
        let there = copy(&repository.git_dir, OsStr::new("index"), &self.dir, OsStr::new(INDEX_NOW))?;
        let before = self.record.index_before.as_deref().map(|hash| (INDEX_BEFORE, hash));
        install(repository, &self.dir, there.then_some(INDEX_NOW), before)
    }
}

/// How far an apply or an undo that was interrupted came with a path, as what lies in its record tells.
enum Reached {
    /// The apply did not come to it.
    No,
    /// What was there is taken away, and what comes is not there yet.
    Halfway,
    /// It may have been changed.
    Unknown,
}

fn reached(new: Option<&Dir>, old: Option<&Dir>, number: usize, node: &Node) -> Result<Reached, BundleError> {
    let number = number.to_string();
    let aside = Dir::aside(&number, node.path.name());
    for dir in new.into_iter().chain(old) {
        if dir.kind_of(&aside)?.is_some() {
            return Ok(Reached::Halfway);
        }
    }
    let Some(new) = new else { return Ok(Reached::Unknown) };
    let is_no = Was::of(new, OsStr::new(&number))?.as_ref() == Some(&node.after);
    Ok(if is_no { Reached::No } else { Reached::Unknown })
}
