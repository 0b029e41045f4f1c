//! Builds, installs and proves the programs. A library so that the benches measure the very programs that are
//! installed.

pub mod args;
mod build;
mod install;
mod proof;

use std::path::PathBuf;

pub use build::{PROGRAMS, build};
pub use install::install;
pub use proof::prove;

/// Why the programs are not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A tool did not do its work; its own messages were shown.
    #[error("could not {0}")]
    Tool(String),
    /// The file system refused something.
    #[error(transparent)]
    File(#[from] handoff_files::FileError),
    /// Nobody said where to install, and HOME is not set.
    #[error("could not tell where to install: set HOME or AGENT_HANDOFF_HOME, or use --home")]
    NoPrefix,
    /// The installed programs do not pass a handoff on.
    #[error("the installed programs failed their proof: {0}")]
    Proof(String),
}

/// The checkout that this installer was built from.
pub fn checkout() -> PathBuf {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
