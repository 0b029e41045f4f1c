//! A file of a user's or of another program, as it is when a plan is made.

use std::collections::BTreeMap;
use std::io::ErrorKind::NotADirectory;
use std::path::{Path, PathBuf};

use handoff_files::Foreign;

use crate::{Edit, Problem};

/// The longest file of another program that is edited, in bytes.
pub const MAX_TEXT_BYTES: u64 = 16 << 20;

/// The largest file that is ever read or written: a program.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// A file that is to be edited.
#[derive(Debug)]
pub struct Target {
    /// What the record calls it.
    pub key: PathBuf,
    /// The file.
    pub file: Foreign,
    /// What is in it; None where there is no such file.
    pub text: Option<String>,
}

impl Target {
    /// Reads the file at `path`, which the record calls `key`.
    ///
    /// # Errors
    /// [`Problem`]; `Taken` if a parent of `path` is a file.
    pub fn read(path: &Path, key: &Path) -> Result<Self, Problem> {
        let file = Foreign::read(path, MAX_TEXT_BYTES).map_err(|error| match path.parent().map(missing) {
            Some(Err(taken)) if error.kind() == NotADirectory => taken,
            _ => error.into(),
        })?;
        let text = file.content().map(handoff_wiring::text).transpose();
        let text = text.map_err(|error| Problem::Malformed { path: path.to_owned(), error })?;
        let text = text.map(str::to_owned);
        Ok(Self { key: key.to_owned(), file, text })
    }

    /// The path that it was read by.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Where it really is, when links lead from its path elsewhere.
    pub fn real(&self) -> Option<PathBuf> {
        Some(self.file.place()).filter(|place| place != self.path())
    }

    /// The edit that makes `after` of it, None for no file. `by_hand` is what a user puts in or takes out where it turns out
    /// that the file cannot be changed.
    ///
    /// # Errors
    /// [`Problem::File`] where that is known already.
    pub fn edit(self, after: Option<String>, by_hand: String) -> Result<Edit, Problem> {
        self.file.check_writable()?;
        Ok(Edit { file: self.file, key: self.key, by_hand, before: self.text, after })
    }
}

/// The file that `path` led to when it was edited, as `real` has it on record, where that is another file by now.
pub fn former<'r>(real: &'r BTreeMap<PathBuf, PathBuf>, path: &Path) -> Option<&'r PathBuf> {
    real.get(path).filter(|real| handoff_files::canonical(real) != handoff_files::canonical(path))
}

/// The directories that are missing down to `path`, outer ones first.
///
/// # Errors
/// [`Problem::Taken`] with what stands where one of them goes.
pub fn missing(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    let missing = path.ancestors().take_while(|path| !handoff_files::is_directory(path));
    let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    missing.reverse();
    // Another process may have made it since.
    let is_other = |path: &&PathBuf| handoff_files::is_taken(path) && !handoff_files::is_directory(path);
    match missing.iter().find(is_other) {
        Some(taken) => Err(Problem::Taken(taken.clone())),
        None => Ok(missing),
    }
}
