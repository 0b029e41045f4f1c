//! `installer`: agent-handoff comes, is checked, and goes.

use handoff_cli::{Asked, CalledAs};
use handoff_process::{Environment, Output, Status};
use installer::args;

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let called = CalledAs::new(Environment::started_as().as_deref(), "installer", &["installer", "handoff"]);
    let status = match args::parse(&called) {
        Ok(Asked::Text(text)) => output.print(&text),
        Ok(Asked::Verb((verb, options))) => installer::run(verb, &options, &environment, &output)
            .unwrap_or_else(|error| {
                output.complain(error);
                Status::NotDone
            }),
        Ok(Asked::Nothing) => {
            output.complain(format_args!("the verb is missing\nsee {called} --help"));
            Status::Usage
        }
        Err(misuse) => {
            output.complain(misuse.message(&called));
            Status::Usage
        }
    };
    status.into()
}
