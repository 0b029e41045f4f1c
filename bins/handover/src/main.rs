//! `handover`: saves what is going on and every uncommitted change before the wall, and puts it back, once.

mod args;
mod config;
mod event;
mod here;
mod quota;
mod repository;
mod secrets;
mod summary;
mod verb;
mod words;

use handoff_process::{Environment, Output};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let code = match args::parse(Environment::arguments()) {
        Ok(command) => verb::run(&command, &environment, output),
        Err(args::Misuse { error, code }) => {
            output.complain(format_args!("{error}\nsee handover --help"));
            code
        }
    };
    code.into()
}
