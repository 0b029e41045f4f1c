//! What will be done, before anything is done: the same plan is shown, checked and carried out.

use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Foreign};

/// The largest file that is ever read or written: a program.
pub(crate) const LARGEST: u64 = 256 << 20;

/// The mode of programs; everything else of ours is the user's alone.
pub(crate) const PROGRAM: u32 = 0o755;
pub(crate) const PRIVATE: u32 = 0o600;

/// One step.
#[derive(Debug)]
pub(crate) enum Change {
    /// Makes a directory.
    Directory(PathBuf),
    /// Writes a file that is all ours, whatever stands there.
    Write { path: PathBuf, content: Vec<u8>, mode: u32 },
    /// Writes a file that is all ours where other programs write too, if that is as it was when this was planned.
    Place { file: Foreign, content: Vec<u8> },
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
            Self::Edit { file, .. } | Self::Place { file, .. } => file.path(),
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
    /// What the system says, of the path that the user knows.
    pub(crate) fn apply(&self) -> Result<(), FileError> {
        let error = |error: FileError| FileError { verb: self.verb(), path: self.path().to_owned(), ..error };
        self.carry_out().map_err(error)
    }

    /// Whether what it is to write stands there.
    pub(crate) fn is_done(&self) -> bool {
        let holds = |content: &[u8]| {
            handoff_files::read_file(self.path(), LARGEST).is_ok_and(|there| there == content)
        };
        match self {
            Self::Directory(path) => handoff_files::is_directory(path),
            Self::Write { content, .. } | Self::Place { content, .. } => holds(content),
            Self::Edit { content: Some(content), .. } => holds(content.as_bytes()),
            Self::Link { path, target } => handoff_files::link_target(path).as_ref() == Some(target),
            Self::Edit { content: None, .. } | Self::Remove(_) | Self::RemoveDirectory(_) => {
                !handoff_files::is_taken(self.path())
            }
        }
    }

    /// What it does to its path, as in "could not `verb` path".
    fn verb(&self) -> &'static str {
        match self {
            Self::Directory(_) => "create",
            Self::Write { .. } | Self::Place { .. } => "write",
            Self::Edit { .. } => "change",
            Self::Link { .. } => "link",
            Self::Remove(_) | Self::RemoveDirectory(_) => "remove",
        }
    }

    fn carry_out(&self) -> Result<(), FileError> {
        match self {
            Self::Directory(path) => Dir::create(path).map(drop),
            Self::Write { path, content, mode } => {
                let file = Foreign::read(path, LARGEST)?;
                file.sweep()?;
                file.put(content, *mode, *mode == PROGRAM)
            }
            Self::Place { file, content } => {
                file.sweep()?;
                file.put(content, PRIVATE, false)
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
            // One that gave way to a link, or is a mount point, is the user's.
            Self::RemoveDirectory(path) if handoff_files::link_target(path).is_some() => Ok(()),
            Self::RemoveDirectory(path) => match handoff_files::remove_empty_directory(path) {
                Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => Ok(()),
                removed => removed.map(drop),
            },
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
