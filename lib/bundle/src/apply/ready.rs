//! Makes everything ready beside the working tree.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;

use handoff_files::{Dir, FileError, Kind};

use super::build::{Built, Made};
use super::durable::Durable;
use super::preflight::{Target, still_clean};
use super::record::{
    INDEX_AFTER, INDEX_BEFORE, NEW, Node, OLD, RECORD, Record, Recorded, State, Was, entries, hash_entries,
    hash_of,
};
use super::{Applied, ApplyOptions};
use crate::bundle::{Claim, Trusted};
use crate::error::{BundleError, Refusal};
use crate::git::{failed, odd};
use crate::layout::{Hidden, put};
use crate::manifest::File;
use crate::path::TreePath;
use crate::policy;
use crate::repository::{Repository, Scratch, copy, is_one, taken};
use crate::tree::Tree;
use crate::trust::RecordSeal;

/// What the new index is made in.
const INDEX: &str = "index-after";
/// The longest target of a link, in bytes.
const MAX_LINK_BYTES: u64 = 4096;

/// Everything, ready to be put in place.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) applied: Applied,
    pub(super) record: Record,
}

/// Paths with what becomes of them; `None` where it is removed.
type Outcomes = BTreeMap<TreePath, Option<Made>>;

/// What an apply is prepared from, and where.
pub(super) struct Preparation<'a> {
    pub(super) repository: &'a Repository<'a>,
    pub(super) scratch: &'a Scratch<'a>,
    /// Where everything is made ready.
    pub(super) dir: &'a Dir,
    pub(super) bundle: &'a Trusted,
    pub(super) target: Target,
    pub(super) options: ApplyOptions,
    /// Whether it will be put in place, not only checked: then the blobs that the new index needs are brought into the
    /// repository, when nothing speaks against it any more.
    pub(super) keep: bool,
}

/// Git's index before and after: hashes of the file and of its entries.
struct IndexChange {
    file_before: Option<String>,
    entries_before: String,
    entries_after: String,
}

impl Preparation<'_> {
    pub(super) fn ready(self, built: Built) -> Result<Ready, BundleError> {
        let Built { workspace, index } = built;
        let tree = Tree::open(&self.repository.top)?.telling_apart(workspace.keys());
        self.check_paths(&tree, &workspace, &index)?;
        let durable = if self.keep { Durable::of(self.dir, workspace.len()) } else { Durable::Not };
        let (nodes, applied) = self.contents(&tree, &workspace, &index, durable)?;
        if self.keep {
            still_clean(self.repository)?;
        }
        let (directories, new_directories) = directories(&tree, &nodes)?;
        let change = self.index(&tree, &nodes, &index)?;
        for index in [INDEX_BEFORE, INDEX_AFTER] {
            if self.dir.kind_of(index)?.is_some() {
                durable.written(&mut self.dir.open_file(index)?)?;
            }
        }
        // The last of what has to be there before the record has its name.
        durable.finish(self.dir)?;
        let record = Record {
            version: Record::VERSION,
            worktree: TreePath::new(self.repository.top.as_os_str().as_bytes()),
            bundle: self.bundle.id().to_string(),
            source: None,
            claim: None,
            state: State::Begun,
            head: self.target.head,
            moved: None,
            index_before: change.file_before,
            index_after: hash_of(self.dir, INDEX_AFTER)?,
            entries_before: change.entries_before,
            entries_after: change.entries_after,
            nodes,
            directories,
            new_directories,
            keyed_hash: String::new(),
        };
        Ok(Ready { applied, record })
    }

    /// Every path may be written to, as far as policy and what is there say.
    fn check_paths(&self, tree: &Tree, workspace: &Outcomes, index: &Outcomes) -> Result<(), BundleError> {
        let mut paths: BTreeMap<&TreePath, bool> = BTreeMap::new();
        for (path, made) in workspace.iter().chain(index) {
            *paths.entry(path).or_default() |= made.is_some();
        }
        policy::check(paths, &mut |one, other| is_one(self.scratch.dir(), one, other))?;
        reachable(self.repository, tree, workspace, index.keys())
    }

    /// The new contents and the old ones, in files of their own.
    fn contents(
        &self,
        tree: &Tree,
        workspace: &Outcomes,
        index: &Outcomes,
        durable: Durable,
    ) -> Result<(Vec<Node>, Applied), BundleError> {
        let contents = &self.bundle.manifest().contents;
        let files: BTreeMap<&TreePath, &File> =
            contents.files.iter().map(|file| (&file.path, file)).collect();
        let mut nodes = stage(self.scratch, self.dir, workspace, &files, durable)?;
        let is_merge = self.target.is_merge();
        if !is_merge {
            faithful(&nodes, &files)?;
        }
        let applied = applied(&nodes, index, is_merge, contents.intent_to_add.iter().map(|one| &one.path));
        if !self.options.allow_config && !applied.config.is_empty() {
            return Err(Refusal::Config(applied.config).into());
        }
        save(tree, self.dir, &mut nodes, durable)?;
        Ok((nodes, applied))
    }

    /// The index as it is, and as it will be.
    fn index(&self, tree: &Tree, nodes: &[Node], index: &Outcomes) -> Result<IndexChange, BundleError> {
        let Self { repository, scratch, dir, .. } = *self;
        copy(&repository.git_dir, OsStr::new("index"), dir, OsStr::new(INDEX_BEFORE))?;
        let file_before = hash_of(dir, INDEX_BEFORE)?;
        let entries_before = entries(repository)?;
        let promised: Vec<_> = self.bundle.manifest().contents.intent_to_add.iter().collect();
        let is_changed = !index.is_empty() || !promised.is_empty();
        if self.keep {
            writable(repository, tree, self.bundle, nodes, is_changed)?;
        }
        if !is_changed {
            let entries_after = entries_before.clone();
            return Ok(IndexChange { file_before, entries_before, entries_after });
        }
        if file_before.is_some() {
            copy(dir, OsStr::new(INDEX_BEFORE), scratch.dir(), OsStr::new(INDEX))?;
        }
        let lines = index.iter().map(|(path, made)| {
            (path.as_bytes(), made.as_ref().map(|made| (&*made.entry.mode, &*made.entry.blob)))
        });
        scratch.set_entries(INDEX, lines)?;
        promise(scratch, &promised)?;
        let entries_after = hash_entries(scratch.call(INDEX, "ls-files"))?;
        copy(scratch.dir(), OsStr::new(INDEX), dir, OsStr::new(INDEX_AFTER))?;
        if self.keep {
            keep_blobs(repository, scratch, index, !promised.is_empty())?;
        }
        Ok(IndexChange { file_before, entries_before, entries_after })
    }
}

/// Nothing is in the way: no link or file above, no other repository around, no ignored file, nothing git does not look
/// at.
fn reachable<'p>(
    repository: &Repository<'_>,
    tree: &Tree,
    workspace: &'p BTreeMap<TreePath, Option<Made>>,
    index: impl Iterator<Item = &'p TreePath>,
) -> Result<(), BundleError> {
    let all: BTreeSet<&TreePath> = workspace.keys().chain(index).collect();
    let hidden = crate::capture::hidden(repository)?.into_iter();
    let hidden: Vec<_> = hidden.filter(|path| all.contains(path)).collect();
    if !hidden.is_empty() {
        return Err(Refusal::Hidden(hidden).into());
    }
    let tracked = tracked(repository, &all)?;
    let mut in_the_way = Vec::new();
    for (path, made) in workspace {
        let goes = |parent: &TreePath| {
            tracked.contains(parent) && workspace.get(parent).is_some_and(Option::is_none)
        };
        tree.check_reachable(path, goes)?;
        let there = tree.look(path)?.is_some_and(|found| found.kind != Kind::Directory);
        if made.is_some() && there && !tracked.contains(path) {
            in_the_way.push(path.clone());
        }
    }
    if in_the_way.is_empty() { Ok(()) } else { Err(Refusal::InTheWay(in_the_way).into()) }
}

/// Everything that will be written to can be: the bundle, to be claimed; every directory that a path is in; and for another
/// index git's directory and objects. In a sandbox some of it often cannot.
fn writable(
    repository: &Repository<'_>,
    tree: &Tree,
    bundle: &Trusted,
    nodes: &[Node],
    changes_index: bool,
) -> Result<(), BundleError> {
    let mut refused = Vec::new();
    if bundle.dir().check_writable().is_err() {
        refused.push(bundle.path().to_owned());
    }
    if changes_index {
        refused.extend(repository.not_writable()?);
    }
    refused.extend(
        tree.not_writable(nodes.iter().filter(|node| node.before != node.after).map(|node| &node.path)),
    );
    if refused.is_empty() { Ok(()) } else { Err(Refusal::NotWritable(refused).into()) }
}

/// Those of `paths` that the index has.
fn tracked(
    repository: &Repository<'_>,
    paths: &BTreeSet<&TreePath>,
) -> Result<BTreeSet<TreePath>, BundleError> {
    let (found, _) = repository.call("ls-files").arg("-z").read(Vec::new(), |stdout| {
        let mut found = BTreeSet::new();
        for path in BufReader::new(stdout).split(0) {
            let path = TreePath::new(path.map_err(failed("ls-files"))?);
            if paths.contains(&path) {
                found.insert(path);
            }
        }
        Ok(found)
    })?;
    Ok(found)
}

/// Writes every new content beside the working tree, with its mode, and says what it is.
fn stage(
    scratch: &Scratch<'_>,
    dir: &Dir,
    workspace: &BTreeMap<TreePath, Option<Made>>,
    files: &BTreeMap<&TreePath, &File>,
    durable: Durable,
) -> Result<Vec<Node>, BundleError> {
    let new = dir.create_child(NEW)?;
    let blobs = workspace.values().flatten().filter(|made| made.file.is_none());
    let asked: Vec<u8> =
        blobs.flat_map(|made| [made.entry.blob.as_bytes(), b"\n"]).flatten().copied().collect();
    let stage = |stdout: Option<&mut dyn Read>| -> Result<Vec<Node>, BundleError> {
        let mut stdout = stdout.map(|stdout| BufReader::with_capacity(1 << 16, stdout));
        let mut nodes = Vec::new();
        for (number, (path, made)) in workspace.iter().enumerate() {
            let after = match (made, &mut stdout) {
                (None, _) => Was::Absent,
                (Some(made), stdout) => {
                    let listed = files.get(path).copied();
                    match (&made.file, stdout) {
                        (Some(name), _) => {
                            let mut file = scratch.dir().open_to_read(name)?;
                            let size = file.size();
                            stage_one(&new, number, made, listed, &mut file.stream().take(size), durable)?
                        }
                        (None, Some(stdout)) => {
                            let size = answer(stdout)?;
                            let was = stage_one(&new, number, made, listed, &mut stdout.take(size), durable)?;
                            let mut end = [0];
                            stdout.read_exact(&mut end).map_err(failed("cat-file"))?;
                            was
                        }
                        (None, None) => unreachable!("git was asked for each"),
                    }
                }
            };
            nodes.push(Node { path: path.clone(), before: Was::Absent, after });
        }
        Ok(nodes)
    };
    if asked.is_empty() {
        return stage(None);
    }
    let call = scratch.call(INDEX, "cat-file").args(["--batch", "--buffer"]);
    call.read(asked, |stdout| stage(Some(stdout))).map(|(nodes, _)| nodes)
}

/// Reads `<blob> blob <size>`.
fn answer(stdout: &mut impl BufRead) -> Result<u64, BundleError> {
    let mut line = Vec::new();
    stdout.take(1 << 10).read_until(b'\n', &mut line).map_err(failed("cat-file"))?;
    let text = String::from_utf8_lossy(&line);
    let size = text.trim_end().split_once(" blob ").and_then(|(_, size)| size.parse().ok());
    size.ok_or_else(|| odd("cat-file", text.trim_end()))
}

fn stage_one(
    new: &Dir,
    number: usize,
    made: &Made,
    listed: Option<&File>,
    source: &mut dyn Read,
    durable: Durable,
) -> Result<Was, BundleError> {
    let name = number.to_string();
    let full = new.path_of(&name);
    let wrong = || FileError::new("write", &full);
    if made.entry.mode == "120000" {
        let mut target = Vec::new();
        source.take(MAX_LINK_BYTES).read_to_end(&mut target).map_err(wrong())?;
        let mut rest = [0];
        if target.is_empty() || target.contains(&0) || source.read(&mut rest).map_err(wrong())? > 0 {
            let path = listed.map(|file| file.path.clone()).unwrap_or_default();
            return Err(Refusal::Path { path, reason: "a link that leads nowhere a link can lead" }.into());
        }
        new.make_link(&name, &target)?;
        return Ok(Was::Link { target: TreePath::new(target) });
    }
    let mut file = new.create_new(&name)?.ok_or_else(|| taken(new, &name))?;
    let (mut hasher, mut size, mut buffer) = (blake3::Hasher::new(), 0, vec![0; 1 << 16]);
    loop {
        let count = source.read(&mut buffer).map_err(wrong())?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
        file.stream().write_all(&buffer[..count]).map_err(wrong())?;
    }
    // The bits that the file had, unless a merge made something else of it.
    let listed = listed.filter(|file| file.mode.as_ref() == Some(&made.entry.mode));
    let bits = listed.and_then(|file| u32::from_str_radix(file.permissions.as_ref()?, 8).ok());
    let usual = if made.entry.mode == "100755" { 0o755 } else { 0o644 };
    // Without the owner's right to read, what was written could not be looked at again, nor undone.
    let permissions = bits.map_or(usual, |bits| bits & 0o777 | 0o400);
    file.set_mode(permissions)?;
    durable.written(&mut file)?;
    Ok(Was::File { permissions, size, blake3: hasher.finalize().to_hex().to_string() })
}

/// Each is what the manifest says was captured, and nothing is missing.
fn faithful(nodes: &[Node], files: &BTreeMap<&TreePath, &File>) -> Result<(), Refusal> {
    let mut left: BTreeSet<&TreePath> = files.keys().copied().collect();
    for node in nodes {
        let file = files.get(&node.path).ok_or_else(|| Refusal::Unfaithful(node.path.clone()))?;
        let same = match &node.after {
            Was::Absent => file.mode.is_none(),
            Was::File { size, blake3, .. } => file.size == *size && file.blake3.as_ref() == Some(blake3),
            Was::Link { target } => {
                let hash = blake3::hash(target.as_bytes()).to_hex();
                file.blake3.as_deref() == Some(hash.as_str())
            }
        };
        if !same {
            return Err(Refusal::Unfaithful(node.path.clone()));
        }
        left.remove(&node.path);
    }
    left.first().map_or(Ok(()), |path| Err(Refusal::Unfaithful((*path).clone())))
}

fn applied<'p>(
    nodes: &[Node],
    index: &'p BTreeMap<TreePath, Option<Made>>,
    merged: bool,
    promised: impl Iterator<Item = &'p TreePath>,
) -> Applied {
    let mut applied = Applied { merged, ..Applied::default() };
    let mut config = BTreeSet::new();
    for node in nodes {
        let list = if node.after == Was::Absent { &mut applied.removed } else { &mut applied.written };
        list.push(node.path.clone());
        if let Was::Link { target } = &node.after
            && policy::leads_out(&node.path, target.as_bytes())
        {
            config.insert(node.path.clone());
        }
    }
    applied.staged = index.keys().chain(promised).cloned().collect();
    let all = applied.written.iter().chain(&applied.removed).chain(&applied.staged);
    config.extend(all.filter(|path| policy::is_config(path)).cloned());
    applied.config = config.into_iter().collect();
    applied
}

/// Copies what is there now.
fn save(tree: &Tree, dir: &Dir, nodes: &mut [Node], durable: Durable) -> Result<(), BundleError> {
    let old = dir.create_child(OLD)?;
    for (number, node) in nodes.iter_mut().enumerate() {
        let refuse = || Refusal::InTheWay(vec![node.path.clone()]);
        node.before = Was::now(tree, &node.path)?.ok_or_else(refuse)?;
        match &node.before {
            Was::Absent => {}
            Was::Link { target } => old.make_link(number.to_string(), target.as_bytes())?,
            Was::File { permissions, .. } => {
                let name = number.to_string();
                copy(&*tree.there(&node.path)?, node.path.name(), &old, OsStr::new(&name))?;
                let mut file = old.open_file(&name)?;
                durable.written(&mut file)?;
                file.set_mode(*permissions)?;
            }
        }
    }
    if durable == Durable::Each {
        old.sync()?;
    }
    Ok(())
}

/// Directories with their permission bits, and directories that are not there.
type Directories = (Vec<(TreePath, u32)>, Vec<TreePath>);

/// The directories above the paths: those that are there, with their bits, and those that are not.
fn directories(tree: &Tree, nodes: &[Node]) -> Result<Directories, BundleError> {
    let all: BTreeSet<TreePath> = nodes.iter().flat_map(|node| node.path.parents()).collect();
    let (mut there, mut missing) = (Vec::new(), Vec::new());
    for path in all {
        match tree.look(&path)? {
            Some(found) if found.kind == Kind::Directory => there.push((path, found.mode)),
            _ => missing.push(path),
        }
    }
    Ok((there, missing))
}

/// Gives the new index the entries that only promise a file.
fn promise(scratch: &Scratch<'_>, promised: &[&crate::manifest::Staged]) -> Result<(), BundleError> {
    if promised.is_empty() {
        return Ok(());
    }
    // Git looks at the working tree for the mode alone: in the scratch repository's, an empty file stands for each.
    let stand_ins = Tree::open(&scratch.dir().path_of("tree"))?;
    let mut names = Vec::new();
    for one in promised {
        let place = stand_ins.make_parent(&one.path, |_| 0o700)?;
        match one.mode.as_deref() {
            Some("120000") => place.make_link(one.path.name(), b"x")?,
            mode => {
                let file = place.create_new(one.path.name())?;
                let mut file = file.ok_or_else(|| taken(&place, one.path.name()))?;
                file.set_mode(if mode == Some("100755") { 0o755 } else { 0o644 })?;
            }
        }
        names.extend_from_slice(one.path.as_bytes());
        names.push(0);
    }
    let call = scratch.call(INDEX, "add").args(["--intent-to-add", "--force", "--pathspec-from-file=-"]);
    call.arg("--pathspec-file-nul").output(names, 1 << 20)?;
    Ok(())
}

/// Brings the blobs that the new index names into the real repository. Blobs that nothing names yet change nothing.
fn keep_blobs(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    index: &BTreeMap<TreePath, Option<Made>>,
    promised: bool,
) -> Result<(), BundleError> {
    for made in index.values().flatten() {
        if let Some(name) = &made.file {
            let file = scratch.dir().open_to_read(name)?.into_file();
            let said = scratch
                .dir()
                .create_new(format!("said-{name}"))?
                .ok_or_else(|| taken(scratch.dir(), name))?;
            scratch
                .keep("hash-object")
                .args(["-w", "--no-filters", "--stdin"])
                .send(Some(file), said.into_file())?;
        }
    }
    let mut names: Vec<u8> = Vec::new();
    for made in index.values().flatten().filter(|made| made.file.is_none()) {
        names.extend_from_slice(made.entry.blob.as_bytes());
        names.push(b'\n');
    }
    if promised {
        names.extend_from_slice(gix_hash::ObjectId::empty_blob(repository.format).to_string().as_bytes());
        names.push(b'\n');
    }
    if names.is_empty() {
        return Ok(());
    }
    let dir = scratch.dir();
    let list = put(dir, "blobs", &names).and_then(|()| Ok(dir.open_to_read("blobs")?.into_file()))?;
    let pack = dir.create_new("pack")?.ok_or_else(|| taken(dir, "pack"))?;
    // Those that the real repository has are no use, but no harm: unpacking passes over them.
    scratch.call(INDEX, "pack-objects").args(["--stdout", "-q"]).send(Some(list), pack.into_file())?;
    let said = dir.create_new("unpacked")?.ok_or_else(|| taken(dir, "unpacked"))?;
    let pack = dir.open_to_read("pack")?.into_file();
    scratch.keep("unpack-objects").arg("-q").send(Some(pack), said.into_file())
}

impl Ready {
    /// Writes the record, and gives everything its name, a number behind `after`. From here on bundle and working tree may
    /// change.
    pub(super) fn start(
        mut self,
        hidden: Hidden,
        within: &Dir,
        bundle: &Trusted,
        claim: &Claim,
        seal: RecordSeal,
        after: u64,
    ) -> Result<Recorded, BundleError> {
        self.record.source = Some(TreePath::new(bundle.path().as_os_str().as_bytes()));
        self.record.claim = Some(claim.content().to_owned());
        put(hidden.dir(), RECORD, self.record.sealed(&seal).as_bytes())?;
        let name = hidden.publish_numbered(after)?;
        let missing = || taken(within, &name);
        let dir = within.child(&name)?.ok_or_else(missing)?;
        let within = Dir::open(within.path())?.ok_or_else(missing)?;
        Ok(Recorded { within, name, dir, record: self.record, seal })
    }
}
