//! What can be done with an inbox: a file a verb.

mod archive;
mod delete;
mod edit;
mod everywhere;
mod forward;
mod list;
mod log;
mod path;
mod prune;
mod read;
mod relocate;
mod restore;
mod screen;
mod search;
mod show;
mod worktrees;

use handoff_process::Status;

use crate::args::Verb;
use crate::here::{Failure, Here};
use forward::To;

pub(crate) fn run(verb: Verb, here: &Here) -> Result<Status, Failure> {
    match verb {
        Verb::List { all: false } => list::run(here),
        Verb::List { all: true } => everywhere::run(here),
        Verb::Screen { all } => screen::run(here, all),
        Verb::Read(request) => read::run(here, request),
        Verb::Show { id } => show::run(here, &id),
        Verb::Archive { ids } => archive::run(here, &ids),
        Verb::Restore { ids, only } => restore::run(here, &ids, only),
        Verb::Log { all, most } => log::run(here, all, most),
        // Every verb settles what was offered before it looks; this one does nothing else.
        Verb::Settle => here.own_inbox().map(|_| Status::Done),
        Verb::Search { text, all } => search::run(here, &text, all),
        Verb::Forward { id, to, is_new, only } => forward::run(here, &id, &To { text: &to, is_new }, only),
        Verb::Edit { id, file, allow_secrets } => edit::run(here, &id, file.as_deref(), allow_secrets),
        Verb::Delete { id, only, yes } => delete::run(here, &id, only, yes),
        Verb::Worktrees => worktrees::run(here),
        Verb::Move { old, new } => relocate::run(here, &old, &new),
        Verb::Prune { older_than, all, dry_run } => prune::run(here, older_than, all, dry_run),
        Verb::Path => path::run(here),
    }
}
