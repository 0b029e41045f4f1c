//! What was typed.

use std::path::PathBuf;

use lexopt::ValueExt;
use lexopt::prelude::{Long, Short, Value};

use crate::agent::Agent;

/// `--help`.
pub const HELP: &str = "\
installer: installs agent-handoff, wires Claude Code and Codex, checks it, takes it away

usage: installer install   [--only claude,codex] [--codex-hook] [--trust-codex-hook]
       installer uninstall [--only claude,codex]
       installer doctor    [--quick]
       installer upgrade
       installer upgrade-check [--skip]

  --only AGENTS       claude, codex or both, instead of those that are found
  --codex-hook        also Codex's SessionStart hook, which Codex runs once you trust it
  --trust-codex-hook  trust it, and handover's, through Codex itself; without one of ours there, --codex-hook too
  --quick             do not ask Codex's app-server
  --skip              say nothing more of the version that is there now
  --dry-run           show what would change, and change nothing
  --home DIR          where to install, instead of $AGENT_HANDOFF_HOME or ~/.agent-handoff
  --json              for programs
  -h, --help; -V, --version

Exit code: 0 done, for doctor healthy; 1 not; 2 usage.

examples:
  installer install --dry-run
  installer doctor
";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Build or take the programs, copy, prove, wire.
    Install,
    /// Take everything away but the store.
    Uninstall,
    /// Say what is wrong and how to mend it.
    Doctor,
    /// Fetch, build, install.
    Upgrade,
    /// Say whether there is something newer.
    UpgradeCheck,
}

/// A command line.
#[derive(Debug)]
pub enum Command {
    /// Do it.
    Run(Verb, Options),
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// The options of all verbs.
#[derive(Debug, Default)]
pub struct Options {
    /// `--home`.
    pub home: Option<PathBuf>,
    /// `--only`: None for the agents that are found.
    pub only: Option<Vec<Agent>>,
    /// `--dry-run`.
    pub dry_run: bool,
    /// `--json`.
    pub json: bool,
    /// `--codex-hook`.
    pub codex_hook: bool,
    /// `--trust-codex-hook`.
    pub trust_codex_hook: bool,
    /// `--quick`.
    pub quick: bool,
    /// `--skip`.
    pub skip: bool,
    /// `--now`: what `upgrade-check` runs in the background.
    pub now: bool,
}

/// Reads the command line.
///
/// # Errors
/// What is wrong with it.
pub fn parse() -> Result<Command, lexopt::Error> {
    let mut verb = None;
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match (arg, verb) {
            (Short('h') | Long("help"), _) => return Ok(Command::Help),
            (Short('V') | Long("version"), _) => return Ok(Command::Version),
            (Long("home"), _) => options.home = Some(directory(parser.value()?)?),
            (Long("json"), _) => options.json = true,
            (Long("dry-run"), _) => options.dry_run = true,
            (Long("only"), _) => options.only = Some(agents(&parser.value()?.string()?)?),
            (Long("codex-hook"), Some(Verb::Install)) => options.codex_hook = true,
            (Long("trust-codex-hook"), Some(Verb::Install)) => options.trust_codex_hook = true,
            (Long("quick"), Some(Verb::Doctor)) => options.quick = true,
            (Long("skip"), Some(Verb::UpgradeCheck)) => options.skip = true,
            (Long("now"), Some(Verb::UpgradeCheck)) => options.now = true,
            (Value(word), None) => verb = Some(named(&word.string()?)?),
            (other, _) => return Err(other.unexpected()),
        }
    }
    let verb = verb.ok_or("say what to do: install, uninstall, doctor, upgrade or upgrade-check")?;
    Ok(Command::Run(verb, options))
}

fn directory(value: std::ffi::OsString) -> Result<PathBuf, lexopt::Error> {
    match value.is_empty() {
        true => Err("--home needs a directory".into()),
        false => Ok(value.into()),
    }
}

fn named(word: &str) -> Result<Verb, lexopt::Error> {
    Ok(match word {
        "install" => Verb::Install,
        "uninstall" => Verb::Uninstall,
        "doctor" => Verb::Doctor,
        "upgrade" => Verb::Upgrade,
        "upgrade-check" => Verb::UpgradeCheck,
        other => return Err(format!("there is no verb `{other}`").into()),
    })
}

fn agents(list: &str) -> Result<Vec<Agent>, lexopt::Error> {
    let agent = |name: &str| {
        let agent = Agent::ALL.into_iter().find(|agent| agent.word() == name.trim());
        agent.ok_or_else(|| format!("--only knows claude and codex, not `{name}`").into())
    };
    list.split(',').map(agent).collect()
}
