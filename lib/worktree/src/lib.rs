//! Which worktree this is, and what git knows of it.
//!
//! Two steps of different cost. [`Worktree::find`] looks at directories and whether a repository is one (HEAD must be
//! there); it reads no configuration and no object. [`Worktree::repository`] opens the repository. A hook asks for
//! either only when something may be waiting.
//!
//! `git` is run only where gitoxide cannot read a repository's references (reftable), and no inherited `GIT_*` variable changes an answer: hooks inherit the environment of whoever
//! ran the agent, a git hook of another repository among them.

mod ask;
#[cfg(feature = "status")]
mod changes;
mod count;
mod drift;
mod environment;
mod repository;
mod shared;

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gix_discover::repository::Path as Found;
use gix_discover::upwards::{Options, TrustPolicy};

#[cfg(feature = "status")]
pub use changes::Change;
pub use drift::{Count, Drift, Relation, Touched};
pub use environment::REPOSITORY_VARIABLES;
pub use repository::{Head, Repository};

/// A directory that somebody works in: a git worktree's top level, or outside git the directory itself.
#[derive(Clone, Debug)]
pub struct Worktree {
    top: PathBuf,
    git_dir: Option<PathBuf>,
}

impl Worktree {
    /// The worktree that `start` is in. A subdirectory, a path through links and the top level give the same answer;
    /// so do a submodule's own directories, which are a worktree of their own.
    ///
    /// A repository above `start` counts only when it is this user's, root's, or of the user who has `start`: in a
    /// directory that others may write to, such as `/tmp`, anyone can make one. `git` has the same rule.
    ///
    /// # Errors
    /// When `start` is no directory that can be entered.
    pub fn find(start: &Path) -> io::Result<Self> {
        let start = start.canonicalize()?;
        let directory = std::fs::metadata(&start)?;
        if !directory.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let options = Options {
            // Whose it is matters only above `start`, and is looked at below.
            trust: TrustPolicy::Assume(gix::sec::Trust::Full),
            current_dir: Some(&start),
            ..Options::default()
        };
        Ok(match gix_discover::upwards_opts(&start, options) {
            Ok((found, _)) => {
                let worktree = Self::of(found, start.clone());
                if worktree.top != start && worktree.is_foreign(directory.uid()) {
                    Self { top: start, git_dir: None }
                } else {
                    worktree
                }
            }
            Err(_) => Self { top: start, git_dir: None },
        })
    }

    /// Whether its repository is neither this user's, nor root's, nor of the user `below`.
    fn is_foreign(&self, below: u32) -> bool {
        let Some(git_dir) = &self.git_dir else { return false };
        // A link counts as its own owner's: that is who chose where it leads.
        let entry = self.top.join(".git");
        let (entry, owner) = match std::fs::symlink_metadata(&entry) {
            Ok(found) => (&entry, found.uid()),
            // Bare: it is its own git directory.
            Err(_) => match std::fs::symlink_metadata(git_dir) {
                Ok(found) => (git_dir, found.uid()),
                Err(_) => return false,
            },
        };
        owner != below
            && owner != 0
            && !gix::sec::identity::is_path_owned_by_current_user(entry).unwrap_or(false)
    }

    fn of(found: Found, start: PathBuf) -> Self {
        let (top, git_dir) = match found {
            Found::WorkTree(top) => (top.clone(), top.join(".git")),
            Found::LinkedWorkTree { work_dir, git_dir } => (work_dir, git_dir),
            // Bare, or somewhere inside a `.git`.
            Found::Repository(git_dir) if git_dir.ends_with(".git") => {
                (git_dir.parent().unwrap_or(&git_dir).to_owned(), git_dir)
            }
            Found::Repository(git_dir) => (git_dir.clone(), git_dir),
        };
        // What was found from a subdirectory comes with `..` in it.
        let top = top.canonicalize().unwrap_or(start);
        Self { top, git_dir: Some(git_dir) }
    }

    /// The worktree that was at `path`, absolute and without links, where there is none any more.
    pub fn gone(path: PathBuf) -> Self {
        Self { top: path, git_dir: None }
    }

    /// Its absolute path, without links.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Whether it is in git. Nothing of the repository is read.
    pub fn is_repository(&self) -> bool {
        self.git_dir.is_some()
    }

    /// Its repository; None outside git, and when git's data cannot be read.
    pub fn repository(&self) -> Option<Repository> {
        Repository::open(self.git_dir.as_deref()?)
    }
}

#[cfg(test)]
mod tests;
