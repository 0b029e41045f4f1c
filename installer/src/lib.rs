//! Builds, installs, wires and proves agent-handoff, and takes it away again.
//!
//! One way through: what was typed ([`args`]) and where things are give a plan, worked out from what is there; the plan
//! is shown, or carried out. Nothing of a user's is touched before the whole plan is known; what then cannot be changed is
//! set aside and named. A library so that the benches measure the very programs that are installed.

pub mod args;
mod build;
mod check;
mod cli_agent;
mod codex;
mod doctor;
mod error;
mod fetch;
mod fragment;
mod git;
mod handler;
mod hosts;
mod install;
mod kept;
mod manifest;
mod mcp_servers;
mod others;
mod own_file;
mod places;
mod planner;
mod plugin;
mod programs;
mod prove;
mod released;
mod report;
mod uninstall;
mod upgrade;
mod way;
mod wired;

use std::ffi::OsString;

use args::{Options, Verb};
use handoff_cli::{Asked, CalledAs};
use handoff_process::{Environment, Output, Status};

pub use build::build;
pub use codex::CodexError;
pub use error::InstallError;
pub use programs::{OPTIONAL, PROGRAMS};
pub use prove::prove;

/// The program: does what the words behind its name ask for, and says what went wrong.
pub fn program(words: impl Iterator<Item = OsString>, environment: &Environment, output: &Output) -> Status {
    let called = CalledAs::new(None, "handoff", &[]);
    match args::parse(words, &called) {
        Ok(Asked::Text(text)) => output.print(&text),
        Ok(Asked::Verb((verb, options))) => {
            run(verb, &options, environment, output).unwrap_or_else(|error| {
                output.complain(error);
                Status::NotDone
            })
        }
        Ok(Asked::Nothing) => {
            output.complain(format_args!("the verb is missing\nsee {called} --help"));
            Status::Usage
        }
        Err(misuse) => {
            output.complain(misuse.message(&called));
            Status::Usage
        }
    }
}

/// Does what was asked for.
fn run(
    verb: Verb,
    options: &Options,
    environment: &Environment,
    output: &Output,
) -> Result<Status, InstallError> {
    if matches!(verb, Verb::Install | Verb::Uninstall | Verb::Upgrade) {
        environment.check_home()?;
    }
    match verb {
        Verb::Install => install::install(options, environment, output),
        Verb::Uninstall => uninstall::uninstall(options, environment, output),
        Verb::Doctor => doctor::doctor(options, environment, output),
        Verb::Upgrade => upgrade::upgrade(options, environment, output),
        Verb::UpgradeCheck => Ok(check::check(options, environment, output)),
    }
}
