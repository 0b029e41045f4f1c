//! Has git apply the patches, in the scratch repository, and looks at what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use handoff_files::FileError;

use super::does_not_apply;
use super::preflight::{Patch, Patches, Target};
use crate::error::{BundleError, Refusal};
use crate::git::{GitError, odd};
use crate::literal;
use crate::manifest::{Change, Contents, File};
use crate::patch::Section;
use crate::path::TreePath;
use crate::repository::{LARGE, Repository, Scratch, finish, os, taken};
use crate::status::Entry;

/// How much git may say of entries, in bytes.
const LISTING: u64 = 256 << 20;

/// How much one run of git is given to apply at most, in bytes, with its binary content inflated: it holds all of it in
/// memory, and takes no patch of a gigabyte.
const BATCH: u64 = 64 << 20;

/// What is to become of working tree and index.
#[derive(Debug)]
pub(super) struct Built {
    /// By path; None: it goes.
    pub(super) workspace: BTreeMap<TreePath, Option<Made>>,
    pub(super) index: BTreeMap<TreePath, Option<Made>>,
}

/// A mode and a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) entry: Entry,
    /// The file of the workshop that has the content. Otherwise it is a blob of the scratch repository.
    pub(super) file: Option<String>,
}

/// What the patch files make of the base, large files apart.
pub(super) struct Tried {
    pub(super) tree: String,
    pub(super) large: BTreeMap<TreePath, Made>,
}

pub(super) fn build(
    scratch: &Scratch<'_>,
    repository: &Repository<'_>,
    patches: &Patches,
    contents: &Contents,
    target: &Target,
) -> Result<Built, BundleError> {
    let empty = repository.empty_tree();
    let base = target.base.as_deref().unwrap_or(&empty);
    let head = target.head.as_deref().unwrap_or(&empty);
    let mut conflicts = BTreeSet::new();
    let mut one = |patch: &Patch| -> Result<BTreeMap<TreePath, Option<Made>>, BundleError> {
        let tried = try_patch(scratch, repository, patch, base)?;
        let tree = if target.is_merge() {
            match merge(scratch, base, head, &tried.tree)? {
                Ok(tree) => tree,
                Err(paths) => {
                    conflicts.extend(paths);
                    return Ok(BTreeMap::new());
                }
            }
        } else {
            tried.tree
        };
        let mut made = differences(scratch, head, &tree)?;
        if target.is_merge() && !tried.large.is_empty() {
            // A large file is never merged: it is taken where HEAD still has what the base had.
            let paths: Vec<_> = tried.large.keys().collect();
            let (old, new) = (entries_of(scratch, base, &paths)?, entries_of(scratch, head, &paths)?);
            conflicts.extend(paths.into_iter().filter(|path| old.get(path) != new.get(path)).cloned());
        }
        made.extend(tried.large.into_iter().map(|(path, made)| (path, Some(made))));
        Ok(made)
    };
    let (mut workspace, index) = (one(&patches.workspace)?, one(&patches.index)?);
    for (path, made) in as_committed(scratch, contents, base, head)? {
        match made {
            Some(made) => drop(workspace.insert(path, Some(made))),
            None => drop(conflicts.insert(path)),
        }
    }
    if !conflicts.is_empty() {
        return Err(
            Refusal::Conflicts { paths: conflicts.into_iter().collect(), base: target.base.clone() }.into()
        );
    }
    Ok(Built { workspace, index })
}

/// The files that are to have the bytes that the base has; None where HEAD has others by now.
fn as_committed(
    scratch: &Scratch<'_>,
    contents: &Contents,
    base: &str,
    head: &str,
) -> Result<Vec<(TreePath, Option<Made>)>, BundleError> {
    let files: Vec<_> = contents.files.iter().filter(|file| file.change == Change::AsCommitted).collect();
    let paths: Vec<_> = files.iter().map(|file| &file.path).collect();
    let (old, new) = (entries_of(scratch, base, &paths)?, entries_of(scratch, head, &paths)?);
    let one = |file: &&File| {
        let path = file.path.clone();
        let fits = |entry: &&Entry| file.mode.as_ref() == Some(&entry.mode);
        let reason = "the base has no such file";
        let entry = old.get(&path).filter(fits).ok_or(Refusal::Mismatch { path: path.clone(), reason })?;
        let made = (new.get(&path) == Some(entry)).then(|| Made { entry: entry.clone(), file: None });
        Ok((path, made))
    };
    files.iter().map(one).collect()
}

/// Whether git has to be spared the section's content.
fn is_large(section: &Section) -> bool {
    section.literal.is_some_and(|(size, _)| size > LARGE)
}

pub(super) fn try_patch(
    scratch: &Scratch<'_>,
    repository: &Repository<'_>,
    patch: &Patch,
    base: &str,
) -> Result<Tried, BundleError> {
    let index = format!("index-{}", patch.name);
    scratch.call(&index, "read-tree").arg(base).output(Vec::new(), 1 << 10)?;
    for (number, sections) in batches(patch)?.into_iter().enumerate() {
        let name = small(scratch, patch, &sections, number)?;
        let call = scratch.call(&index, "apply").args(["--cached", "--binary", "--whitespace=nowarn", "-p1"]);
        match call.arg(scratch.dir().path_of(name)).output(Vec::new(), 1 << 20) {
            Err(BundleError::Git(GitError::Failed { message, .. })) => {
                return Err(does_not_apply(patch.name, &message));
            }
            other => drop(other?),
        }
    }
    let large: Vec<_> = patch.sections.iter().filter(|section| is_large(section)).collect();
    let mut files = BTreeMap::new();
    if !large.is_empty() {
        let paths: Vec<_> = large.iter().flat_map(|section| section.paths()).collect();
        let there = staged(scratch, &index, &paths)?;
        for (number, section) in large.into_iter().enumerate() {
            let (path, made) = take_large(scratch, repository, patch, section, number, &there)?;
            files.insert(path, made);
        }
        // For now the tree has there what the base has, so that a merge leaves it alone.
    }
    let (tree, _) = scratch.call(&index, "write-tree").output(Vec::new(), 1 << 10)?;
    let tree = String::from_utf8_lossy(tree.trim_ascii_end()).into_owned();
    Ok(Tried { tree, large: files })
}

/// The sections that git may see, as many together as it is given at once.
fn batches(patch: &Patch) -> Result<Vec<Vec<&Section>>, BundleError> {
    let weight = |section: &Section| (section.span.1 - section.span.0).saturating_add(section.inflated);
    let mut sections: Vec<_> = patch.sections.iter().filter(|section| !is_large(section)).collect();
    if sections.iter().map(|section| weight(section)).fold(0, u64::saturating_add) > BATCH {
        let moves = |section: &&Section| section.paths().any(|path| Some(path) != section.paths().next());
        if sections.iter().any(moves) {
            return Err(does_not_apply(
                patch.name,
                "renames in a patch that is too large to be applied at once",
            ));
        }
        // What goes makes place for what comes: a file where a directory was.
        sections.sort_by_key(|section| section.new.is_some());
    }
    let mut batches: Vec<Vec<_>> = Vec::new();
    let mut room = 0;
    for section in sections {
        let weight = weight(section);
        match batches.last_mut().filter(|_| weight <= room) {
            Some(batch) => batch.push(section),
            None => {
                batches.push(vec![section]);
                room = BATCH;
            }
        }
        room = room.saturating_sub(weight);
    }
    Ok(batches)
}

/// Writes `sections` to a file of their own; gives its name.
fn small(
    scratch: &Scratch<'_>,
    patch: &Patch,
    sections: &[&Section],
    number: usize,
) -> Result<String, BundleError> {
    let name = format!("small-{number}-{}", patch.name);
    let dir = scratch.dir();
    let mut source = dir.open_to_read(patch.name)?;
    // One of an earlier try.
    dir.remove(&name)?;
    let mut target = dir.create_new(&name)?.ok_or_else(|| taken(dir, &name))?;
    let mut out = BufWriter::with_capacity(1 << 16, target.stream());
    for section in sections {
        let (start, end) = section.span;
        let copied = source
            .stream()
            .seek(SeekFrom::Start(start))
            .and_then(|_| std::io::copy(&mut source.stream().take(end.saturating_sub(start)), &mut out));
        copied.map_err(FileError::new("copy", &dir.path_of(patch.name)))?;
    }
    out.flush().map_err(FileError::new("write", &dir.path_of(&name)))?;
    Ok(name)
}

/// Takes the content of a large file out of the patch.
fn take_large(
    scratch: &Scratch<'_>,
    repository: &Repository<'_>,
    patch: &Patch,
    section: &Section,
    number: usize,
    there: &BTreeMap<TreePath, Entry>,
) -> Result<(TreePath, Made), BundleError> {
    let refuse = |reason: &str| does_not_apply(patch.name, reason);
    let (Some(new), Some((size, at))) = (&section.new, section.literal) else {
        return Err(refuse("a large content for a file that goes"));
    };
    let old = section.old.as_ref();
    if section.copy || old.is_some_and(|old| old.path != new.path) {
        return Err(refuse(&format!("{}: a large file that is renamed and changed", new.path)));
    }
    let now = there.get(&new.path);
    let fits = match (old, now) {
        (None, None) => true,
        (Some(old), Some(now)) => {
            old.blob.as_ref() == Some(&now.blob) && old.mode.as_ref().is_none_or(|mode| *mode == now.mode)
        }
        _ => false,
    };
    if !fits {
        return Err(refuse(&format!("{}: it is not what the patch expects", new.path)));
    }
    let name = format!("large-{number}-{}", patch.name);
    let dir = scratch.dir();
    let mut source = dir.open_to_read(patch.name)?;
    source.stream().seek(SeekFrom::Start(at)).map_err(FileError::new("read", &dir.path_of(patch.name)))?;
    // One of an earlier try.
    dir.remove(&name)?;
    let mut target = dir.create_new(&name)?.ok_or_else(|| taken(dir, &name))?;
    let mut hasher = repository.blob_hasher(size);
    let mut lines = BufReader::with_capacity(1 << 16, source.stream());
    let mut out = BufWriter::with_capacity(1 << 16, target.stream());
    let read = literal::read(&mut lines, size, |piece| {
        hasher.update(piece);
        out.write_all(piece)
    });
    read.map_err(|error| refuse(&format!("{}: {error}", new.path)))?;
    out.flush().map_err(FileError::new("write", &dir.path_of(&name)))?;
    let blob = finish(hasher)?;
    if new.blob.as_ref() != Some(&blob) {
        return Err(refuse(&format!("{}: its content is not the one that the patch names", new.path)));
    }
    let mode = new.mode.clone().or_else(|| now.map(|now| now.mode.clone()));
    let mode = mode.ok_or_else(|| refuse(&format!("{}: it has no mode", new.path)))?;
    Ok((new.path.clone(), Made { entry: Entry { mode, blob }, file: Some(name) }))
}

/// Merges `tree` with `head`, each against `base`: the tree that results, or the paths in conflict.
fn merge(
    scratch: &Scratch<'_>,
    base: &str,
    head: &str,
    tree: &str,
) -> Result<Result<String, Vec<TreePath>>, BundleError> {
    let commit = |tree: String, parent: Option<&str>| -> Result<String, BundleError> {
        let mut call = scratch.call("index", "commit-tree").args(["-m", "handover"]);
        if let Some(parent) = parent {
            call = call.args(["-p", parent]);
        }
        let (said, _) = call.arg(tree).output(Vec::new(), 1 << 10)?;
        Ok(String::from_utf8_lossy(said.trim_ascii_end()).into_owned())
    };
    // A history of three commits, in which the base is the only one both sides have: what really lies between base and
    // HEAD must not make another the merge base.
    let root = commit(format!("{base}^{{tree}}"), None)?;
    let (ours, theirs) =
        (commit(format!("{head}^{{tree}}"), Some(&root))?, commit(tree.to_owned(), Some(&root))?);
    let call = scratch.call("index", "merge-tree").args([
        "--write-tree",
        "-z",
        "--name-only",
        "--no-messages",
        &ours,
        &theirs,
    ]);
    let (said, code) = call.accept(1).output(Vec::new(), LISTING)?;
    let mut parts = said.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    let merged = parts.next().ok_or_else(|| odd("merge-tree", "nothing"))?;
    match code {
        0 => Ok(Ok(String::from_utf8_lossy(merged).into_owned())),
        _ => Ok(Err(parts.map(TreePath::new).collect())),
    }
}

/// What `tree` has other than `head`.
pub(super) fn differences(
    scratch: &Scratch<'_>,
    head: &str,
    tree: &str,
) -> Result<BTreeMap<TreePath, Option<Made>>, BundleError> {
    let call = scratch.call("index", "diff-tree").args(["-r", "--raw", "-z", "--no-abbrev", "--no-renames"]);
    let (said, _) = call.args(["--end-of-options", head, tree]).output(Vec::new(), LISTING)?;
    let unknown = || odd("diff-tree", "a record of no known form");
    let mut parts = said.split(|byte| *byte == 0);
    let mut made = BTreeMap::new();
    while let Some(record) = parts.next().filter(|record| !record.is_empty()) {
        let path = TreePath::new(parts.next().ok_or_else(unknown)?);
        let text = std::str::from_utf8(record).map_err(|_| unknown())?;
        let fields: Vec<_> = text.strip_prefix(':').ok_or_else(unknown)?.split(' ').collect();
        let [old, new, _, blob, _] = fields[..] else { return Err(unknown()) };
        for mode in [old, new] {
            if !matches!(mode, "000000" | "100644" | "100755" | "120000") {
                return Err(Refusal::Mode { path, mode: mode.to_owned() }.into());
            }
        }
        made.insert(path, Entry::new(new, blob).map(|entry| Made { entry, file: None }));
    }
    Ok(made)
}

/// The entries of an index at some paths.
fn staged(
    scratch: &Scratch<'_>,
    index: &str,
    paths: &[&TreePath],
) -> Result<BTreeMap<TreePath, Entry>, BundleError> {
    let mut found = BTreeMap::new();
    for some in paths.chunks(500) {
        let names = some.iter().map(|path| os(path.as_bytes()));
        let call = scratch.call(index, "ls-files").args(["--stage", "-z", "--"]).args(names);
        let (said, _) = call.output(Vec::new(), LISTING)?;
        for record in said.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
            let entry = record.iter().position(|byte| *byte == b'\t').and_then(|tab| {
                let mut words = std::str::from_utf8(&record[..tab]).ok()?.split(' ');
                Some((TreePath::new(&record[tab + 1..]), Entry::new(words.next()?, words.next()?)?))
            });
            found.extend([entry.ok_or_else(|| odd("ls-files", "no entry"))?]);
        }
    }
    Ok(found)
}

/// The entries of a commit at some paths.
fn entries_of(
    scratch: &Scratch<'_>,
    commit: &str,
    paths: &[&TreePath],
) -> Result<BTreeMap<TreePath, Entry>, BundleError> {
    let mut found = BTreeMap::new();
    for some in paths.chunks(500) {
        let names = some.iter().map(|path| os(path.as_bytes()));
        let call = scratch.call("index", "ls-tree").args(["-z", "--full-tree", commit, "--"]).args(names);
        let (said, _) = call.output(Vec::new(), LISTING)?;
        for record in said.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
            found.extend([crate::capture::tree_record(record).ok_or_else(|| odd("ls-tree", "no entry"))?]);
        }
    }
    Ok(found)
}
