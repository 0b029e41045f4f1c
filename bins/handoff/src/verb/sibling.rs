//! The verbs that are programs of their own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use handoff_process::{Environment, Failure};

/// Becomes the program beside this one: its signals, its exit code.
pub(crate) fn run(name: &str, first: Option<&str>, rest: &[OsString]) -> Result<u8, Failure> {
    let program = Environment::own_program().unwrap_or_default().with_file_name(name);
    let error = Command::new(&program).args(first).args(rest).exec();
    Err(Failure::new(format!("could not run {}: {}", program.display(), handoff_files::reason(&error))))
}
