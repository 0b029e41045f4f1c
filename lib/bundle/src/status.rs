//! What git says is uncommitted: `git status --porcelain=v2 -z`.

use std::io::{BufRead, BufReader, Read};

use crate::error::BundleError;
use crate::git::{GitError, failed, odd};
use crate::path::TreePath;
use crate::policy;
use crate::repository::Repository;

/// The longest record that is read: a path, and what is said of it.
const MAX_RECORD_BYTES: u64 = 1 << 20;

/// The whole answer, our own files apart.
#[derive(Debug, Default)]
pub(crate) struct Status {
    /// The commit that HEAD names; None when it is unborn.
    pub(crate) head: Option<String>,
    /// The branch; None when HEAD is detached.
    pub(crate) branch: Option<String>,
    pub(crate) changes: Vec<Change>,
    /// What git tracks and has changed of our own files: no work, never carried, and in no apply's way.
    pub(crate) own_state: Vec<TreePath>,
    /// Ignored files, and directories that are ignored as a whole.
    pub(crate) ignored: Vec<TreePath>,
    /// Whether untracked files are listed: the user's configuration may say that none is work.
    pub(crate) shows_untracked: bool,
    /// Submodules of which git could not say whether they changed.
    pub(crate) unseen_submodules: Vec<TreePath>,
}

/// What git is spared, since it cannot do it here.
#[derive(Clone, Debug, Default)]
struct Spared {
    /// To look into submodules.
    submodules: bool,
    /// To run these filters.
    filters: Vec<String>,
}

/// One path that is not as HEAD has it.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) path: TreePath,
    pub(crate) kind: ChangeKind,
}

#[derive(Debug)]
pub(crate) enum ChangeKind {
    /// In HEAD, the index or both.
    Tracked {
        /// In HEAD.
        head: Option<Entry>,
        /// In the index. None also for what `git add -N` promised.
        index: Option<Entry>,
        /// The mode that git sees in the working tree; None when nothing is there.
        mode: Option<String>,
        /// Whether the index has no more than the promise to add it.
        intent: bool,
    },
    /// The index has several versions of it.
    Unmerged,
    /// In neither.
    Untracked,
    /// A repository in its own right, in neither.
    Nested,
}

/// A mode and a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: String,
    pub(crate) blob: String,
}

impl Entry {
    pub(crate) fn new(mode: &str, blob: &str) -> Option<Self> {
        let there = mode.bytes().any(|digit| digit != b'0');
        there.then(|| Self { mode: mode.to_owned(), blob: blob.to_owned() })
    }
}

/// Whether the untracked file at `path` is an exported letter: it carries work, and is none.
fn is_letter(repository: &Repository<'_>, path: &TreePath) -> bool {
    let bytes = path.as_bytes();
    if !bytes.ends_with(b".handoff") {
        return false;
    }
    let full = repository.top.join(crate::repository::os(bytes));
    let head = match handoff_files::link_target(&full) {
        None => handoff_files::open_regular(&full).and_then(|mut file| file.read(1 << 10)),
        Some(_) => return false,
    };
    let has = |head: &[u8], text: &[u8]| head.windows(text.len()).any(|window| window == text);
    head.is_ok_and(|head| head.starts_with(b"# v") && has(&head, b" refs/handoffs/v1/"))
}

impl Status {
    /// Asks git. With `ignored`, also for what it ignores. A submodule that is broken and a filter whose program is missing
    /// end git's answer: then it is asked without them. Such submodules are named, and a file with such a filter is compared
    /// by its bytes.
    pub(crate) fn read(repository: &Repository<'_>, ignored: bool) -> Result<Self, BundleError> {
        let first = match Self::ask(repository, ignored, &Spared::default()) {
            Err(BundleError::Git(error @ GitError::Failed { .. })) => error,
            other => return other,
        };
        let filters = filters(repository).unwrap_or_default();
        for spared in [
            Spared { submodules: true, filters: Vec::new() },
            Spared { submodules: false, filters: filters.clone() },
            Spared { submodules: true, filters },
        ] {
            match Self::ask(repository, ignored, &spared) {
                Err(BundleError::Git(GitError::Failed { .. })) => {}
                Ok(status) if spared.submodules => {
                    return Ok(Self { unseen_submodules: gitlinks(repository)?, ..status });
                }
                other => return other,
            }
        }
        Err(first.into())
    }

    fn ask(repository: &Repository<'_>, ignored: bool, spared: &Spared) -> Result<Self, BundleError> {
        let mut status = Self::parse(repository, ignored, spared)?;
        let is_nested = |change: &Change| matches!(change.kind, ChangeKind::Nested);
        if status.changes.iter().any(is_nested) {
            // A worktree of this very repository is checked out there, and is no change of this one.
            let worktrees = worktrees(repository)?;
            let is_linked = |path: &TreePath| {
                let full = repository.top.join(crate::repository::os(path.as_bytes()));
                worktrees.contains(&handoff_files::canonical(&full)) && repository.is_linked_from(&full)
            };
            status.changes.retain(|change| !(is_nested(change) && is_linked(&change.path)));
        }
        let is_own = |path: &TreePath| policy::is_own_state(path) || repository.is_left_out(path);
        let is_letter = |change: &Change| {
            matches!(change.kind, ChangeKind::Untracked) && is_letter(repository, &change.path)
        };
        let (own, changes) =
            status.changes.into_iter().partition(|change| is_own(&change.path) || is_letter(change));
        status.changes = changes;
        let own: Vec<Change> = own;
        let tracked = own
            .into_iter()
            .filter(|change| matches!(change.kind, ChangeKind::Tracked { .. } | ChangeKind::Unmerged));
        status.own_state = tracked.map(|change| change.path).collect();
        Ok(status)
    }

    fn parse(repository: &Repository<'_>, ignored: bool, spared: &Spared) -> Result<Self, BundleError> {
        let shows_untracked = shows_untracked(repository)?;
        let untracked = if shows_untracked { "all" } else { "no" };
        let submodules = if spared.submodules { "dirty" } else { "none" };
        let mut call = repository.call("status").args([
            "--porcelain=v2",
            "-z",
            "--branch",
            &format!("--untracked-files={untracked}"),
            &format!("--ignore-submodules={submodules}"),
            "--no-renames",
            "--no-ahead-behind",
        ]);
        if !spared.filters.is_empty() {
            call = call.without_filters(&spared.filters);
        }
        if ignored && shows_untracked {
            call = call.arg("--ignored=matching");
        }
        let (status, _) = call.read(Vec::new(), |stdout| {
            let (mut stdout, mut record, mut status) = (BufReader::new(stdout), Vec::new(), Self::default());
            loop {
                record.clear();
                let count = (&mut stdout)
                    .take(MAX_RECORD_BYTES)
                    .read_until(0, &mut record)
                    .map_err(failed("status"))?;
                match record.pop() {
                    None => return Ok(status),
                    Some(0) => status.take(&record)?,
                    Some(_) => {
                        return Err(odd("status", &format!("a record that is cut after {count} bytes")));
                    }
                }
            }
        })?;
        Ok(Self { shows_untracked, ..status })
    }

    fn take(&mut self, record: &[u8]) -> Result<(), BundleError> {
        let unknown = || odd("status", &format!("\"{}\"", String::from_utf8_lossy(record)));
        let (kind, rest) = record.split_at_checked(2).ok_or_else(unknown)?;
        let parts = match kind {
            b"1 " => 8,
            b"u " => 10,
            b"# " | b"? " | b"! " => 1,
            _ => return Err(unknown()),
        };
        let fields: Vec<_> = rest.splitn(parts, |byte| *byte == b' ').collect();
        if fields.len() != parts {
            return Err(unknown());
        }
        if kind == b"# " {
            self.header(&String::from_utf8_lossy(rest));
            return Ok(());
        }
        let bytes = fields[parts - 1];
        let (path, nested) = match bytes.strip_suffix(b"/") {
            Some(directory) => (TreePath::new(directory), true),
            None => (TreePath::new(bytes), false),
        };
        if kind == b"! " {
            self.ignored.push(path);
            return Ok(());
        }
        let text = |at: usize| String::from_utf8_lossy(fields[at]);
        let kind = match kind {
            b"1 " => {
                // XY sub mH mI mW hH hI
                let (head, index) = (Entry::new(&text(2), &text(5)), Entry::new(&text(3), &text(6)));
                let state = text(0);
                // Nothing else makes a path new in the working tree, or gone from both.
                let intent = state.ends_with('A') || &*state == "DD";
                let index = index.filter(|_| !intent);
                let mode = Entry::new(&text(4), "").map(|entry| entry.mode);
                ChangeKind::Tracked { head, index, mode, intent }
            }
            b"u " => ChangeKind::Unmerged,
            _ if nested => ChangeKind::Nested,
            _ => ChangeKind::Untracked,
        };
        self.changes.push(Change { path, kind });
        Ok(())
    }

    fn header(&mut self, text: &str) {
        match text.split_once(' ') {
            Some(("branch.oid", "(initial)")) => self.head = None,
            Some(("branch.oid", head)) => self.head = Some(head.to_owned()),
            Some(("branch.head", "(detached)")) => self.branch = None,
            Some(("branch.head", branch)) => self.branch = Some(branch.to_owned()),
            _ => {}
        }
    }
}

/// Whether the user has git show untracked files: in a repository around a home directory, none of them is work.
fn shows_untracked(repository: &Repository<'_>) -> Result<bool, BundleError> {
    let call = repository.call("config").args(["--get", "status.showUntrackedFiles"]).accept(1);
    let (said, _) = call.output(Vec::new(), MAX_RECORD_BYTES)?;
    Ok(!matches!(said.trim_ascii().to_ascii_lowercase().as_slice(), b"no" | b"false" | b"off" | b"0"))
}

/// The worktrees of the repository, canonical.
fn worktrees(repository: &Repository<'_>) -> Result<Vec<std::path::PathBuf>, BundleError> {
    let (said, _) = repository
        .call("worktree")
        .args(["list", "--porcelain", "-z"])
        .output(Vec::new(), 64 * MAX_RECORD_BYTES)?;
    let paths = said.split(|byte| *byte == 0).filter_map(|line| line.strip_prefix(b"worktree "));
    Ok(paths.map(|path| handoff_files::canonical(crate::repository::os(path).as_ref())).collect())
}

/// The names of the filters that are configured.
fn filters(repository: &Repository<'_>) -> Result<Vec<String>, BundleError> {
    let call = repository.call("config").args(["-z", "--name-only", "--get-regexp", r"^filter\."]).accept(1);
    let (said, _) = call.output(Vec::new(), MAX_RECORD_BYTES)?;
    let names = said.split(|byte| *byte == 0).filter_map(|name| {
        let name = std::str::from_utf8(name).ok()?.strip_prefix("filter.")?;
        Some(name.rsplit_once('.')?.0.to_owned())
    });
    Ok(names.collect::<std::collections::BTreeSet<_>>().into_iter().collect())
}

/// The submodules that the index has.
fn gitlinks(repository: &Repository<'_>) -> Result<Vec<TreePath>, BundleError> {
    let (found, _) = repository.call("ls-files").args(["--stage", "-z"]).read(Vec::new(), |stdout| {
        let mut found = Vec::new();
        for record in BufReader::new(stdout).split(0) {
            let record = record.map_err(failed("ls-files"))?;
            let tab = record.iter().position(|byte| *byte == b'\t');
            if let Some(tab) = tab.filter(|_| record.starts_with(b"160000 ")) {
                found.push(TreePath::new(&record[tab + 1..]));
            }
        }
        Ok(found)
    })?;
    Ok(found)
}
