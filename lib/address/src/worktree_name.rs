//! The name in `--to NAME`.

use std::fmt;
use std::path::{Path, PathBuf};

/// A worktree's basename as a person may give it: `[A-Za-z0-9._-]+`, not starting with `-`, not `.` or `..`. It cannot
/// be built from anything that would leave the parent directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorktreeName(String);

/// Why a name is none. The message shows the name with its control characters escaped.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a worktree name: use letters, digits, `.`, `_` and `-`, not starting with `-`")]
pub struct InvalidName(pub String);

impl WorktreeName {
    /// Checks `name`.
    ///
    /// # Errors
    /// [`InvalidName`] when it is not one.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        let valid = !name.is_empty()
            && !name.starts_with('-')
            && !matches!(name, "." | "..")
            && name.bytes().all(super::is_portable);
        if valid { Ok(Self(name.to_owned())) } else { Err(InvalidName(name.to_owned())) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory of this name beside `worktree`, whether it exists or not.
    pub fn beside(&self, worktree: &Path) -> PathBuf {
        worktree.parent().unwrap_or(Path::new("/")).join(&self.0)
    }
}

impl fmt::Display for WorktreeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
