//! What can go wrong, each case with the way out.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_files::FileError;
use handoff_text::Sanitised;

use crate::git::GitError;
use crate::patch::PatchError;
use crate::path::TreePath;
use crate::repository::Progress;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something other than a directory stands where undo records are kept.
    #[error(
        "{path} is {what}, where a directory is needed to keep what undoes an apply: move it away",
        path = handoff_text::Sanitised::path(path)
    )]
    NoUndoDirectory {
        /// Where it stands.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A symbolic link below `.handover`.
    #[error("{} is a symbolic link, and none is followed there: put the file itself in its place", handoff_text::Sanitised::path(.0))]
    Link(PathBuf),
    /// Git is missing or failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// There is no working tree to capture or to apply to.
    #[error("{} is a bare repository, which has no working tree; work in a clone of it", Sanitised::path(.0))]
    Bare(PathBuf),
    /// Git's index was cut or damaged, so git can say neither what changed nor what is staged.
    #[error(
        "git's index {} is broken, so nothing can be captured or applied; this makes it anew from HEAD, and leaves all \
         files as they are (what was staged is unstaged then): rm {} && git -C {} reset",
        Sanitised::path(index),
        handoff_process::quoted(index),
        handoff_process::quoted(top)
    )]
    BrokenIndex {
        /// The index.
        index: PathBuf,
        /// The worktree's top.
        top: PathBuf,
    },
    /// Git had no room to try a patch. Nothing was changed.
    #[error(
        "git could not write what it needed to try {file}: {reason}; make room on the disk of .handover, and try again"
    )]
    NoSpace {
        /// Which patch.
        file: &'static str,
        /// What git says.
        reason: String,
    },
    /// Not the top of a worktree.
    #[error("{} is not the top level of a git worktree", Sanitised::path(.0))]
    NotTop(PathBuf),
    /// The manifest would be larger than any reader takes.
    #[error("the manifest would be {0} bytes large, which no reader takes; lower max_files")]
    LargeManifest(u64),
    /// These paths cannot be in a patch that can be applied. The capture is tried again without them.
    #[error("these could not be put into a patch ({}); please report this", list(.0))]
    CannotCarry(Vec<TreePath>),
    /// Files went on changing while they were read.
    #[error("{0} changed while it was being captured; try again when nothing writes to it")]
    Changing(TreePath),
    /// What git wrote is not what was read. Nothing was kept.
    #[error("the patch that git made does not say what the working tree holds: {0}; please report this")]
    Unfaithful(String),
    /// A bundle whose parts don't hold together.
    #[error("the bundle {id} is damaged: {reason}; it cannot be used")]
    Damaged {
        /// Which.
        id: String,
        /// In what way.
        reason: String,
    },
    /// No such bundle.
    #[error("there is no bundle {0}")]
    Unknown(String),
    /// Somebody else has it.
    #[error("the bundle {id} was claimed already{}", .by.as_deref().map(|by| format!(" by {}", Sanitised::line(by.as_bytes(), 400))).unwrap_or_default())]
    Claimed {
        /// Which.
        id: String,
        /// Who, when the claim says so.
        by: Option<String>,
    },
    /// A random name was taken over and over.
    #[error("could not find a free name in {}", Sanitised::path(.0))]
    NoFreeName(PathBuf),
    /// An apply or undo of this worktree is under way.
    #[error("another program is applying a bundle to this worktree; wait for it to end")]
    Busy,
    /// An apply was killed, and has to be rolled back first.
    #[error("an earlier apply of {0} was interrupted; undo it first")]
    Interrupted(String),
    /// Something went wrong on the way back. The record is still there.
    #[error("not everything could be put back: {0}; handover pickup --undo tries again")]
    Unfinished(Box<BundleError>),
    /// An apply failed, and so did putting back what it had changed.
    #[error("{why}; and {trouble}")]
    NotPutBack {
        /// Why it failed.
        why: Box<BundleError>,
        /// What is in the way of putting it back.
        trouble: Box<BundleError>,
    },
    /// There is no key to seal the record with from which an apply is undone.
    #[error("there is no key to seal the undo record with; nothing was changed")]
    NoKey,
    /// Nothing was applied here that could be undone.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// A refusal that changed nothing.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a bundle is not applied, or an apply not undone. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It isn't known to be this user's.
    #[error("the bundle {0} was not made by you on this machine; look at it, and allow it first")]
    Foreign(String),
    /// It says that it is this user's, and isn't what was written.
    #[error("the bundle {0} was changed after it was made; it is not applied")]
    Tampered(String),
    /// A patch's bytes aren't those that the manifest names.
    #[error("{file} of the bundle {id} is not the one that the manifest names; it is not applied")]
    WrongHash {
        /// Which bundle.
        id: String,
        /// Which file of it.
        file: &'static str,
    },
    /// It is not in the form in which git writes patches.
    #[error("{file} cannot be applied: {reason}")]
    Malformed {
        /// Which file.
        file: &'static str,
        /// What is wrong, and where.
        reason: PatchError,
    },
    /// A path that no patch may write.
    #[error("the patch names {path}, {reason}; it is not applied")]
    Path {
        /// The path.
        path: TreePath,
        /// Why not.
        reason: &'static str,
    },
    /// A submodule, or a mode that git has no meaning for.
    #[error("the patch gives {path} the mode {mode}, which is not carried; it is not applied")]
    Mode {
        /// The path.
        path: TreePath,
        /// Its mode, as the patch spells it.
        mode: String,
    },
    /// Two paths that are one file on some file systems.
    #[error("the patch names both {0} and {1}, which are one file on some file systems; it is not applied")]
    SameFile(TreePath, TreePath),
    /// A symbolic link, or another thing, where the path needs a directory.
    #[error("{path} would be written through {through}, which is {what}; it is not applied")]
    Through {
        /// The path.
        path: TreePath,
        /// What is in its way.
        through: TreePath,
        /// What that is.
        what: &'static str,
    },
    /// Manifest and patch disagree.
    #[error("the manifest and the patch disagree on {path}: {reason}; it is not applied")]
    Mismatch {
        /// The path.
        path: TreePath,
        /// In what.
        reason: &'static str,
    },
    /// It changes what agents, shells or tools run or obey.
    #[error(
        "the patch changes files that programs run or obey ({}); look at them, and allow it with --allow-config",
        list(.0)
    )]
    Config(Vec<TreePath>),
    /// There are uncommitted changes already.
    #[error("the worktree has uncommitted changes ({}); commit or stash them first", list(.0))]
    Dirty(Vec<TreePath>),
    /// A merge, rebase or the like is under way.
    #[error("a {0} is under way in this worktree; finish or abort it first")]
    InProgress(Progress),
    /// HEAD is elsewhere.
    #[error("{}", other_head(head.as_deref(), base.as_deref()))]
    OtherHead {
        /// The commit that HEAD is; None: there is none yet.
        head: Option<String>,
        /// The commit that the bundle was made on; None: it was made before the first one.
        base: Option<String>,
    },
    /// HEAD has commits that those of the bundle do not build on.
    #[error("{}", diverged(*count, tip, head))]
    Diverged {
        /// How many commits it has that HEAD lacks.
        count: usize,
        /// The newest of them.
        tip: Box<str>,
        /// The commit that HEAD is.
        head: Box<str>,
        /// The file that they are in.
        file: Box<Path>,
    },
    /// The commit it was made on is not here.
    #[error("the commit {0} that the bundle was made on is not in this repository; fetch it first")]
    MissingBase(String),
    /// The commits beside it are not those that it was made on.
    #[error("the commits beside the bundle {0} are not those that it was made on; it is not applied")]
    OtherCommits(String),
    /// The repository counts in other hashes.
    #[error("the bundle was made in a repository of {bundle} objects, and this one has {here}")]
    ObjectFormat {
        /// The bundle's.
        bundle: String,
        /// The repository's.
        here: String,
    },
    /// A three-way merge found both sides changed.
    #[error("these changed on both sides ({}); {} to have them", list(paths), at_base(base.as_deref()))]
    Conflicts {
        /// What did.
        paths: Vec<TreePath>,
        /// The commit that the bundle was made on; None: it was made before the first one.
        base: Option<String>,
    },
    /// A file that is ignored, or was made a moment ago, stands where one would be made.
    #[error("these files are here already, and git ignores them or does not have them ({}); move them away first", list(.0))]
    InTheWay(Vec<TreePath>),
    /// Git is set not to look at these files, so it is unknown whether they are clean.
    #[error("git was told not to look at these files ({}); clear skip-worktree and assume-unchanged first", list(.0))]
    Hidden(Vec<TreePath>),
    /// Git itself does not take the patch.
    #[error("{file} does not apply: {reason}")]
    DoesNotApply {
        /// Which file.
        file: &'static str,
        /// What git says.
        reason: String,
    },
    /// The result isn't what was captured. Everything was put back.
    #[error("{0} would not become what was captured; nothing was changed")]
    Unfaithful(TreePath),
    /// Somebody changed the worktree meanwhile. Everything was put back.
    #[error("git's index was changed by another program meanwhile; nothing was changed, try again")]
    IndexChanged,
    /// Another program wrote to these files while they were about to be replaced or removed.
    #[error("another program changed these meanwhile ({}), and what it wrote stays", list(.0))]
    ChangedMeanwhile(Vec<TreePath>),
    /// These would have to be written to, and cannot be.
    #[error("these cannot be written to here, as in a sandbox ({}); nothing was changed", files(.0))]
    NotWritable(Vec<PathBuf>),
    /// Git's index is locked by another program.
    #[error("another git program is using {}; try again when it is done", Sanitised::path(.0))]
    IndexLocked(PathBuf),
    /// What undo would overwrite was changed since.
    #[error("these changed since the bundle was applied ({}); save them elsewhere and put them back first", list(.0))]
    ChangedSince(Vec<TreePath>),
    /// The copies of what was there before were changed since.
    #[error(
        "what was kept to put everything back was changed ({}); nothing was put back; to keep what is there now, remove \
         .handover/undo",
        files(.0)
    )]
    RecordChanged(Vec<PathBuf>),
    /// HEAD moved since.
    #[error("{}; to keep what is there now, remove .handover/undo", moved(was.as_deref(), now.as_deref()))]
    HeadMoved {
        /// Where it was when the bundle was applied; None: there was no commit.
        was: Option<String>,
        /// Where it is.
        now: Option<String>,
    },
    /// What git's index says changed since.
    #[error(
        "git's index changed since the bundle was applied; at the worktree's top, `{0}` takes back what was staged (the \
         files stay as they are, but a staged version that no file has is gone then), and then it can be undone; to keep \
         what is there now, remove .handover/undo"
    )]
    IndexMoved(&'static str),
}

impl BundleError {
    /// Whether the reason is that something cannot be written to here, which it may be elsewhere: the process is in a
    /// sandbox, or the file system is read-only.
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::File(error) => error.kind() == std::io::ErrorKind::ReadOnlyFilesystem,
            Self::Refused(refusal) => matches!(refusal, Refusal::NotWritable(_)),
            Self::Unfinished(why) | Self::NotPutBack { why, .. } => why.is_read_only(),
            _ => false,
        }
    }
}

impl Refusal {
    /// The paths of the bundle that are the reason, where some are.
    pub(crate) fn paths(&self) -> Vec<TreePath> {
        match self {
            Self::Path { path, .. }
            | Self::Mode { path, .. }
            | Self::Through { path, .. }
            | Self::Mismatch { path, .. } => vec![path.clone()],
            Self::SameFile(one, other) => vec![one.clone(), other.clone()],
            _ => Vec::new(),
        }
    }
}

/// A commit as people name it.
fn short(commit: &str) -> &str {
    &commit[..commit.floor_char_boundary(12)]
}

fn at_base(base: Option<&str>) -> String {
    match base {
        Some(base) => format!("check out {}, on which the bundle was made,", short(base)),
        None => "apply it in a repository without commits, as it was made,".to_owned(),
    }
}

fn other_head(head: Option<&str>, base: Option<&str>) -> String {
    match (head, base) {
        (Some(head), Some(base)) => format!(
            "HEAD is {head}, and the bundle was made on {base}; check out {base} first, or apply it to HEAD with \
             --onto-head"
        ),
        (None, Some(base)) => format!(
            "there is no commit on this branch yet, and the bundle was made on {base}; check that out first: git \
             checkout {base}"
        ),
        (head, None) => format!(
            "the bundle was made before the first commit, and HEAD is {} here; apply it in a repository without \
             commits, or to HEAD with --onto-head",
            head.map_or("nowhere", short)
        ),
    }
}

fn diverged(count: usize, tip: &str, head: &str) -> String {
    let (commits, do_not) =
        if count == 1 { ("the commit", "does not") } else { ("the commits up to", "do not") };
    let (tip, head) = (short(tip), short(head));
    format!("{commits} {tip} that came with it {do_not} follow on HEAD, which is {head}; nothing was changed")
}

fn moved(was: Option<&str>, now: Option<&str>) -> String {
    let now = now.map_or("nowhere", short);
    match was.map(short) {
        Some(was) => format!(
            "HEAD was {was} when the bundle was applied, and is {now}; `git checkout {was}`, then undo it"
        ),
        None => {
            format!("there was no commit when the bundle was applied, and HEAD is {now}: it cannot be undone")
        }
    }
}

fn files(paths: &[PathBuf]) -> String {
    list(&paths.iter().map(|path| TreePath::new(path.as_os_str().as_bytes())).collect::<Vec<_>>())
}

/// The first few of a list.
fn list(paths: &[TreePath]) -> String {
    const SHOWN: usize = 10;
    let mut text = paths.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if paths.len() > SHOWN {
        text += &format!(" and {} more", paths.len() - SHOWN);
    }
    text
}
