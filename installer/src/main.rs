//! `installer install`: one command from a checkout to programs that are proved to work.

use handoff_process::{Environment, Output, Status};
use installer::args::{self, Command};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let status = match args::parse() {
        Ok(Command::Help) => output.print(args::HELP),
        Ok(Command::Version) => output.print(concat!("installer ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Install { home }) => match installer::install(home, &environment, &output) {
            Ok(()) => Status::Done,
            Err(error) => {
                output.complain(error);
                Status::NotDone
            }
        },
        Err(error) => {
            output.complain(format_args!("{error}\nsee installer --help"));
            Status::Usage
        }
    };
    status.into()
}
