//! Writes one handoff into the inbox of a worktree, or keeps it as a draft and says why it did not.

mod args;
mod context;
mod draft;
mod judge;
mod next_action;
mod parts;
mod place;
mod refuse;
mod session;
mod tool;
mod write;

use handoff_process::{Environment, Output};

use args::{Args, Command};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let status = match Args::parse() {
        Ok(Command::Help) => output.print(args::HELP),
        Ok(Command::Version) => output.print(concat!("handoff-write ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Template) => output.print(handoff_document::TEMPLATE),
        Ok(Command::Context(start)) => output.print(&context::describe(&start, &environment)),
        Ok(Command::Write(args)) => write::run(&args, &environment, &output),
        Err(error) => refuse::usage(&error, &environment, &output),
    };
    status.into()
}
