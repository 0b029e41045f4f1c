//! A file of a user's or of another program, as it is when a plan is made.

use std::io::ErrorKind::NotADirectory;
use std::path::{Path, PathBuf};

use handoff_files::Foreign;
use handoff_wiring::Malformed;

use crate::{Edit, Problem, without};

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

    /// The edit that takes ours out of a file that a path led to when it was wired, and leads to no more: `out` gives the text
    /// without ours, `created` is whether the file was made for it. `None` where nothing changes. What is ours by its form
    /// goes; the bytes on record are not given back there: who could write the record could have them written to any file.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn take_out(
        self,
        created: bool,
        says_nothing: impl FnOnce(&str) -> bool,
        out: impl FnOnce(&str) -> Result<String, Malformed>,
        by_hand: String,
    ) -> Result<Option<Edit>, Problem> {
        let Some(text) = self.text.as_deref() else { return Ok(None) };
        let after = without(text, None, created, says_nothing, out);
        let after = after.map_err(|error| Problem::Malformed { path: self.path().to_owned(), error })?;
        if after == self.text { Ok(None) } else { self.edit(after, by_hand).map(Some) }
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
