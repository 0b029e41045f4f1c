//! What shells and man need: the completions, the names that complete a word, and the man pages.

use std::process::Stdio;

use handoff_cli::table::{Known, Program};
use handoff_cli::tables::{PROGRAMS, handoff};
use handoff_cli::{CalledAs, complete, man_page};
use handoff_runs::Filter;
use handoff_worktree::Worktree;

use super::{printed, sibling};
use crate::here::Here;

/// The most names that complete a word.
const MAX_NAMES: usize = 200;

/// The completions of `program` for `shell`, words of the table; of `handoff` without a program.
pub(crate) fn script(shell: &str, program: Option<&str>) -> String {
    let program = named(program);
    match shell {
        "zsh" => complete::zsh(program),
        "fish" => complete::fish(program),
        _ => complete::bash(program),
    }
}

/// The program called `name`, else `handoff`.
fn named(name: Option<&str>) -> &'static Program {
    PROGRAMS.iter().copied().find(|known| Some(known.name) == name).unwrap_or(&handoff::PROGRAM)
}

/// The man page of `program`, a word of the table, or of `handoff`.
pub(crate) fn man(program: Option<&str>) -> String {
    let program = named(program);
    let called = CalledAs::new(Some(program.name.as_ref()), program.name, &[]);
    man_page(program, &called, env!("CARGO_PKG_VERSION"), "")
}

/// Prints the names of `kind`, one on each line; an unknown kind and what cannot be read have none.
pub(crate) fn names(here: &Here<'_>, kind: &str) -> u8 {
    let known = Known::ALL.into_iter().find(|known| known.word() == kind);
    let names = known.map(|known| known_of(here, known)).unwrap_or_default();
    // A shell expands what it is given: nothing that could mean something to it is a name.
    let is_plain = |name: &String| {
        !name.is_empty()
            && !name.starts_with('-')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-+@/:".contains(letter))
    };
    let lines: String = names.into_iter().filter(is_plain).take(MAX_NAMES).map(|name| name + "\n").collect();
    printed(here.output, &lines)
}

fn known_of(here: &Here<'_>, known: Known) -> Vec<String> {
    match known {
        Known::Runs => runs(here),
        Known::Backends => backends(here),
        Known::Unread => listed("inbox", &["list", "--json"], "file"),
        Known::Archived => listed("inbox", &["log", "--json"], "file"),
        Known::Handoffs => [Known::Unread, Known::Archived].map(|part| known_of(here, part)).concat(),
        Known::Captures => listed("handover", &["pending", "--json"], "id"),
        Known::Worktrees => worktrees(),
    }
}

fn runs(here: &Here<'_>) -> Vec<String> {
    if !handoff_files::is_directory(here.home()) {
        return Vec::new();
    }
    let filter = Filter { limit: Some(MAX_NAMES), ..Filter::default() };
    let rows = handoff_runs::Runs::open(here.home()).ok().and_then(|runs| runs.list(&filter).ok());
    rows.unwrap_or_default().into_iter().map(|row| row.id.to_string()).collect()
}

fn backends(here: &Here<'_>) -> Vec<String> {
    let config = handoff_backends::Config::load(&here.config_path(), here.user());
    config.ok().flatten().map(|config| config.names().map(str::to_owned).collect()).unwrap_or_default()
}

/// The basenames of the other worktrees of this repository.
fn worktrees() -> Vec<String> {
    let here =
        handoff_process::Environment::working_directory().and_then(|directory| Worktree::find(&directory));
    let paths = here.map(|here| here.worktrees()).unwrap_or_default();
    let names = paths.iter().filter_map(|path| path.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The field `key` of each object that the program beside this one lists.
fn listed(program: &str, args: &[&str], key: &str) -> Vec<String> {
    let said = sibling::command(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output();
    let entries: Vec<serde_json::Value> =
        said.ok().and_then(|said| serde_json::from_slice(&said.stdout).ok()).unwrap_or_default();
    entries.iter().filter_map(|entry| Some(entry.get(key)?.as_str()?.to_owned())).collect()
}
