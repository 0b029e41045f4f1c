//! One error for everything that a file system can refuse.

use std::io;
use std::path::{Path, PathBuf};

use handoff_text::Sanitised;
use rustix::fs::FileType;

/// What could not be done to which file, and why.
#[derive(Debug, thiserror::Error)]
#[error("could not {verb} {}: {}", Sanitised::path(path), reason(source))]
pub struct FileError {
    /// As in "could not `verb` path": `read`, `rename`, …
    pub verb: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`: the error of doing `verb` to `path`.
    pub fn new<E: Into<io::Error>>(verb: &'static str, path: &Path) -> impl FnOnce(E) -> Self {
        move |source| Self { verb, path: path.to_owned(), source: source.into() }
    }

    /// The kind that the system's error has.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// Why what is `found` is not read or changed as a file is.
pub(crate) fn no_file(found: FileType) -> io::Error {
    let what = match found {
        FileType::Directory => "a directory",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    };
    io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a file"))
}

/// The system's reason in the project's voice: lower case, without the error number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    // "OS Error: 5" keeps its letters.
    if text.chars().nth(1).is_some_and(char::is_uppercase) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
