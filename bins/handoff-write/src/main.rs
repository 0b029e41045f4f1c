//! Writes one handoff into the inbox of a worktree, or keeps it as a draft and says why it did not.

mod args;
mod called;
mod context;
mod input;
mod line;
mod refuse;
mod typed;
mod write;

use handoff_cli::Asked;
use handoff_process::{Environment, Output};

use args::Command;

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let called = called::called();
    let status = match args::parse(&called) {
        Ok(Asked::Text(text)) => output.print(&text),
        Ok(Asked::Verb(Command::Template)) => output.print(handoff_document::TEMPLATE),
        Ok(Asked::Verb(Command::Context(start))) => output.print(&context::describe(&start, &environment)),
        Ok(Asked::Verb(Command::Write(args))) => write::run(*args, &environment, &output),
        // Without a verb it writes.
        Ok(Asked::Nothing) => handoff_process::Status::Done,
        Err(misuse) => refuse::usage(&misuse.message(&called), &environment, &output),
    };
    status.into()
}
