//! One step of a plan: shown, done, and seen to be done.

use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Foreign};
use handoff_text::Sanitised;

use crate::MAX_FILE_BYTES;

/// The mode of programs.
pub const PROGRAM: u32 = 0o755;
/// The mode of everything else that is ours: it is the user's alone.
pub const PRIVATE: u32 = 0o600;

/// One step.
#[derive(Debug)]
pub enum Change {
    /// Makes a directory, those above it too.
    Directory {
        /// Where.
        path: PathBuf,
        /// Whether it is as open as other programs make theirs, and not for the user alone.
        shared: bool,
    },
    /// Writes a file that is all ours, whatever stands there.
    Write {
        /// Where.
        path: PathBuf,
        /// What is in it then.
        content: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// Writes a file that is all ours where other programs write too, if that is as it was when this was planned.
    Place {
        /// What is there now.
        file: Foreign,
        /// What is in it then.
        content: Vec<u8>,
    },
    /// Changes a file of another program, or removes one that only we had something in.
    Edit(Edit),
    /// Makes a symbolic link, in the place of one that is there.
    Link {
        /// Where.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Removes a file or link of ours.
    Remove(PathBuf),
    /// Removes a directory that was made by us, when it is empty.
    RemoveDirectory(PathBuf),
}

/// One file before and after.
#[derive(Debug)]
pub struct Edit {
    pub(crate) file: Foreign,
    /// What the record calls it.
    pub key: PathBuf,
    /// What to put into it by hand, or to take out, where it turns out that it cannot be changed.
    pub by_hand: String,
    /// None when there is no such file.
    pub before: Option<String>,
    /// None when it is removed, for only we had something in it.
    pub after: Option<String>,
}

impl Edit {
    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Where it really is, links followed.
    pub fn place(&self) -> PathBuf {
        self.file.place()
    }

    /// The directory that it is in, or will be, links followed.
    pub fn directory(&self) -> Option<PathBuf> {
        self.file.directory()
    }

    /// The same, where a file that is not there is made as other programs make theirs, and not for the user alone.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { file: self.file.shared(), ..self }
    }

    /// What it changes, as `diff -u` prints it.
    pub fn diff(&self) -> String {
        let name = Sanitised::path(self.path()).to_string();
        handoff_wiring::unified(&name, self.before.as_deref(), self.after.as_deref())
    }
}

impl Change {
    /// What it touches.
    pub fn path(&self) -> &Path {
        match self {
            Self::Edit(edit) => edit.path(),
            Self::Place { file, .. } => file.path(),
            Self::Directory { path, .. }
            | Self::Remove(path)
            | Self::RemoveDirectory(path)
            | Self::Write { path, .. }
            | Self::Link { path, .. } => path,
        }
    }

    /// Whether it touches what is at or below `above`, links followed.
    pub(crate) fn is_below(&self, above: &Path) -> bool {
        self.path().starts_with(above) || matches!(self, Self::Edit(edit) if edit.place().starts_with(above))
    }

    /// What a user puts in or takes out by hand where this is not done.
    pub(crate) fn by_hand(&self) -> &str {
        if let Self::Edit(edit) = self { &edit.by_hand } else { "" }
    }

    /// Does it.
    ///
    /// # Errors
    /// What the system says, of the path that the user knows.
    pub fn apply(&self) -> Result<(), FileError> {
        let error = |error: FileError| FileError { verb: self.verb(), path: self.path().to_owned(), ..error };
        self.carry_out().map_err(error)
    }

    /// Whether what it is to write stands there.
    pub fn is_done(&self) -> bool {
        let holds = |content: &[u8]| {
            handoff_files::read_file(self.path(), MAX_FILE_BYTES).is_ok_and(|there| there == content)
        };
        match self {
            Self::Directory { path, .. } => handoff_files::is_directory(path),
            Self::Write { content, .. } | Self::Place { content, .. } => holds(content),
            Self::Edit(Edit { after: Some(after), .. }) => holds(after.as_bytes()),
            Self::Link { path, target } => handoff_files::link_target(path).as_ref() == Some(target),
            Self::Edit(_) | Self::Remove(_) | Self::RemoveDirectory(_) => {
                !handoff_files::is_taken(self.path())
            }
        }
    }

    /// What puts back what stands at its path now; `None` for a file of another program, which is not put back as a whole.
    pub fn restoring(&self) -> Option<Self> {
        let path = self.path().to_owned();
        Some(match self {
            Self::Write { .. } | Self::Remove(_) => match handoff_files::read_file(&path, MAX_FILE_BYTES) {
                Ok(content) => {
                    let mode = if handoff_files::is_program(&path) { PROGRAM } else { PRIVATE };
                    Self::Write { path, content, mode }
                }
                Err(_) => Self::Remove(path),
            },
            Self::Link { .. } => match handoff_files::link_target(&path) {
                Some(target) => Self::Link { path, target },
                None => Self::Remove(path),
            },
            Self::Directory { .. } => Self::RemoveDirectory(path),
            Self::Edit(_) | Self::Place { .. } | Self::RemoveDirectory(_) => return None,
        })
    }

    /// What it changes in a file, as `diff -u` prints it; `None` for what is no text of ours or of another program.
    pub fn diff(&self) -> Option<String> {
        let (before, after) = match self {
            Self::Edit(Edit { before, after, .. }) => {
                let bytes = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
                (bytes(before), bytes(after))
            }
            Self::Place { file, content } => (file.content().unwrap_or_default().to_owned(), content.clone()),
            Self::Write { path, content, mode } if *mode != PROGRAM => {
                (handoff_files::read_file(path, MAX_FILE_BYTES).unwrap_or_default(), content.clone())
            }
            _ => return None,
        };
        let [before, after] = [&before, &after].map(|text| String::from_utf8_lossy(text));
        let name = Sanitised::path(self.path()).to_string();
        Some(handoff_wiring::unified(&name, Some(&before), Some(&after)))
    }

    /// What it does to its path, as in "could not `verb` path".
    fn verb(&self) -> &'static str {
        match self {
            Self::Directory { .. } => "create",
            Self::Write { .. } | Self::Place { .. } => "write",
            Self::Edit(_) => "change",
            Self::Link { .. } => "link",
            Self::Remove(_) | Self::RemoveDirectory(_) => "remove",
        }
    }

    fn carry_out(&self) -> Result<(), FileError> {
        match self {
            Self::Directory { path, shared: true } => Dir::create_shared(path).map(drop),
            Self::Directory { path, shared: false } => Dir::create(path).map(drop),
            Self::Write { path, content, mode } => {
                let file = Foreign::read(path, MAX_FILE_BYTES)?;
                file.sweep()?;
                file.put(content, *mode, *mode == PROGRAM)
            }
            Self::Place { file, content } => {
                file.sweep()?;
                file.put(content, PRIVATE, false)
            }
            Self::Edit(Edit { file, after, .. }) => {
                file.sweep()?;
                match after {
                    Some(after) => file.replace(after.as_bytes()),
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
