//! `installer`: how a checkout is installed. Installed, it is a part of `handover`, which `handoff install` runs.

use handoff_process::{Environment, Output};

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    installer::program(Environment::arguments(), &environment, &output).into()
}
