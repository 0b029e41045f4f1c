//! The verbs that are programs of their own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use handoff_cli::tables::installer;
use handoff_process::{Environment, Failure};
use handoff_text::Sanitised;

/// The program `name` beside this one.
pub(crate) fn command(name: &str) -> Command {
    let beside = |name| Command::new(Environment::own_program().unwrap_or_default().with_file_name(name));
    if name != installer::PROGRAM.name {
        return beside(name);
    }
    let mut command = beside(installer::PART_OF.name);
    command.arg(name);
    command
}

/// Becomes that program: its signals, its exit code. It learns how its reader types it: `called`.
pub(crate) fn run(name: &str, called: &str, first: Option<&str>, rest: &[OsString]) -> Result<u8, Failure> {
    let mut program = command(name);
    let error = program.arg0(called).args(first).args(rest).exec();
    Err(could_not_run(&program, &error))
}

/// Why `program` did not start.
pub(crate) fn could_not_run(program: &Command, error: &std::io::Error) -> Failure {
    let path = Sanitised::path(program.get_program().as_ref());
    Failure::new(format!("could not run {path}: {}", handoff_files::reason(error)))
}
