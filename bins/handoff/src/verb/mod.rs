//! Each verb in a file of its name.

mod board;
mod changes;
mod complete;
mod conclude;
mod delete;
mod dispatch;
mod env;
mod facts;
mod glance;
mod inbox_screen;
mod init;
mod list;
mod new;
mod open;
mod prompt;
mod sibling;
mod stop;
mod tail;
mod viewer;
mod wait;

use std::ffi::OsString;

use handoff_cli::CalledAs;
use handoff_dispatch::{guard, leash};
use handoff_process::{Environment, Failure, Output};

use crate::args::Command;
use crate::here::Here;

/// Does it; gives the exit code.
pub(crate) fn run(command: &Command, environment: &Environment, output: Output) -> u8 {
    let here = || Here::new(environment, output);
    let done = match command {
        Command::Sibling { name, called, first, rest } => sibling::run(name, called, *first, rest),
        Command::InboxScreen { root, all } => inbox_screen::run(environment, output, root.as_deref(), *all),
        Command::Leash { command } => Ok(leash::run(command)),
        Command::Guard { command } => Ok(guarded(command, output)),
        Command::Run(task) => here().and_then(|here| dispatch::run(&here, task)),
        Command::Resume { id, native, task } => {
            here().and_then(|here| dispatch::resume(&here, id.as_deref(), native.clone(), task))
        }
        Command::New(new) => here().and_then(|here| new::run(&here, new)),
        Command::List(list) => here().and_then(|here| list::run(&here, list)),
        Command::Delete { ids } => here().and_then(|here| delete::run(&here, ids)),
        Command::Prune { older_than, dry_run } => {
            here().and_then(|here| delete::prune(&here, *older_than, *dry_run))
        }
        Command::Open { id, native } => {
            here().and_then(|here| open::run(&here, id.as_deref(), native.clone()))
        }
        Command::Tail { id, follow } => here().and_then(|here| tail::run(&here, id.as_deref(), *follow)),
        Command::Wait { ids, timeout } => here().and_then(|here| wait::run(&here, ids, *timeout)),
        Command::Stop { id } => here().and_then(|here| stop::run(&here, id.as_deref())),
        Command::Init { yes } => here().and_then(|here| init::run(&here, *yes)),
        Command::Env => here().map(|here| env::run(&here)),
        Command::Completions { shell, program } => {
            Ok(printed(output, &complete::script(shell, program.as_deref())))
        }
        Command::Complete { kind } => here().map(|here| complete::names(&here, kind)),
        Command::Man { program } => Ok(printed(output, &complete::man(program.as_deref()))),
    };
    concluded(done, output)
}

/// Is the guard; gives the exit code.
fn guarded(command: &[OsString], output: Output) -> u8 {
    match guard::run(command) {
        Ok(()) => 0,
        Err(error) => {
            // For the supervisor, which says which run it is of.
            output.note(&format!("{error}\n"));
            guard::CANNOT_START
        }
    }
}

/// `handoff` alone.
pub(crate) fn glance(called: &CalledAs, environment: &Environment, output: Output) -> u8 {
    concluded(Here::new(environment, output).and_then(|here| glance::run(&here, called)), output)
}

fn concluded(done: Result<u8, Failure>, output: Output) -> u8 {
    done.unwrap_or_else(|Failure { message, code }| {
        output.complain(message);
        code
    })
}

/// Prints; gives the exit code.
pub(crate) fn printed(output: Output, text: &str) -> u8 {
    match output.print(text) {
        handoff_process::Status::Done => 0,
        _ => 1,
    }
}
