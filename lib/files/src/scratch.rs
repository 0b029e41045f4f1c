//! A directory for a moment.

use std::path::{Path, PathBuf};

use crate::error::FileError;
use crate::{Dir, random};

/// A new directory, 0700, removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one whose name starts with `name` where the system keeps temporary files.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(name: &str) -> Result<Self, FileError> {
        let digits = u64::from_ne_bytes(random()?);
        let path = std::env::temp_dir().join(format!("{name}-{digits:016x}"));
        Dir::create(&path)?;
        Ok(Self(path))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in a temporary directory the system clears away.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
