//! Writes the two patches, and reads them again.

use std::fs::File;
use std::io::{BufWriter, Read, Write};

use handoff_files::{Dir, FileError, Kind, OpenFile};

use super::check::check;
use super::plan::{Plan, Planned};
use crate::error::BundleError;
use crate::git::{Call, failed};
use crate::layout::{INDEX, WORKSPACE};
use crate::literal::{self, LiteralError};
use crate::manifest::{self, Change, Contents, Part, Reason, Staged};
use crate::path::{TreePath, quoted};
use crate::repository::{LARGE, Repository, Scratch, finish};
use crate::status::Entry;
use crate::tree::Tree;

/// HEAD without the large files, and what the small ones make of that. So what is large is in neither, and a large file
/// may change places with a directory of small ones.
const BASE: &str = "refs/heads/base";
const MADE: &str = "refs/heads/made";

/// The finished patches.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) contents: Contents,
    pub(super) workspace: Part,
    pub(super) index: Part,
}

/// One path as it was read.
#[derive(Debug)]
struct Taken {
    path: TreePath,
    head: Option<Entry>,
    after: Option<Entry>,
    size: u64,
    blake3: Option<String>,
    permissions: Option<u32>,
    large: bool,
}

impl Taken {
    /// Whether the manifest names it: one that is as HEAD has it too, where a file is there.
    fn is_told(&self) -> bool {
        self.head != self.after || self.permissions.is_some()
    }

    fn is_changed(&self) -> bool {
        self.head != self.after
    }
}

pub(super) fn write(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    dir: &Dir,
    mut plan: Plan,
    may_retry: bool,
) -> Result<Written, BundleError> {
    let reads = read(repository, scratch, &mut plan, may_retry)?;
    let workspace = write_workspace(repository, scratch, dir, &plan, &reads)?;
    let index = write_index(repository, scratch, dir, &plan)?;
    Ok(Written { contents: contents(repository, &plan, reads), workspace, index })
}

fn write_workspace(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    dir: &Dir,
    plan: &Plan,
    reads: &[Taken],
) -> Result<Part, BundleError> {
    let empty = repository.empty_tree();
    let base = if plan.head.is_some() { BASE } else { &*empty };

    let mut file = create(dir, WORKSPACE)?;
    if reads.iter().any(|taken| !taken.large && taken.is_changed()) {
        let call = diff(scratch, "diff-tree").args(["-r", "--end-of-options", base, MADE]);
        call.send(None, clone(&mut file)?)?;
    }
    for taken in reads.iter().filter(|taken| taken.large && taken.is_changed()) {
        large(repository, file.stream(), taken, |out, taken| {
            match small_content(&plan.tree, &taken.path, &plan.paths[&taken.path]) {
                Ok(Some(content)) if taken.permissions.is_none() || taken.size <= LARGE => {
                    put_literal(repository, out, &mut &content.bytes[..], taken)
                }
                // What was added at its end meanwhile is left out.
                _ => {
                    let mut file = open(&plan.tree, &taken.path)?;
                    put_literal(repository, out, &mut file.stream().take(taken.size), taken)
                }
            }
        })?;
    }
    let changed = reads.iter().filter(|taken| taken.is_changed());
    let expected = changed.map(|taken| (&taken.path, taken.head.as_ref(), taken.after.as_ref()));
    check(dir, WORKSPACE, file, expected)
}

fn write_index(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    dir: &Dir,
    plan: &Plan,
) -> Result<Part, BundleError> {
    let staged: Vec<_> = plan.paths.iter().filter(|(_, planned)| planned.is_staged()).collect();
    let mut file = create(dir, INDEX)?;
    let is_large = |planned: &Planned| planned.head_size > LARGE || planned.index_size > LARGE;
    if plan.has_index && staged.iter().any(|(_, planned)| !is_large(planned)) {
        let large = staged.iter().filter(|(_, planned)| is_large(planned)).map(|(path, _)| *path);
        let left_out: Vec<_> = plan.reset.iter().chain(large).collect();
        let base = base_without(repository, scratch, plan, &left_out)?;
        let call = diff(scratch, "diff-index").args(["--cached", "--ita-invisible-in-index"]);
        call.args(["--end-of-options", &base]).send(None, clone(&mut file)?)?;
    }
    for (path, planned) in staged.iter().filter(|(_, planned)| is_large(planned)) {
        let taken = Taken {
            path: (*path).clone(),
            head: planned.head.clone(),
            after: planned.index.clone(),
            size: planned.index_size,
            blake3: None,
            permissions: None,
            large: true,
        };
        large(repository, file.stream(), &taken, |out, taken| {
            let blob = taken.after.as_ref().map(|after| after.blob.clone()).unwrap_or_default();
            let call = scratch.call("index", "cat-file").args(["blob", &blob]);
            call.read(Vec::new(), |stdout| put_literal(repository, out, &mut &mut *stdout, taken)).map(drop)
        })?;
    }
    let expected =
        staged.iter().map(|(path, planned)| (*path, planned.head.as_ref(), planned.index.as_ref()));
    check(dir, INDEX, file, expected)
}

/// Takes `paths` out of the scratch index, and gives HEAD's tree without them: they are in neither side of the patch, and
/// in the way of no other.
fn base_without(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    plan: &Plan,
    paths: &[&TreePath],
) -> Result<String, BundleError> {
    const INDEX_BASE: &str = "index-base";
    let base = plan.head.clone().unwrap_or_else(|| repository.empty_tree());
    if paths.is_empty() {
        return Ok(base);
    }
    scratch.set_entries("index", paths.iter().map(|path| (path.as_bytes(), None)))?;
    scratch.call(INDEX_BASE, "read-tree").arg(&base).output(Vec::new(), 1 << 10)?;
    scratch.set_entries(INDEX_BASE, paths.iter().map(|path| (path.as_bytes(), None)))?;
    // An entry may name what only the real repository's promisor has.
    let (tree, _) = scratch.call(INDEX_BASE, "write-tree").arg("--missing-ok").output(Vec::new(), 1 << 10)?;
    Ok(String::from_utf8_lossy(tree.trim_ascii_end()).into_owned())
}

/// The diff that a patch is made of. The scratch repository has no configuration; what a later git could have other
/// defaults for is said all the same.
fn diff(scratch: &Scratch<'_>, verb: &str) -> Call {
    scratch.call("index", verb).args([
        "--patch",
        "--binary",
        "--full-index",
        "--unified=3",
        "--inter-hunk-context=0",
        "--diff-algorithm=myers",
        "--no-indent-heuristic",
        "--no-renames",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--no-relative",
        "--ignore-submodules=all",
        "--src-prefix=a/",
        "--dst-prefix=b/",
    ])
}

/// Reads every path of the working tree. The small ones become the tree [`MADE`]; of the large ones only the names and
/// hashes are taken now.
fn read(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    plan: &mut Plan,
    may_retry: bool,
) -> Result<Vec<Taken>, BundleError> {
    let mut aside = Aside { may_retry, paths: Vec::new() };
    let is_large = |planned: &Planned| {
        planned.head_size > LARGE || planned.found.is_some_and(|found| found.size > LARGE)
    };
    let there = plan.paths.iter().filter(|(_, planned)| !planned.sparse || planned.is_promised_by_index());
    let (large, small): (Vec<_>, Vec<_>) = there.partition(|(_, planned)| is_large(planned));
    let mut reads = Vec::new();
    if !small.is_empty() {
        let removed: Vec<&TreePath> =
            large.iter().filter(|(_, planned)| planned.head.is_some()).map(|(path, _)| *path).collect();
        let import = scratch.call("index", "fast-import").args(["--quiet", "--done", "--depth=0"]);
        import.feed(|stdin| {
            let commands = import_blobs(repository, scratch, plan, &small, &mut aside, &mut reads, stdin)?;
            let written = write_commits(plan.head.as_deref(), &removed, &commands, stdin);
            Ok(written.map_err(failed("fast-import"))?)
        })?;
    }
    for (path, planned) in large {
        let taken = aside.take(taken_large(repository, &plan.tree, path, planned), path)?;
        reads.extend(taken.filter(Taken::is_told));
    }
    reads.sort_by(|one, other| one.path.cmp(&other.path));
    for (path, reason) in aside.paths {
        plan.drop_path(path, reason, None);
    }
    Ok(reads)
}

/// Sends the content of each path of `small` to `git fast-import`, and takes what was read into `reads`; gives the commands
/// that make a tree of the blobs.
fn import_blobs(
    repository: &Repository<'_>,
    scratch: &Scratch<'_>,
    plan: &Plan,
    small: &[(&TreePath, &Planned)],
    aside: &mut Aside,
    reads: &mut Vec<Taken>,
    stdin: &mut dyn Write,
) -> Result<Vec<Vec<u8>>, BundleError> {
    let (mut gone, mut set) = (Vec::new(), Vec::new());
    for (mark, (path, planned)) in (1_u64..).zip(small) {
        let content = match &planned.index {
            Some(index) if planned.is_promised_by_index() => staged_content(scratch, index),
            _ => small_content(&plan.tree, path, planned),
        };
        let Some(content) = aside.take(content, path)? else { continue };
        let taken = taken_small(repository, path, planned, content.as_ref())?;
        let name = quoted(b"", path.as_bytes());
        match (&taken.after, &content) {
            (Some(after), Some(content)) => {
                write!(stdin, "blob\nmark :{mark}\ndata {}\n", content.bytes.len())
                    .and_then(|()| stdin.write_all(&content.bytes))
                    .and_then(|()| stdin.write_all(b"\n"))
                    .map_err(failed("fast-import"))?;
                set.push([format!("M {} :{mark} ", after.mode).as_bytes(), &name, b"\n"].concat());
            }
            _ => gone.push([b"D ", &name[..], b"\n"].concat()),
        }
        if taken.is_told() {
            reads.push(taken);
        }
    }
    // What goes makes place for what comes: a file where a directory was.
    gone.append(&mut set);
    Ok(gone)
}

/// Has `git fast-import` make the commit [`MADE`] by `commands`, on `head` without the paths `removed`.
fn write_commits(
    head: Option<&str>,
    removed: &[&TreePath],
    commands: &[Vec<u8>],
    stdin: &mut dyn Write,
) -> std::io::Result<()> {
    let commit = |name| format!("commit {name}\ncommitter handover <handover> 1000000000 +0000\ndata 0\n");
    if let Some(head) = head {
        writeln!(stdin, "{}from {head}", commit(BASE))?;
        for path in removed {
            stdin.write_all(&[b"D ", &quoted(b"", path.as_bytes())[..], b"\n"].concat())?;
        }
        writeln!(stdin)?;
    }
    stdin.write_all(commit(MADE).as_bytes())?;
    if head.is_some() {
        writeln!(stdin, "from {BASE}")?;
    }
    for command in commands {
        stdin.write_all(command)?;
    }
    stdin.write_all(b"\ndone\n")
}

/// What could not be read, and why.
struct Aside {
    /// Whether a file that changes ends this try.
    may_retry: bool,
    paths: Vec<(TreePath, Reason)>,
}

impl Aside {
    /// None, and the path noted, when it may not be read, or when it changed and there is no other try.
    fn take<T>(&mut self, read: Result<T, BundleError>, path: &TreePath) -> Result<Option<T>, BundleError> {
        let reason = match read {
            Err(BundleError::File(error)) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                Reason::Unreadable
            }
            Err(BundleError::Changing(_)) if !self.may_retry => Reason::Changing,
            other => return other.map(Some),
        };
        self.paths.push((path.clone(), reason));
        Ok(None)
    }
}

/// A file or link that was read whole.
#[derive(Debug)]
struct Content {
    bytes: Vec<u8>,
    /// Of a file.
    permissions: Option<u32>,
}

fn small_content(tree: &Tree, path: &TreePath, planned: &Planned) -> Result<Option<Content>, BundleError> {
    let changing = |_| BundleError::Changing(path.clone());
    match planned.found.map(|found| found.kind) {
        None => Ok(None),
        Some(Kind::Link) => {
            let bytes = tree.link(path).map_err(changing)?;
            Ok(Some(Content { bytes, permissions: None }))
        }
        Some(_) => {
            let mut file = open(tree, path)?;
            let permissions = Some(file.access()?.mode & 0o777);
            let bytes = file.read(LARGE + 1)?;
            if bytes.len() as u64 > LARGE {
                Err(BundleError::Changing(path.clone()))
            } else {
                Ok(Some(Content { bytes, permissions }))
            }
        }
    }
}

/// What is staged of a path that is not checked out.
fn staged_content(scratch: &Scratch<'_>, index: &Entry) -> Result<Option<Content>, BundleError> {
    let (bytes, _) =
        scratch.call("index", "cat-file").args(["blob", &index.blob]).output(Vec::new(), LARGE)?;
    let permissions = match &*index.mode {
        "120000" => None,
        "100755" => Some(0o755),
        _ => Some(0o644),
    };
    Ok(Some(Content { bytes, permissions }))
}

/// A file that was there a moment ago.
fn open(tree: &Tree, path: &TreePath) -> Result<OpenFile, BundleError> {
    match tree.there(path).and_then(|place| place.open_to_read(path.name())) {
        Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => {
            Err(BundleError::Changing(path.clone()))
        }
        other => Ok(other?),
    }
}

fn mode(planned: &Planned, permissions: Option<u32>) -> String {
    let mode = match (planned.git_mode.as_deref(), permissions) {
        (_, None) => "120000",
        (Some(mode @ ("100644" | "100755")), Some(_)) => mode,
        (_, Some(permissions)) if permissions & 0o100 != 0 => "100755",
        _ => "100644",
    };
    mode.to_owned()
}

fn taken_small(
    repository: &Repository<'_>,
    path: &TreePath,
    planned: &Planned,
    content: Option<&Content>,
) -> Result<Taken, BundleError> {
    let after = match content {
        Some(content) => {
            Some(Entry { mode: mode(planned, content.permissions), blob: repository.blob(&content.bytes)? })
        }
        None => None,
    };
    Ok(Taken {
        path: path.clone(),
        head: planned.head.clone(),
        after,
        size: content.map_or(0, |content| content.bytes.len() as u64),
        blake3: content.map(|content| blake3::hash(&content.bytes).to_hex().to_string()),
        permissions: content.and_then(|content| content.permissions),
        large: false,
    })
}

fn taken_large(
    repository: &Repository<'_>,
    tree: &Tree,
    path: &TreePath,
    planned: &Planned,
) -> Result<Taken, BundleError> {
    if planned.found.is_none_or(|found| found.kind == Kind::Link) {
        // Only what was there before is large.
        let content = small_content(tree, path, planned)?;
        let taken = taken_small(repository, path, planned, content.as_ref())?;
        return Ok(Taken { large: true, ..taken });
    }
    let mut file = open(tree, path)?;
    let (permissions, size) = (file.access()?.mode & 0o777, file.size());
    let (mut blob, mut hash) = (repository.blob_hasher(size), blake3::Hasher::new());
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    // A log that grows is carried as it was when it was opened.
    let mut stream = file.stream().take(size);
    loop {
        let count =
            stream.read(&mut buffer).map_err(FileError::new("read", &tree.top().path_of(path.name())))?;
        if count == 0 {
            break;
        }
        blob.update(&buffer[..count]);
        hash.update(&buffer[..count]);
        total += count as u64;
    }
    if total != size {
        return Err(BundleError::Changing(path.clone()));
    }
    Ok(Taken {
        path: path.clone(),
        head: planned.head.clone(),
        after: Some(Entry { mode: mode(planned, Some(permissions)), blob: finish(blob)? }),
        size,
        blake3: Some(hash.finalize().to_hex().to_string()),
        permissions: Some(permissions),
        large: true,
    })
}

/// Writes the sections of a file that is or was large: as git would, but always with the whole content after and never
/// with that before.
fn large(
    repository: &Repository<'_>,
    file: &mut File,
    taken: &Taken,
    mut source: impl FnMut(&mut BufWriter<&mut File>, &Taken) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let wrong = || FileError::new("write", &repository.top);
    let null = repository.format.null().to_string();
    let (old, new) = (quoted(b"a/", taken.path.as_bytes()), quoted(b"b/", taken.path.as_bytes()));
    let names = [b"diff --git ", &old[..], b" ", &new[..], b"\n"].concat();
    let gone = |head: &Entry| {
        // The content of an empty literal.
        let literal = "GIT binary patch\nliteral 0\nHcmV?d00001\n\n";
        format!("deleted file mode {}\nindex {}..{null}\n{literal}", head.mode, head.blob)
    };
    let kind = |entry: &Entry| entry.mode[..3].to_owned();
    let header = match (&taken.head, &taken.after) {
        (None, None) => return Ok(()),
        (Some(head), None) => {
            let text = [&names[..], gone(head).as_bytes()].concat();
            out.write_all(&text).and_then(|()| out.flush()).map_err(wrong())?;
            return Ok(());
        }
        (Some(head), Some(after)) if kind(head) == kind(after) => {
            let modes = if head.mode == after.mode {
                String::new()
            } else {
                format!("old mode {}\nnew mode {}\n", head.mode, after.mode)
            };
            if head.blob == after.blob {
                let text = [&names[..], modes.as_bytes()].concat();
                out.write_all(&text).and_then(|()| out.flush()).map_err(wrong())?;
                return Ok(());
            }
            let same = if modes.is_empty() { format!(" {}", head.mode) } else { String::new() };
            [&names[..], format!("{modes}index {}..{}{same}\n", head.blob, after.blob).as_bytes()].concat()
        }
        (head, Some(after)) => {
            let mut text =
                head.as_ref().map(|head| [&names[..], gone(head).as_bytes()].concat()).unwrap_or_default();
            text.extend_from_slice(&names);
            text.extend_from_slice(
                format!("new file mode {}\nindex {null}..{}\n", after.mode, after.blob).as_bytes(),
            );
            text
        }
    };
    out.write_all(&header).and_then(|()| out.write_all(b"GIT binary patch\n")).map_err(wrong())?;
    source(&mut out, taken)?;
    out.flush().map_err(wrong())?;
    Ok(())
}

/// Writes the content of `source`, which must be what was read before.
fn put_literal(
    repository: &Repository<'_>,
    out: &mut dyn Write,
    source: &mut dyn Read,
    taken: &Taken,
) -> Result<(), BundleError> {
    let mut hasher = repository.blob_hasher(taken.size);
    match literal::write(out, source, taken.size, |piece| hasher.update(piece)) {
        Ok(())
            if taken
                .after
                .as_ref()
                .is_some_and(|after| matches!(finish(hasher), Ok(blob) if blob == after.blob)) =>
        {
            Ok(())
        }
        Ok(()) | Err(LiteralError::Size | LiteralError::Malformed) => {
            Err(BundleError::Changing(taken.path.clone()))
        }
        Err(LiteralError::Io(error)) => {
            Err(FileError::new("write the patch of", &repository.top)(error).into())
        }
    }
}

fn create(dir: &Dir, name: &str) -> Result<OpenFile, BundleError> {
    Ok(dir.create_new(name)?.ok_or_else(|| crate::repository::taken(dir, name))?)
}

fn clone(file: &mut OpenFile) -> Result<File, BundleError> {
    let path = file.path().to_owned();
    Ok(file.stream().try_clone().map_err(FileError::new("open", &path))?)
}

fn change(head: Option<&Entry>, after: Option<&Entry>) -> Change {
    match (head, after) {
        (None, _) => Change::Added,
        (_, None) => Change::Deleted,
        (Some(head), Some(after)) if head == after => Change::AsCommitted,
        (Some(head), Some(after)) if head.mode[..3] != after.mode[..3] => Change::TypeChanged,
        _ => Change::Modified,
    }
}

fn contents(repository: &Repository<'_>, plan: &Plan, reads: Vec<Taken>) -> Contents {
    let files = reads.into_iter().map(|taken| manifest::File {
        change: change(taken.head.as_ref(), taken.after.as_ref()),
        path: taken.path,
        mode: taken.after.map(|after| after.mode),
        permissions: taken.permissions.map(|bits| format!("{bits:o}")),
        size: taken.size,
        blake3: taken.blake3,
    });
    let staged = plan.paths.iter().filter(|(_, planned)| planned.is_staged()).map(|(path, planned)| Staged {
        path: path.clone(),
        change: change(planned.head.as_ref(), planned.index.as_ref()),
        mode: planned.index.as_ref().map(|index| index.mode.clone()),
        blob: planned.index.as_ref().map(|index| index.blob.clone()),
    });
    let intent = plan.paths.iter().filter(|(_, planned)| planned.intent).map(|(path, planned)| Staged {
        path: path.clone(),
        change: Change::Added,
        mode: Some(planned.intent_mode.clone().unwrap_or_else(|| "100644".to_owned())),
        blob: None,
    });
    Contents {
        base: plan.head.clone(),
        object_format: repository.format_name().to_owned(),
        branch: plan.branch.clone(),
        in_progress: plan.progress.clone(),
        files: files.collect(),
        staged: staged.collect(),
        intent_to_add: intent.collect(),
        not_carried: plan.not_carried.iter().cloned().collect(),
    }
}
