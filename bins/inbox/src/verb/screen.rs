//! `inbox --interactive`: the screen, which `handoff` has: a hook's program does not carry a terminal's interface.

use std::os::unix::process::CommandExt;
use std::process::Command;

use handoff_process::{Environment, Status};
use handoff_text::Sanitised;

use crate::here::{Failure, Here};

pub(crate) fn run(here: &Here, all: bool) -> Result<Status, Failure> {
    if here.json {
        here.output.complain("-i is a screen for people, and --json is for programs: give one of them");
        return Ok(Status::Usage);
    }
    let program = Environment::own_program()?.with_file_name("handoff");
    let mut screen = Command::new(&program);
    screen
        .arg0("handoff")
        .arg(handoff_cli::tables::handoff::INBOX_SCREEN.name)
        .arg("--root")
        .arg(here.worktree.top());
    if all {
        screen.arg("--all");
    }
    let error = screen.exec();
    Err(format!("could not run {}: {}", Sanitised::path(&program), handoff_files::reason(&error)).into())
}
