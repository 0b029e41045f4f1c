//! `handover`: saves what is going on and every uncommitted change, and puts it back, once; carries letters. It is the installer
//! too, which uses much of the same: `handoff install` runs `handover installer install`.

mod args;
mod event;
mod here;
mod verb;

use handoff_cli::Asked;
use handoff_cli::tables::installer;
use handoff_process::{Environment, Output, Status};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let called = handoff_capturing::called();
    let mut words = Environment::arguments().peekable();
    if words.next_if(|word| word == installer::PROGRAM.name).is_some() {
        return ::installer::program(words, &environment, &output).into();
    }
    let code = match args::parse(words, &called) {
        Ok(Asked::Verb(typed)) => verb::run(&typed, &environment, output),
        Ok(Asked::Text(text)) => u8::from(output.print(&text) != Status::Done),
        Ok(Asked::Nothing) => {
            let help = handoff_cli::program_help(&handoff_cli::tables::handover::PROGRAM, &called);
            u8::from(output.print(&help) != Status::Done)
        }
        Err(misuse) => {
            output.complain(misuse.message(&called));
            misuse.code
        }
    };
    code.into()
}
