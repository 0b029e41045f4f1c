//! `manifest.json`: what a bundle holds, and what it does not.

use serde::{Deserialize, Serialize};

use crate::path::TreePath;
use crate::repository::Progress;

/// The version that is written. Readers take this one and, since unknown fields are passed over, later ones that only
/// add to it; one that breaks with it counts up.
pub(crate) const VERSION: u32 = 1;

/// The whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// 1.
    pub version: u32,
    /// The name of the bundle's directory.
    pub id: String,
    /// RFC 3339, UTC, to the second.
    pub created: String,
    /// Who made it, and why.
    pub origin: Origin,
    /// Whom it is for: the name of a worktree. None: whoever comes next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// What was captured.
    #[serde(flatten)]
    pub contents: Contents,
    /// `summary.md`.
    pub summary: Part,
    /// `transcript.jsonl`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Part>,
    /// `workspace.patch`.
    pub workspace_patch: Part,
    /// `index.patch`.
    pub index_patch: Part,
    /// 64 hex digits: BLAKE3 keyed with the user's key over everything else, see [`crate::trust`].
    #[serde(default)]
    pub keyed_hash: String,
}

/// Who made a bundle, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The agent or program: `claude-code`, `codex-cli`, `handover`, …
    pub tool: String,
    /// The session's id, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What brought it about: `manual`, or the event's name.
    pub event: String,
}

/// What was uncommitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The commit that HEAD named, in full; None when HEAD was unborn.
    pub base: Option<String>,
    /// `sha1` or `sha256`.
    pub object_format: String,
    /// The branch; None when HEAD was detached.
    pub branch: Option<String>,
    /// What git was in the middle of. It is said, and not carried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_progress: Vec<Progress>,
    /// What `workspace.patch` makes of the working tree of the base, by path.
    pub files: Vec<File>,
    /// What `index.patch` makes of the index of the base, by path.
    pub staged: Vec<Staged>,
    /// Paths that the index has no more of than the promise to add them (`git add -N`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intent_to_add: Vec<Staged>,
    /// What was uncommitted and is not in the bundle, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_carried: Vec<NotCarried>,
}

impl Contents {
    /// Whether it holds nothing; something may have been left behind all the same.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.staged.is_empty() && self.intent_to_add.is_empty()
    }

    /// What was uncommitted and is not in the bundle: [`Contents::not_carried`] without our own wiring.
    pub fn left_behind(&self) -> impl Iterator<Item = &NotCarried> {
        self.not_carried.iter().filter(|left| left.reason != Reason::OwnWiring)
    }

    /// Whether there is uncommitted work, carried or not: the user's, which our own files are not.
    pub fn has_work(&self) -> bool {
        !self.is_empty() || self.left_behind().any(|left| left.reason != Reason::OwnState)
    }
}

/// A file of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its size in bytes.
    pub size: u64,
    /// BLAKE3 of its content, 64 hex digits.
    pub blake3: String,
}

/// How a path differs from the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is not in the base.
    Added,
    /// Its content, its mode or both.
    Modified,
    /// It is only in the base.
    Deleted,
    /// A file where a link was, or the reverse.
    TypeChanged,
    /// None of these: its bytes are the base's, and git lists it all the same, since a filter or a line-end conversion would
    /// check out others. It is in no patch; an apply writes the base's bytes.
    AsCommitted,
}

/// A path of the working tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where.
    pub path: TreePath,
    /// How it differs.
    pub change: Change,
    /// `100644`, `100755` or `120000`; None when it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The permission bits that it has on disk, octal. None for a link, and when it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<String>,
    /// The content's size in bytes; of a link, what it says. 0 when it is deleted.
    pub size: u64,
    /// BLAKE3 of that, 64 hex digits; None when it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

/// A path of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Where.
    pub path: TreePath,
    /// How it differs.
    pub change: Change,
    /// As for [`File::mode`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The blob; None when it is deleted, or only promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}

/// A path that stays behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotCarried {
    /// Where.
    pub path: TreePath,
    /// Why.
    pub reason: Reason,
    /// Its size in bytes, where that is the reason; of a directory, that of the files in it that stay behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Of a directory: how many of the files in it stay behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<usize>,
}

impl NotCarried {
    /// A single path.
    pub(crate) fn new(path: TreePath, reason: Reason, size: Option<u64>) -> Self {
        Self { path, reason, size, files: None }
    }

    /// Why, in words, with how many files it is.
    pub fn text(&self) -> String {
        match self.files {
            Some(files) => format!("{files} files: {}", self.reason.text()),
            None => self.reason.text().to_owned(),
        }
    }
}

/// Why something is not carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Changes in or of a submodule.
    Submodule,
    /// Another repository inside this one, with all that is in it.
    NestedRepository,
    /// A worktree of this repository that was moved or copied to where it is, so that git does not know it there.
    MovedWorktree,
    /// A named pipe, a socket or a device.
    SpecialFile,
    /// It, or what is staged of it, is larger than one file may be.
    TooLarge,
    /// With it the capture would be larger than one may be, or have more files.
    OverLimit,
    /// It may not be read.
    Unreadable,
    /// It went on changing while it was read.
    Changing,
    /// Git could not have it in a patch, or would not apply that: where it stands, git has something else.
    NoPatch,
    /// No bundle may write such a name.
    ForbiddenName,
    /// On some file systems it would be one file with another changed path.
    AmbiguousName,
    /// The several versions that the index has of it during a merge. The file itself is carried, with its conflict
    /// markers.
    UnmergedIndexEntry,
    /// Git is set not to look at it (assume-unchanged, skip-worktree), and it differs.
    HiddenFromGit,
    /// What `handover enable` made of it, and nothing else: made for one machine, and nobody's work.
    OwnWiring,
    /// Git tracks it, and it is what this program keeps in `.handover`, in its store or in its state directory.
    OwnState,
}

impl Reason {
    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Submodule => "a submodule: commit and push in it",
            Self::NestedRepository => "another repository: commit and push in it",
            Self::MovedWorktree => "a worktree that was moved; run git worktree repair with its path",
            Self::SpecialFile => "a pipe, socket or device",
            Self::TooLarge => "larger than max_file_bytes",
            Self::OverLimit => "more than max_files or max_total_bytes",
            Self::Unreadable => "may not be read",
            Self::Changing => "changed while it was captured",
            Self::NoPatch => "git cannot have it in a patch here: copy it yourself",
            Self::ForbiddenName => "a name that no bundle may write",
            Self::AmbiguousName => "differs from another changed name by no more than case or composition",
            Self::UnmergedIndexEntry => {
                "the conflict's three versions in the index; the file itself is carried"
            }
            Self::OwnWiring => "what handover enable wired",
            Self::OwnState => "handover's own, and tracked by git: commit it, or copy it yourself",
            Self::HiddenFromGit => "changed, but git was told not to look at it",
        }
    }
}
