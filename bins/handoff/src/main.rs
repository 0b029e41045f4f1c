//! `handoff`: the one command on PATH. It hands whole tasks to other agents and brings the truth back; its other verbs
//! are programs that lie beside it.

mod args;
mod here;
mod select;
mod supervise;
mod verb;

use handoff_process::{Environment, Output};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let code = match args::parse(Environment::arguments()) {
        Ok(command) => verb::run(&command, &environment, output),
        Err(error) => {
            output.complain(format_args!("{error}\nsee handoff --help"));
            2
        }
    };
    code.into()
}
