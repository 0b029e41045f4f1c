//! The hook of a session's start: offers a new session the handoffs that wait for its worktree.
//!
//! A hook never hurts its host: this exits 0 whatever happens, prints its one message or nothing, and does next to
//! nothing when nothing waits.

mod archiver;
mod args;
mod format;
mod host;
mod mail;
mod session;
mod surface;

use handoff_agents::OutputForm;
use handoff_process::{Environment, Output, Status};

use args::{Args, Command};
use format::Message;

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    match Args::parse() {
        Ok(Command::Help) => {
            output.print(args::HELP);
        }
        Ok(Command::Version) => {
            output.print(concat!("session-start ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        // A background agent in a person's worktree must not take what waits for the session after it.
        Ok(Command::Run(_)) if environment.skip => {}
        Ok(Command::Run(args)) if args.letters => mail::tell(args.root, &environment, &output),
        Ok(Command::Run(args)) => surface::run(args, environment, &output),
        // Silence would mean that nothing is waiting.
        Err(error) => {
            let text = format!("agent-handoff: session-start did not look for handoffs: {error}");
            output.print(&Message::notice(text).printed(OutputForm::Plain, ""));
        }
    }
    Status::Done.into()
}
