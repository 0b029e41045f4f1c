//! `handoff`: the one command on PATH. Each verb is a program that lies beside this one.

mod verb;

use std::os::unix::process::CommandExt;

use handoff_process::{Environment, Output, Status};
use verb::Typed;

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let mut arguments = std::env::args_os().skip(1);
    let status = match verb::typed(arguments.next().as_deref()) {
        Typed::Help => output.print(verb::HELP),
        Typed::Version => output.print(concat!("handoff ", env!("CARGO_PKG_VERSION"), "\n")),
        Typed::Program { name, first } => {
            let own = Environment::own_program().unwrap_or_default();
            let program = own.with_file_name(name);
            // The process becomes the program: its signals, its exit code.
            let error = std::process::Command::new(&program).args(first).args(arguments).exec();
            output.complain(format_args!("could not run {}: {error}", program.display()));
            Status::NotDone
        }
        Typed::Unknown(word) => {
            output.complain(format_args!("there is no verb `{word}`\nsee handoff --help"));
            Status::Usage
        }
    };
    status.into()
}
