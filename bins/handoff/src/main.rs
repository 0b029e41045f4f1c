//! `handoff`: the one command on PATH. It hands whole tasks to other agents and brings the truth back; its other verbs
//! are programs that lie beside it.

mod args;
mod failure;
mod here;
mod verb;

use handoff_cli::{Asked, CalledAs};
use handoff_process::{Environment, Output};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let called = CalledAs::new(Environment::started_as().as_deref(), "handoff", &["handoff"]);
    let code = match args::parse(Environment::arguments(), &called) {
        Ok(Asked::Text(text)) => verb::printed(output, &text),
        Ok(Asked::Nothing) => verb::glance(&called, &environment, output),
        Ok(Asked::Verb(command)) => verb::run(&command, &environment, output),
        Err(misuse) => {
            output.complain(misuse.message(&called));
            misuse.code
        }
    };
    code.into()
}
