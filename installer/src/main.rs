//! `installer`: agent-handoff comes, is checked, and goes.

use handoff_process::{Environment, Output, Status};
use installer::args::{self, Command};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let status = match args::parse() {
        Ok(Command::Help) => output.print(args::HELP),
        Ok(Command::Version) => output.print(concat!("installer ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Run(verb, options)) => installer::run(verb, &options, &environment, &output)
            .unwrap_or_else(|error| {
                output.complain(error);
                Status::NotDone
            }),
        Err(error) => {
            output.complain(format_args!("{error}\nsee installer --help"));
            Status::Usage
        }
    };
    status.into()
}
