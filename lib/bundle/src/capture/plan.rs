//! What is uncommitted, and what of it is carried.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use handoff_files::{Found, Kind};

use super::{Attempt, Limits, Own, limits, special};
use crate::error::BundleError;
use crate::git::odd;
use crate::manifest::{NotCarried, Reason};
use crate::path::TreePath;
use crate::policy;
use crate::repository::{LARGE, Progress, Repository, Scratch, is_one};
use crate::status::{Change, ChangeKind, Entry, Status};
use crate::tree::Tree;

/// The mode of a submodule.
const GITLINK: &str = "160000";
/// How much `ls-files` may say, in bytes: a million files.
const LISTING: u64 = 256 << 20;

/// Everything that a capture has to do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) tree: Tree,
    pub(super) head: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) progress: Vec<Progress>,
    pub(super) paths: BTreeMap<TreePath, Planned>,
    /// What is staged of these is not carried, so they are in no patch of the index.
    pub(super) reset: Vec<TreePath>,
    pub(super) not_carried: BTreeSet<NotCarried>,
    pub(super) has_index: bool,
}

/// One path that is carried.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) head: Option<Entry>,
    pub(super) head_size: u64,
    pub(super) index: Option<Entry>,
    pub(super) index_size: u64,
    pub(super) intent: bool,
    /// The mode of the promise.
    pub(super) intent_mode: Option<String>,
    /// Where git looks at another mode than the disk has, as where the file system knows no executable bit.
    pub(super) git_mode: Option<String>,
    pub(super) found: Option<Found>,
    /// The index is as HEAD as far as this capture goes.
    pub(super) unmerged: bool,
    /// Left out of the working tree by a sparse checkout, which is no deletion.
    pub(super) sparse: bool,
}

impl Planned {
    pub(super) fn is_staged(&self) -> bool {
        !self.unmerged && self.head != self.index
    }

    /// Whether it is not checked out, and git takes it to be what is staged of it: so it is carried. Otherwise what is staged
    /// would look, where it is applied, as if the working tree took it back.
    pub(super) fn is_promised_by_index(&self) -> bool {
        self.sparse && self.is_staged() && self.index.is_some()
    }
}

impl Plan {
    pub(super) fn make(
        repository: &Repository<'_>,
        scratch: &Scratch<'_>,
        attempt: &Attempt<'_>,
    ) -> Result<Self, BundleError> {
        let has_index = scratch.copy_index("index")?;
        let status = Status::read(repository, true)?;
        let mut plan = Self {
            tree: Tree::open(&repository.top)?,
            head: status.head,
            branch: status.branch,
            progress: repository.progress()?,
            paths: BTreeMap::new(),
            reset: Vec::new(),
            not_carried: BTreeSet::new(),
            has_index,
        };
        let mut dropped = BTreeMap::new();
        let (unmerged, perhaps_promised) = plan.take(repository, status.changes, &mut dropped);
        plan.unmerged(repository, unmerged)?;
        plan.promised(repository, perhaps_promised)?;
        for (path, reason) in attempt.left.iter().filter(|(path, _)| plan.paths.contains_key(*path)) {
            dropped.entry(path.clone()).or_insert((*reason, None));
        }
        plan.tree = Tree::open(&repository.top)?.telling_apart(plan.paths.keys());
        plan.look(&mut dropped)?;
        plan.misspelled(repository, &mut dropped)?;
        plan.own(repository, attempt.own, &mut dropped)?;
        plan.measure(scratch, attempt.limits, &mut dropped)?;
        plan.names(scratch, &mut dropped);
        plan.drop_paths(dropped);
        plan.own_state(repository, status.own_state);
        plan.hidden_from_git(repository)?;
        let mut passed_over = status.ignored;
        passed_over.extend_from_slice(&repository.left_out);
        let special =
            if status.shows_untracked { special::find(&plan.tree, &passed_over)? } else { Vec::new() };
        for path in special {
            plan.not_carried.insert(NotCarried::new(path, Reason::SpecialFile, None));
        }
        for gitlink in status.unseen_submodules {
            plan.not_carried.insert(NotCarried::new(gitlink, Reason::Submodule, None));
        }
        limits::keep(&mut plan, attempt.limits);
        Ok(plan)
    }

    /// Takes what git says; gives the paths in conflict, and those that the index may only promise.
    fn take(
        &mut self,
        repository: &Repository<'_>,
        changes: Vec<Change>,
        dropped: &mut BTreeMap<TreePath, (Reason, Option<u64>)>,
    ) -> (Vec<TreePath>, Vec<TreePath>) {
        let (mut unmerged, mut perhaps_promised) = (Vec::new(), Vec::new());
        let empty = gix_hash::ObjectId::empty_blob(repository.format).to_string();
        for change in changes {
            match change.kind {
                ChangeKind::Tracked { head, index, mode, intent } => {
                    let is_link = |mode: Option<&str>| mode == Some(GITLINK);
                    let submodule = is_link(head.as_ref().map(|entry| &*entry.mode))
                        || is_link(index.as_ref().map(|entry| &*entry.mode))
                        || is_link(mode.as_deref());
                    if head == index && head.as_ref().is_some_and(|entry| entry.blob == empty) {
                        perhaps_promised.push(change.path.clone());
                    }
                    let planned = self.paths.entry(change.path.clone()).or_default();
                    (planned.head, planned.index) = (head, index);
                    (planned.git_mode, planned.intent) = (mode, intent);
                    if submodule {
                        dropped.insert(change.path, (Reason::Submodule, None));
                    }
                }
                ChangeKind::Unmerged => {
                    self.paths.entry(change.path.clone()).or_default().unmerged = true;
                    unmerged.push(change.path);
                }
                ChangeKind::Untracked => {
                    self.paths.entry(change.path).or_default();
                }
                ChangeKind::Nested => {
                    self.paths.entry(change.path.clone()).or_default();
                    let top = repository.top.join(crate::repository::os(change.path.as_bytes()));
                    let reason = if repository.is_linked_from(&top) {
                        Reason::MovedWorktree
                    } else {
                        Reason::NestedRepository
                    };
                    dropped.insert(change.path, (reason, None));
                }
            }
        }
        (unmerged, perhaps_promised)
    }

    fn base(&self, repository: &Repository<'_>) -> String {
        self.head.clone().unwrap_or_else(|| repository.empty_tree())
    }

    /// Asks for HEAD's version of what a merge left open, to which the index is reset.
    fn unmerged(&mut self, repository: &Repository<'_>, paths: Vec<TreePath>) -> Result<(), BundleError> {
        let mut heads = self.in_head(repository, &paths)?;
        for path in paths {
            self.not_carried.insert(NotCarried::new(path.clone(), Reason::UnmergedIndexEntry, None));
            if let Some(planned) = self.paths.get_mut(&path) {
                planned.head = heads.remove(&path);
            }
            self.reset.push(path);
        }
        Ok(())
    }

    /// Of a file that was promised to the index and is gone, git says the same as of an empty file that is gone. HEAD
    /// knows which it is.
    fn promised(&mut self, repository: &Repository<'_>, paths: Vec<TreePath>) -> Result<(), BundleError> {
        let heads = self.in_head(repository, &paths)?;
        for path in paths.iter().filter(|path| !heads.contains_key(*path)) {
            if let Some(planned) = self.paths.get_mut(path) {
                (planned.head, planned.index, planned.intent) = (None, None, true);
            }
        }
        Ok(())
    }

    /// HEAD's versions of some paths.
    fn in_head(
        &self,
        repository: &Repository<'_>,
        paths: &[TreePath],
    ) -> Result<BTreeMap<TreePath, Entry>, BundleError> {
        let mut found = BTreeMap::new();
        // Very many would make too long a command line.
        for some in paths.chunks(500) {
            let names = some.iter().map(|path| crate::repository::os(path.as_bytes()));
            let call = repository.call("ls-tree").args(["-z", "--full-tree"]).arg(self.base(repository));
            let (said, _) = call.arg("--").args(names).output(Vec::new(), LISTING)?;
            for record in said.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
                found.extend([tree_record(record).ok_or_else(|| odd("ls-tree", "no entry"))?]);
            }
        }
        Ok(found)
    }

    /// Looks at each in the working tree.
    fn look(&mut self, dropped: &mut BTreeMap<TreePath, (Reason, Option<u64>)>) -> Result<(), BundleError> {
        for (path, planned) in &mut self.paths {
            match self.tree.look(path)? {
                Some(found) if found.kind == Kind::Special => {
                    dropped.entry(path.clone()).or_insert((Reason::SpecialFile, None));
                }
                // What is in it has its own paths.
                Some(found) if found.kind == Kind::Directory => {}
                found => planned.found = found,
            }
        }
        Ok(())
    }

    /// Where the file system folds names, git finds a file by the name of another one that it tracks, and takes it for
    /// changed. What is on the disk is that of the name there, and of no other.
    fn misspelled(
        &self,
        repository: &Repository<'_>,
        dropped: &mut BTreeMap<TreePath, (Reason, Option<u64>)>,
    ) -> Result<(), BundleError> {
        if repository.knows_case {
            return Ok(());
        }
        let mut misspelled = Vec::new();
        for (path, _) in self.paths.iter().filter(|(_, planned)| planned.git_mode.is_some()) {
            let spelling = self.tree.spelling(path)?.filter(|spelling| spelling != path);
            misspelled.extend(spelling.map(|spelling| (path, spelling)));
        }
        for some in misspelled.chunks(500) {
            let names = some.iter().map(|(_, spelling)| crate::repository::os(spelling.as_bytes()));
            let call = repository.call("ls-files").args(["-z", "--"]).args(names);
            let (said, _) = call.output(Vec::new(), LISTING)?;
            let tracked: BTreeSet<&[u8]> = said.split(|byte| *byte == 0).collect();
            for (path, _) in some.iter().filter(|(_, spelling)| tracked.contains(spelling.as_bytes())) {
                dropped.entry((*path).clone()).or_insert((Reason::AmbiguousName, None));
            }
        }
        Ok(())
    }

    /// Drops what is nothing but our own wiring.
    fn own(
        &self,
        repository: &Repository<'_>,
        own: &[Own],
        dropped: &mut BTreeMap<TreePath, (Reason, Option<u64>)>,
    ) -> Result<(), BundleError> {
        for Own { path, before, now } in own {
            let Some(planned) = self.paths.get(path).filter(|_| !dropped.contains_key(path)) else {
                continue;
            };
            let mode = planned.head.as_ref().map_or("100644", |head| &*head.mode);
            let is = |entry: &Option<Entry>, content: &[u8]| match entry {
                Some(entry) => Ok(entry.mode == mode && entry.blob == repository.blob(content)?),
                None => Ok::<_, BundleError>(false),
            };
            let was = match before {
                Some(before) => is(&planned.head, before)?,
                None => planned.head.is_none(),
            };
            let staged = planned.unmerged
                || planned.intent
                || !(planned.head == planned.index || is(&planned.index, now)?);
            if was && !staged && self.has(path, planned, mode, now)? {
                dropped.insert(path.clone(), (Reason::OwnWiring, None));
            }
        }
        Ok(())
    }

    /// Whether a path has this mode and content now.
    fn has(&self, path: &TreePath, planned: &Planned, mode: &str, now: &[u8]) -> Result<bool, BundleError> {
        let Some(found) = planned.found.filter(|found| found.kind == Kind::File) else { return Ok(false) };
        let as_found = if found.mode & 0o100 == 0 { "100644" } else { "100755" };
        if planned.git_mode.as_deref().unwrap_or(as_found) != mode || found.size != now.len() as u64 {
            return Ok(false);
        }
        let file = self.tree.there(path)?.open_to_read(path.name());
        // What cannot be read is named as that.
        Ok(file.and_then(|mut file| file.read(found.size + 1)).is_ok_and(|content| content == now))
    }

    /// Asks how large the blobs are, and drops what is too large.
    fn measure(
        &mut self,
        scratch: &Scratch<'_>,
        limits: Limits,
        dropped: &mut BTreeMap<TreePath, (Reason, Option<u64>)>,
    ) -> Result<(), BundleError> {
        let mut blobs = BTreeSet::new();
        for (path, planned) in &self.paths {
            if !dropped.contains_key(path) {
                blobs.extend(planned.head.iter().chain(&planned.index).map(|entry| entry.blob.clone()));
            }
        }
        let names: Vec<_> = blobs.iter().map(String::as_str).collect();
        let sizes = scratch.sizes(&names)?;
        let sizes: BTreeMap<&str, Option<u64>> = names.into_iter().zip(sizes).collect();
        for (path, planned) in &mut self.paths {
            let size = |entry: &Option<Entry>| {
                // One that is not here (a partial clone) must not be asked for by a diff either.
                entry
                    .as_ref()
                    .map_or(0, |entry| sizes.get(&*entry.blob).copied().flatten().unwrap_or(u64::MAX))
            };
            (planned.head_size, planned.index_size) = (size(&planned.head), size(&planned.index));
            let staged = if planned.is_staged() { planned.index_size } else { 0 };
            let largest = planned.found.map_or(0, |found| found.size).max(staged);
            if largest > limits.max_file_bytes {
                dropped.entry(path.clone()).or_insert((Reason::TooLarge, Some(largest)));
            }
        }
        Ok(())
    }

    /// Drops names that could not be put back.
    fn names(&self, scratch: &Scratch<'_>, dropped: &mut BTreeMap<TreePath, (Reason, Option<u64>)>) {
        for path in self.paths.keys().filter(|path| policy::forbidden(path).is_some()) {
            dropped.entry(path.clone()).or_insert((Reason::ForbiddenName, None));
        }
        loop {
            // What only goes is in no other's way.
            let comes = |planned: &Planned| {
                planned.found.is_some() || planned.intent || planned.is_staged() && planned.index.is_some()
            };
            let left =
                self.paths.iter().filter(|(path, planned)| comes(planned) && !dropped.contains_key(*path));
            let left = left.map(|(path, _)| path);
            let Some((one, other)) =
                policy::one_file(left, &mut |one, other| is_one(scratch.dir(), one, other))
            else {
                return;
            };
            for path in [one, other] {
                dropped.insert(path, (Reason::AmbiguousName, None));
            }
        }
    }

    fn drop_paths(&mut self, dropped: BTreeMap<TreePath, (Reason, Option<u64>)>) {
        for (path, (reason, size)) in dropped {
            self.drop_path(path, reason, size);
        }
    }

    /// Leaves a path out of both patches.
    pub(super) fn drop_path(&mut self, path: TreePath, reason: Reason, size: Option<u64>) {
        self.remove_path(&path);
        self.not_carried.insert(NotCarried::new(path, reason, size));
    }

    /// The same, where it is named otherwise.
    pub(super) fn remove_path(&mut self, path: &TreePath) {
        if let Some(planned) = self.paths.remove(path)
            && planned.is_staged()
        {
            self.reset.push(path.clone());
        }
    }

    /// Names our own files, several of one directory by that.
    fn own_state(&mut self, repository: &Repository<'_>, paths: Vec<TreePath>) {
        let mut places: BTreeMap<TreePath, Vec<TreePath>> = BTreeMap::new();
        for path in &paths {
            let place = repository.left_out.iter().find(|directory| path.is_within(directory.as_bytes()));
            let place = place.cloned().or_else(|| path.parents().nth(1)).unwrap_or_else(|| path.clone());
            places.entry(place).or_default().push(path.clone());
        }
        for (place, paths) in places {
            let named = match &paths[..] {
                [path] => NotCarried::new(path.clone(), Reason::OwnState, None),
                several => {
                    let place = NotCarried::new(place, Reason::OwnState, None);
                    NotCarried { files: Some(several.len()), ..place }
                }
            };
            self.not_carried.insert(named);
        }
        // What is staged of them is in no patch either.
        self.reset.extend(paths);
    }

    /// Names what git is set not to look at, and is not as the index has it.
    fn hidden_from_git(&mut self, repository: &Repository<'_>) -> Result<(), BundleError> {
        let promised = |path: &TreePath| self.paths.get(path).is_some_and(|planned| planned.intent);
        for (path, entry, flag) in entries(repository, promised)? {
            let skipped = match flag {
                None => {
                    if let Some(planned) = self.paths.get_mut(&path) {
                        planned.intent_mode = Some(entry.mode);
                    }
                    continue;
                }
                Some(flag) => flag == Flag::SkipWorktree,
            };
            let differs = match self.tree.look(&path)? {
                None => !skipped,
                Some(found) => match found.kind {
                    Kind::File => !same_content(repository, &self.tree, &path, &entry)?,
                    Kind::Link => repository.blob(&self.tree.link(&path)?)? != entry.blob,
                    _ => true,
                },
            };
            if differs {
                self.drop_path(path, Reason::HiddenFromGit, None);
            } else if let Some(planned) = self.paths.get_mut(&path) {
                planned.sparse = planned.found.is_none();
                // What is staged of it is read at once, see [`Planned::is_promised_by_index`].
                let is_large = planned.head_size.max(planned.index_size) > LARGE;
                if planned.is_promised_by_index() && is_large {
                    self.drop_path(path, Reason::HiddenFromGit, None);
                }
            }
        }
        Ok(())
    }
}

/// Reads `<mode> blob <blob>\t<path>`.
pub(crate) fn tree_record(record: &[u8]) -> Option<(TreePath, Entry)> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let mut words = std::str::from_utf8(&record[..tab]).ok()?.split(' ');
    let (mode, _, blob) = (words.next()?, words.next()?, words.next()?);
    Some((TreePath::new(&record[tab + 1..]), Entry::new(mode, blob)?))
}

/// What git is set to do with an index entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    AssumeUnchanged,
    SkipWorktree,
}

/// Every path that git is set not to look at.
pub(crate) fn hidden(repository: &Repository<'_>) -> Result<Vec<TreePath>, BundleError> {
    Ok(entries(repository, |_| false)?.into_iter().map(|(path, ..)| path).collect())
}

/// The index entries that git is set not to look at, and those that are `wanted`.
fn entries(
    repository: &Repository<'_>,
    wanted: impl Fn(&TreePath) -> bool,
) -> Result<Vec<(TreePath, Entry, Option<Flag>)>, BundleError> {
    let call = repository.call("ls-files").args(["-v", "--stage", "-z"]);
    let (found, _) = call.read(Vec::new(), |stdout| {
        let mut found = Vec::new();
        for record in std::io::BufReader::new(stdout).split(0) {
            let record = record.map_err(crate::git::failed("ls-files"))?;
            // "H 100644 <blob> 0\t<path>"; lower case: assume-unchanged, S: skip-worktree.
            let Some((tag, rest)) = record.split_first() else { continue };
            let flag = match tag {
                b'S' | b's' => Some(Flag::SkipWorktree),
                tag if tag.is_ascii_lowercase() => Some(Flag::AssumeUnchanged),
                _ => None,
            };
            let tab = rest.iter().position(|byte| *byte == b'\t');
            let (words, path) = rest.split_at(tab.ok_or_else(|| odd("ls-files", "no path"))?);
            let path = TreePath::new(&path[1..]);
            if flag.is_none() && !wanted(&path) {
                continue;
            }
            let mut words = words[1..].split(|byte| *byte == b' ').map(String::from_utf8_lossy);
            let entry = words.next().zip(words.next()).and_then(|(mode, blob)| Entry::new(&mode, &blob));
            let entry = entry.ok_or_else(|| odd("ls-files", "no entry"))?;
            if entry.mode != GITLINK && entry.mode != "040000" {
                found.push((path, entry, flag));
            }
        }
        Ok(found)
    })?;
    Ok(found)
}

/// Whether the file is what the index has, as it lies there or as git would take it in.
fn same_content(
    repository: &Repository<'_>,
    tree: &Tree,
    path: &TreePath,
    entry: &Entry,
) -> Result<bool, BundleError> {
    let Ok(mut file) = tree.there(path)?.open_to_read(path.name()) else { return Ok(false) };
    let mut hasher = repository.blob_hasher(file.size());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = std::io::Read::read(file.stream(), &mut buffer)
            .map_err(handoff_files::FileError::new("read", &repository.top))?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
    }
    if crate::repository::finish(hasher)? == entry.blob {
        return Ok(true);
    }
    let name = crate::repository::os(path.as_bytes());
    // A filter that fails: then it is named rather than passed over.
    let said = repository.call("hash-object").arg("--").arg(name).output(Vec::new(), 1 << 10);
    Ok(said.is_ok_and(|(said, _)| said.trim_ascii_end() == entry.blob.as_bytes()))
}
