//! The MCP server: what waits for a worktree, for hosts that have neither a hook nor a plugin but speak the Model Context
//! Protocol.
//!
//! It keeps no handoffs of its own. Each tool runs the program that does the work (`inbox`, `handoff-write`, `handoff`,
//! `handover`), so that what holds for these holds here. A handoff that a client reads is archived once the answer is
//! written to the client, not before: see [`receipt`].

mod ask;
mod place;
mod prompt;
mod receipt;
mod resources;
mod server;
mod sibling;
mod tools;
mod waiting;

use std::path::PathBuf;

use handoff_cli::tables::{ROOT, mcp};
use handoff_cli::{Asked, CalledAs, Given, Misuse};
use handoff_process::{Environment, Output, Status};

/// What was typed.
#[derive(Debug, Default)]
struct Args {
    /// `--root`.
    root: Option<PathBuf>,
}

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let called = CalledAs::new(Environment::started_as().as_deref(), "handoff-mcp", &["handoff mcp"]);
    let words = Environment::arguments();
    let read = |given: &Given| Ok::<_, Misuse>(Args { root: given.path(&ROOT) });
    let status = match handoff_cli::ask(&mcp::PROGRAM, &called, env!("CARGO_PKG_VERSION"), words, read) {
        Ok(Asked::Text(text)) => output.print(&text),
        Ok(Asked::Verb(args)) => server::run(args.root, &environment, &output),
        Ok(Asked::Nothing) => server::run(None, &environment, &output),
        Err(misuse) => {
            output.complain(misuse.message(&called));
            Status::Usage
        }
    };
    status.into()
}
