//! What was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use handoff_agents::{Host, McpHost, Wirable};
use handoff_cli::tables::{DRY_RUN, JSON, installer as table};
use handoff_cli::{Asked, CalledAs, Given, Misuse, UsageError, ask};

use crate::hosts::joined;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Build or take the programs, copy, prove, wire.
    Install,
    /// Take everything away but the store.
    Uninstall,
    /// Say what is wrong and how to fix it.
    Doctor,
    /// Fetch, build, install.
    Upgrade,
    /// Say whether there is something newer.
    UpgradeCheck,
}

/// The options of all verbs.
#[derive(Debug, Default)]
pub struct Options {
    /// `--home`.
    pub home: Option<PathBuf>,
    /// `--only`: None for the hosts that are found.
    pub only: Option<Vec<Wirable>>,
    /// Of `--only`: the hosts that are given the MCP server.
    pub only_servers: Vec<McpHost>,
    /// `--dry-run`.
    pub dry_run: bool,
    /// `--json`.
    pub json: bool,
    /// `--codex-hook`.
    pub codex_hook: bool,
    /// `--downgrade`.
    pub downgrade: bool,
    /// `--trust-codex-hook`.
    pub trust_codex_hook: bool,
    /// `--quick`.
    pub quick: bool,
    /// `--skip`.
    pub skip: bool,
    /// `--now`: what `upgrade-check` runs in the background.
    pub now: bool,
}

impl Options {
    /// The hosts of `--only`, each once: some have a hook of ours and the MCP server.
    pub(crate) fn only_rows(&self) -> impl Iterator<Item = &'static Host> {
        let wired: Vec<_> = self.only.iter().flatten().map(|host| host.row()).collect();
        let servers = self.only_servers.iter().map(|host| host.row());
        let servers: Vec<_> = servers.filter(|host| !wired.contains(host)).collect();
        wired.into_iter().chain(servers)
    }

    /// `--only` and `--home` as they were given, for a command of which the same is meant; a blank before each.
    pub(crate) fn scope(&self) -> String {
        let only: Vec<_> = self.only_rows().map(|host| host.id).collect();
        let only = if only.is_empty() { String::new() } else { format!(" --only {}", only.join(",")) };
        let home = self.home.as_deref().map(|home| format!(" --home {}", handoff_process::quoted(home)));
        only + &home.unwrap_or_default()
    }
}

/// Reads the words behind the name of a program that was called as `called`.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn parse(
    words: impl Iterator<Item = OsString>,
    called: &CalledAs,
) -> Result<Asked<(Verb, Options)>, Misuse> {
    ask(&table::PROGRAM, called, env!("CARGO_PKG_VERSION"), words, |given| Ok((verb(given), options(given)?)))
}

fn verb(given: &Given) -> Verb {
    match given.verb.name {
        "install" => Verb::Install,
        "uninstall" => Verb::Uninstall,
        "upgrade" => Verb::Upgrade,
        "upgrade-check" => Verb::UpgradeCheck,
        _ => Verb::Doctor,
    }
}

fn options(given: &Given) -> Result<Options, Misuse> {
    let (only, only_servers) = match given.parsed(&table::ONLY, agents)? {
        Some((agents, servers)) => (Some(agents), servers),
        None => (None, Vec::new()),
    };
    Ok(Options {
        home: home(given)?,
        only,
        only_servers,
        dry_run: given.has(&DRY_RUN),
        json: given.has(&JSON),
        codex_hook: given.has(&table::CODEX_HOOK),
        downgrade: given.has(&table::DOWNGRADE),
        trust_codex_hook: given.has(&table::TRUST_CODEX_HOOK),
        quick: given.has(&table::QUICK),
        skip: given.has(&table::SKIP),
        now: given.has(&table::NOW),
    })
}

/// An empty directory, as of an unset variable, is a mistake: the default would be installed to.
fn home(given: &Given) -> Result<Option<PathBuf>, Misuse> {
    match given.path(&table::HOME) {
        Some(home) if home.as_os_str().is_empty() => {
            Err(given.misuse(UsageError::Other("--home needs a directory".to_owned())))
        }
        home => Ok(home),
    }
}

/// `--only` names an agent that cannot be wired.
#[derive(Debug, thiserror::Error)]
#[error("there are {known}, not `{word}`")]
struct UnknownAgent {
    known: String,
    word: String,
}

impl UnknownAgent {
    fn new(word: &str) -> Self {
        let servers = McpHost::all().map(McpHost::row).filter(|row| Wirable::of(row).is_none());
        let known = Wirable::all().map(Wirable::row).chain(servers);
        let known: Vec<_> = known.map(|host| host.id).collect();
        Self { known: joined(&known), word: word.to_owned() }
    }
}

/// The hosts of a list: those with a hook of ours, and those that are given the MCP server.
fn agents(list: &str) -> Result<(Vec<Wirable>, Vec<McpHost>), UnknownAgent> {
    let (mut agents, mut servers) = (Vec::new(), Vec::new());
    for name in list.split(',').map(str::trim) {
        let (agent, server) = (Wirable::named(name), McpHost::named(name));
        if agent.is_none() && server.is_none() {
            return Err(UnknownAgent::new(name));
        }
        agents.extend(agent);
        servers.extend(server);
    }
    Ok((agents, servers))
}
