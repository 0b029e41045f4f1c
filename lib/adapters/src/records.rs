//! Where records of wiring are kept: in the user's state directory, which no agent's sandbox may write.
//!
//! A record says what to write back into files when wiring is removed. One in the store or in a project could be written
//! by a sandboxed agent, or come with a clone, and would have text of a stranger's choice written into settings.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, Kind};
use handoff_state::StateDir;

use crate::error::AdapterError;
use crate::manifest::{self, Manifest};
use crate::surface::Scope;

/// The record of what is wired for the user, in the state directory.
pub(crate) const USER: &str = "wired.json";
/// The directory with a record for each project.
pub(crate) const PROJECTS: &str = "wired";

/// The records of one user.
#[derive(Clone, Debug)]
pub struct Records {
    pub(crate) state: StateDir,
}

impl Records {
    /// Those in `state`.
    pub fn new(state: StateDir) -> Self {
        Self { state }
    }

    /// What is wired for the user.
    ///
    /// # Errors
    /// As for [`Manifest::load`]; [`AdapterError::State`] when others may write to the state directory.
    pub fn user(&self) -> Result<Manifest, AdapterError> {
        self.state.open()?;
        Manifest::load(&self.state.path().join(USER), Scope::User)
    }

    /// What is wired in the project at `project`, a worktree's top level.
    ///
    /// # Errors
    /// As for [`Records::user`].
    pub fn project(&self, project: &Path) -> Result<Manifest, AdapterError> {
        self.state.open()?;
        Manifest::of_project(&self.state.path().join(PROJECTS), project)
    }

    /// The projects that have a record, sorted by path, and the files there that cannot be read as one.
    ///
    /// # Errors
    /// What the system says.
    pub fn projects(&self) -> Result<(Vec<PathBuf>, Vec<PathBuf>), AdapterError> {
        let (mut all, mut unreadable) = (Vec::new(), Vec::new());
        let records = self.state.open()?.map(|state| state.child(PROJECTS)).transpose()?.flatten();
        let Some(records) = records else { return Ok((all, unreadable)) };
        for entry in records.entries()? {
            let path = records.path_of(&entry.name);
            // What is on its way to its name has another extension.
            if entry.kind != Kind::File || path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match manifest::project_in(&path) {
                Some(project) if entry.name == file_name(&project).as_str() => all.push(project),
                _ => unreadable.push(path),
            }
        }
        all.sort();
        Ok((all, unreadable))
    }

    /// Removes the record of a project in which nothing is wired any more.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget(&self, project: &Path) -> Result<(), AdapterError> {
        let Some(state) = self.state.open()? else { return Ok(()) };
        let Some(records) = state.child(PROJECTS)? else { return Ok(()) };
        records.remove(file_name(&handoff_files::canonical(project)))?;
        state.remove_child(PROJECTS)?;
        Ok(())
    }
}

/// The file name of a project's record: the hash of its canonical path, since two paths may have one address.
pub(crate) fn file_name(project: &Path) -> String {
    let hash = handoff_wiring::hash(project.as_os_str().as_bytes());
    format!("{}.json", &hash[..32])
}

/// Removes a project's `.handover` that has nothing in it but what keeps git from seeing it.
///
/// # Errors
/// What the system says.
pub fn tidy(project: &Path) -> Result<(), handoff_files::FileError> {
    let path = project.join(".handover");
    let Some(top) = Dir::open(project)? else { return Ok(()) };
    let Some(dir) = top.child(".handover")? else { return Ok(()) };
    if dir.entries()?.iter().all(|entry| entry.name == ".gitignore") {
        dir.remove(".gitignore")?;
        handoff_files::remove_empty_directory(&path)?;
    }
    Ok(())
}
