//! The settings of an agent that a person opened, as long as it runs. They may hold a token.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Lock};
use handoff_text::Sanitised;
use rustix::io::Errno;
use rustix::process::Pid;

/// What the file of an opened run's settings is called: `<id>.open-<process>.settings.json`.
const OPEN: &str = ".open-";
const END: &str = ".settings.json";

/// How often a file that others tidied away is made again.
const TRIES: usize = 5;

/// Why the settings could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file could not be made, or not be held.
    #[error("could not write {}", Sanitised::path(.0))]
    NotMade(PathBuf),
    /// It could not be written to.
    #[error("could not write {}: {}", Sanitised::path(path), handoff_files::reason(source))]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Where the settings of the conversation `name` are, which this process opens; `runs` is the directory of runs.
pub(crate) fn path(runs: &Path, name: &str) -> PathBuf {
    runs.join(format!("{name}{OPEN}{}{END}", std::process::id()))
}

/// The file, locked for as long as it is needed.
#[derive(Debug)]
pub struct OpenedSettings {
    dir: Dir,
    name: OsString,
    _lock: std::fs::File,
}

impl OpenedSettings {
    /// Writes `text` to the new file `path`.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn write(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let absent = || SettingsError::NotMade(path.to_owned());
        let (parent, name) = path.parent().zip(path.file_name()).ok_or_else(absent)?;
        let dir = Dir::open(parent)?.ok_or_else(absent)?;
        // Another process may tidy up between the making and the locking.
        for _ in 0..TRIES {
            let Some(file) = dir.create_new(name)? else {
                // Of a process of our number that is no more.
                dir.remove(name)?;
                continue;
            };
            if file.lock()? == Lock::Busy || !dir.open_file(name).is_ok_and(|now| now.is_same(&file)) {
                continue;
            }
            let kept = Self { dir, name: name.to_owned(), _lock: file.into_file() };
            return match (&kept._lock).write_all(text.as_bytes()) {
                Ok(()) => Ok(kept),
                Err(source) => {
                    // The first error is the one to report.
                    let _ = kept.remove();
                    Err(SettingsError::NotWritten { path: path.to_owned(), source })
                }
            };
        }
        Err(absent())
    }

    /// Removes the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(self) -> Result<(), FileError> {
        self.dir.remove(&self.name)
    }
}

/// Removes the tokens that killed ones left in `dir`.
pub(crate) fn sweep(dir: &Dir) {
    for entry in dir.entries().unwrap_or_default() {
        let name = entry.name.to_string_lossy();
        let Some((_, process)) = name.strip_suffix(END).and_then(|name| name.rsplit_once(OPEN)) else {
            continue;
        };
        let is_gone = || {
            let process = process.parse().ok().and_then(Pid::from_raw);
            process.is_some_and(|process| rustix::process::test_kill_process(process) == Err(Errno::SRCH))
        };
        let is_free = match dir.open_file(&entry.name).and_then(|file| file.lock()) {
            Ok(Lock::Taken) => true,
            Ok(Lock::Unsupported) => is_gone(),
            _ => false,
        };
        if is_free {
            // What cannot be removed now is the next time.
            let _ = dir.remove(&entry.name);
        }
    }
}
