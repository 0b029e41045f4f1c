//! The user's state directory, `${XDG_STATE_HOME:-~/.local/state}/agent-handoff`, mode 0700.
//!
//! It holds what must be trusted: keys, allowances, records of what was wired and what was captured. An agent's sandbox
//! may write the store and the project, so nothing of this may lie in either. A sandboxed agent may still read it.

use std::io;
use std::path::{Path, PathBuf};

use handoff_files::{Access, Dir, FileError};
use handoff_process::{Environment, NoState};
use handoff_text::Sanitised;

/// Permission bits that let others change what is in a directory.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Where the state directory is. Having one touches no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir {
    path: PathBuf,
}

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The environment does not say where it is.
    #[error(transparent)]
    NoPlace(#[from] NoState),
    /// What the system says.
    #[error(transparent)]
    File(#[from] FileError),
    /// It, or the directory that it would be created in, belongs to another user.
    #[error(
        "could not use {}: it belongs to another user (uid {owner}); set XDG_STATE_HOME to a directory of yours",
        Sanitised::path(path)
    )]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner's user ID.
        owner: u32,
    },
    /// Others may write to it.
    #[error(
        "could not use {}: others may write to it (mode {mode:03o}); look through it, then chmod 700 it",
        Sanitised::path(path)
    )]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl StateError {
    /// Whether the system refused to write there, as a sandbox does.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::File(error)
            if matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied))
    }
}

impl StateDir {
    /// The state directory of the user that `environment` describes.
    ///
    /// # Errors
    /// [`NoState`] when neither variable is set, or HOME is relative.
    pub fn of(environment: &Environment) -> Result<Self, NoState> {
        environment.state_dir().map(|path| Self { path })
    }

    /// The one at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it. Returns `None` if it does not exist.
    ///
    /// # Errors
    /// [`StateError::Owner`] and [`StateError::Writable`] when others could have changed what is in it; what the system
    /// says.
    pub fn open(&self) -> Result<Option<Dir>, StateError> {
        let Some(dir) = Dir::open(&self.path)? else { return Ok(None) };
        let access = dir.access()?;
        self.check_owner(&self.path, access)?;
        if access.mode & WRITABLE_BY_OTHERS != 0 {
            return Err(StateError::Writable { path: self.path.clone(), mode: access.mode });
        }
        Ok(Some(dir))
    }

    /// Opens it, created with mode 0700 if it does not exist.
    ///
    /// # Errors
    /// As for [`StateDir::open`]. [`StateError::Owner`] also when the directory that it would be created in is another
    /// user's: root with a user's HOME would lock that user out.
    pub fn create(&self) -> Result<Dir, StateError> {
        self.create_by(Dir::create)
    }

    /// The same, but a new one need not be on disk when this returns: for what can be lost, in a hook, which waits for no
    /// disk.
    ///
    /// # Errors
    /// As for [`StateDir::create`].
    pub fn create_unsynced(&self) -> Result<Dir, StateError> {
        self.create_by(Dir::create_path_unsynced)
    }

    fn create_by(&self, create: fn(&Path) -> Result<Dir, FileError>) -> Result<Dir, StateError> {
        if let Some(dir) = self.open()? {
            return Ok(dir);
        }
        for ancestor in self.path.ancestors().skip(1) {
            if let Some(dir) = Dir::open(ancestor)? {
                self.check_owner(ancestor, dir.access()?)?;
                break;
            }
        }
        create(&self.path)?;
        let missing = || FileError::new("open", &self.path)(io::Error::from(io::ErrorKind::NotFound));
        Ok(self.open()?.ok_or_else(missing)?)
    }

    fn check_owner(&self, path: &Path, access: Access) -> Result<(), StateError> {
        if access.is_ours() {
            return Ok(());
        }
        Err(StateError::Owner { path: path.to_owned(), owner: access.owner })
    }
}

#[cfg(test)]
mod tests;
