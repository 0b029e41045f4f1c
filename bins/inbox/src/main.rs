//! Lists, shows, archives, restores and searches handoffs.

mod absorbed;
mod args;
mod here;
mod id;
mod offer;
mod row;
mod table;
mod verb;

use handoff_process::{Environment, Output, Status};

use args::{Args, Command};
use here::Here;

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let status = match Args::parse() {
        Ok(Command::Help) => output.print(args::HELP),
        Ok(Command::Version) => output.print(concat!("inbox ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Run(args)) => Here::find(&args, environment, output)
            .and_then(|here| verb::run(args.verb, &here))
            .unwrap_or_else(|failure| {
                output.complain(failure);
                Status::NotDone
            }),
        Err(error) => {
            output.complain(format_args!("{error}\nsee inbox --help"));
            Status::Usage
        }
    };
    status.into()
}
