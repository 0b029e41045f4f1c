//! Why git cannot use the repository that a directory is in, and what to do about it.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_process::quoted;
use handoff_text::Sanitised;

/// The most that is read of a `.git` file, in bytes: one path.
const MAX_GIT_FILE_BYTES: u64 = 64 << 10;

/// A repository that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum Unusable {
    /// `top` is a linked worktree, and `common`, the git directory of its repository, is not there: it was moved.
    Moved {
        /// The worktree.
        top: PathBuf,
        /// The git directory of its repository.
        common: PathBuf,
    },
    /// `top` is a linked worktree that `common`, the git directory of its repository, does not know any more.
    Pruned {
        /// The worktree.
        top: PathBuf,
        /// The git directory of its repository.
        common: PathBuf,
    },
    /// `.git` in `top` leads to `git_dir`, which is no repository.
    Nowhere {
        /// The worktree.
        top: PathBuf,
        /// Where it leads.
        git_dir: PathBuf,
    },
    /// `.git` in `top` is a directory, and no repository that can be read.
    Unreadable {
        /// The worktree.
        top: PathBuf,
    },
    /// `.git` in `top` is a file in which no `gitdir: PATH` stands.
    NoGitFile {
        /// The worktree.
        top: PathBuf,
    },
    /// `.git` in `top` is a file that cannot be read, or no file and no directory.
    NotReadable {
        /// The worktree.
        top: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl Unusable {
    /// What is wrong with the nearest `.git` at `start` or above it; `None` when git can use it, and when there is none.
    pub fn find(start: &Path) -> Option<Self> {
        let start = handoff_files::canonical(start);
        let top = start.ancestors().find(|dir| handoff_files::is_taken(&dir.join(".git")))?.to_owned();
        let entry = top.join(".git");
        if handoff_files::is_file(&entry.join("HEAD")) {
            return None;
        }
        if handoff_files::is_directory(&entry) {
            return Some(Self::Unreadable { top });
        }
        let named = match handoff_files::read_file(&entry, MAX_GIT_FILE_BYTES) {
            Ok(content) => match named_in(&content) {
                Some(path) => path,
                None => return Some(Self::NoGitFile { top }),
            },
            Err(error) => match handoff_files::link_target(&entry) {
                // It leads nowhere.
                Some(target) => target,
                None => {
                    let reason = handoff_files::reason(&error.source);
                    return Some(Self::NotReadable { top, reason });
                }
            },
        };
        let git_dir = top.join(named);
        if handoff_files::is_file(&git_dir.join("HEAD")) {
            return None;
        }
        let worktrees = git_dir.parent().filter(|parent| parent.ends_with("worktrees"));
        Some(match worktrees.and_then(Path::parent).map(Path::to_owned) {
            Some(common) if handoff_files::is_file(&common.join("HEAD")) => Self::Pruned { top, common },
            Some(common) => Self::Moved { top, common },
            None => Self::Nowhere { top, git_dir },
        })
    }
}

/// The path in a `.git` file, as git reads it; `None` for any other text.
fn named_in(content: &[u8]) -> Option<PathBuf> {
    let path = content.strip_prefix(b"gitdir: ")?;
    let end = path.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    (end > 0).then(|| OsStr::from_bytes(&path[..end]).into())
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { top, common } => {
                let repository =
                    if common.ends_with(".git") { common.parent().unwrap_or(common) } else { common };
                write!(
                    f,
                    "{} is a worktree of {}, which is not there any more; in the place where that repository is now, run: \
                     git worktree repair {}",
                    Sanitised::path(top),
                    Sanitised::path(repository),
                    quoted(top)
                )
            }
            Self::Pruned { top, common } => write!(
                f,
                "{} is a worktree that {} does not know any more, which git worktree repair cannot put right: move its files \
                 away, make it anew with git worktree add, and move them back",
                Sanitised::path(top),
                Sanitised::path(common)
            ),
            Self::Nowhere { top, git_dir } => write!(
                f,
                "{} leads to {}, which is no repository any more: write where that is now into it, as `gitdir: PATH`",
                Sanitised::path(&top.join(".git")),
                Sanitised::path(git_dir)
            ),
            Self::NoGitFile { top } => write!(
                f,
                "{} is a file that does not begin with `gitdir: `, so git finds no repository there: write `gitdir: PATH` \
                 into it, where PATH is the git directory, or move it away",
                Sanitised::path(&top.join(".git"))
            ),
            Self::NotReadable { top, reason } => write!(
                f,
                "could not read {}, so git finds no repository there: {reason}; make it a file that you can read, or move \
                 it away",
                Sanitised::path(&top.join(".git"))
            ),
            Self::Unreadable { top } => write!(
                f,
                "{} is no repository that can be read; git -C {} status says why",
                Sanitised::path(&top.join(".git")),
                quoted(top)
            ),
        }
    }
}
