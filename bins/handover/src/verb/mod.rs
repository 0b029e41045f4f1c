//! Each verb in a file of its name.

mod adapters;
mod allow;
mod capture;
mod copy;
mod export;
mod import;
mod init;
mod inspect;
mod mailroom;
mod on_branch;
mod on_event;
mod overview;
mod passphrase;
mod pending;
mod people;
mod pickup;
mod print_config;
mod render;
mod run;
mod sandbox;
mod send;
mod session_start;
mod status;
mod statusline_tap;
mod wire;

use handoff_process::{Environment, Failure, Output};

use crate::args::{Command, MailroomVerb, Typed};
use crate::here::{Here, take_over};

/// Does it; gives the exit code.
pub(crate) fn run(typed: &Typed, environment: &Environment, output: Output) -> u8 {
    let Typed { command, root } = typed;
    // What is wired for the user is of no worktree.
    let root = match command {
        Command::Wire(wire) if wire.user => root.clone().or_else(|| Environment::working_directory().ok()),
        _ => root.clone(),
    };
    let strict = || Ok(Here::new(environment, output, root.as_deref())?);
    // To look, to take over or to take away, the settings hardly matter.
    let here = || Ok(Here::forgiving(environment, output, root.as_deref())?);
    let changes_nothing = match command {
        Command::PrintConfig => true,
        // Hosts do not wait long for these, and a capture that they lead to takes over by itself.
        Command::StatuslineTap { .. } | Command::OnEvent { .. } | Command::SessionStart { .. } => true,
        Command::Wire(wire) => wire.dry_run,
        Command::Mailroom(mailroom) => mailroom.verb == MailroomVerb::Overview,
        _ => false,
    };
    if !changes_nothing {
        take_over(environment, output);
    }
    let done = match command {
        // These two are run by hosts, and never fail them.
        Command::OnEvent { tool, detached } => {
            on_event::run(environment, output, root.as_deref(), tool.as_deref(), *detached);
            Ok(0)
        }
        Command::StatuslineTap { command } => Ok(statusline_tap::run(environment, &output, command)),
        Command::SessionStart { format } => {
            session_start::run(environment, output, root.as_deref(), *format);
            Ok(0)
        }
        Command::Init => strict().and_then(|here| init::run(&here)),
        Command::Wire(wire) if wire.remove => here().and_then(|here| wire::run(&here, wire)),
        Command::Wire(wire) => strict().and_then(|here| wire::run(&here, wire)),
        Command::Capture(capture) => strict().and_then(|here| capture::run(&here, capture)),
        Command::Pending { all, json } => here().and_then(|here| pending::run(&here, *all, *json)),
        Command::Pickup(pickup) => here().and_then(|here| pickup::run(&here, pickup)),
        Command::Run { pickup, command } => here().and_then(|here| run::run(&here, *pickup, command)),
        Command::Render { out, id, allow_secrets } => {
            here().and_then(|here| render::run(&here, id.as_deref(), out.as_deref(), *allow_secrets))
        }
        Command::Inspect { id, json } => here().and_then(|here| inspect::run(&here, id.as_deref(), *json)),
        Command::Status { json } => here().and_then(|here| status::run(&here, *json)),
        Command::Adapters { json } => here().and_then(|here| adapters::run(&here, *json)),
        Command::Export(export) => here().and_then(|here| export::run(&here, export)),
        Command::Import(import) => here().and_then(|here| import::run(&here, import)),
        Command::Send(send) => here().and_then(|here| send::run(&here, send)),
        Command::People(people) => here().and_then(|here| people::run(&here, people)),
        Command::Mailroom(typed) => here().and_then(|here| mailroom::run(&here, typed)),
        Command::PrintConfig => strict().and_then(|here| print_config::run(&here)),
        Command::Allow { id, yes } => here().and_then(|here| match id {
            Some(id) => allow::run(&here, id, *yes),
            None => allow::config(&here, *yes),
        }),
    };
    done.unwrap_or_else(|Failure { message, code }| {
        output.complain(message);
        code
    })
}
