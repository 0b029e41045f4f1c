//! Why a file is left as it is.

use std::path::{Path, PathBuf};

use handoff_files::FileError;
use handoff_text::Sanitised;
use handoff_wiring::Malformed;

/// One file that is in the way.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is not what it must be for us to change it.
    #[error("could not change {}: {error}{}", Sanitised::path(path), passed_over(error))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: Malformed,
    },
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else stands where a directory has to be made.
    #[error("could not create {}: it is {}", Sanitised::path(.0), what(.0))]
    Taken(PathBuf),
}

impl Problem {
    /// The file, or what stands in the way of it.
    pub fn path(&self) -> &Path {
        match self {
            Self::Malformed { path, .. } | Self::Taken(path) => path,
            Self::File(error) => &error.path,
        }
    }
}

/// What a user should know whose settings the host does not read.
fn passed_over(error: &Malformed) -> &'static str {
    if error.is_passed_over { ", and its agent passes over such a file as a whole" } else { "" }
}

fn what(path: &Path) -> &'static str {
    match handoff_files::link_target(path) {
        Some(_) => "a link that does not lead to a directory",
        None => "no directory",
    }
}
