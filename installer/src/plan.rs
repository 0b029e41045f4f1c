//! What will be done, before anything is done: the same plan is shown, checked and carried out.

use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Foreign};

/// The largest file that is ever read or written: a program.
pub(crate) const LARGEST: u64 = 256 << 20;

/// The mode of programs; everything else of ours is the user's alone.
const PROGRAM: u32 = 0o755;
const PRIVATE: u32 = 0o600;

/// One step.
#[derive(Debug)]
pub(crate) enum Change {
    /// Makes a directory.
    Directory(PathBuf),
    /// Writes a file that is all ours.
    Write { path: PathBuf, content: Vec<u8>, program: bool },
    /// Changes a file of somebody else's, or removes one that only we had something in.
    Edit { file: Foreign, content: Option<String> },
    /// Makes a symbolic link, in the place of one that is there.
    Link { path: PathBuf, target: PathBuf },
    /// Removes a file or link of ours.
    Remove(PathBuf),
    /// Removes a directory that was made by us, when it is empty.
    RemoveDirectory(PathBuf),
}

impl Change {
    /// What it touches.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Edit { file, .. } => file.path(),
            Self::Directory(path)
            | Self::Remove(path)
            | Self::RemoveDirectory(path)
            | Self::Write { path, .. }
            | Self::Link { path, .. } => path,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn apply(&self) -> Result<(), FileError> {
        match self {
            Self::Directory(path) => Dir::create(path).map(drop),
            Self::Write { path, content, program } => {
                let file = Foreign::read(path, LARGEST)?;
                file.sweep()?;
                file.put(content, if *program { PROGRAM } else { PRIVATE }, *program)
            }
            Self::Edit { file, content } => {
                file.sweep()?;
                match content {
                    Some(content) => file.replace(content.as_bytes()),
                    None => file.remove(),
                }
            }
            Self::Link { path, target } => {
                if let Some(dir) = path.parent().map(Dir::open).transpose()?.flatten() {
                    Foreign::sweep_directory(&dir)?;
                }
                handoff_files::put_link(path, target)
            }
            Self::Remove(path) => within(path, |dir, name| dir.remove(name)),
            Self::RemoveDirectory(path) => handoff_files::remove_empty_directory(path).map(drop),
        }
    }
}

/// Does something to the name of `path` in its directory; nothing when there is none.
fn within(
    path: &Path,
    act: impl FnOnce(&Dir, &std::ffi::OsStr) -> Result<(), FileError>,
) -> Result<(), FileError> {
    match (path.parent().map(Dir::open).transpose()?.flatten(), path.file_name()) {
        (Some(dir), Some(name)) => act(&dir, name),
        _ => Ok(()),
    }
}
