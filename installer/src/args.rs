//! What was typed.

use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value};

/// `--help`.
pub const HELP: &str = "\
installer: builds the programs of this checkout, installs and proves them

usage: installer install [--home DIR]

  --home DIR      where to install, instead of $AGENT_HANDOFF_HOME or ~/.agent-handoff
  -h, --help; -V, --version

Exit code: 0 installed and proved, 1 not, 2 usage.

example:
  cargo run --release -p installer -- install
";

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Build, copy, prove.
    Install {
        /// The prefix, when one was named.
        home: Option<PathBuf>,
    },
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// Reads the command line.
///
/// # Errors
/// What is wrong with it.
pub fn parse() -> Result<Command, lexopt::Error> {
    let mut verb = None;
    let mut home = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("home") => home = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Value(word) if verb.is_none() && word == "install" => verb = Some(()),
            other => return Err(other.unexpected()),
        }
    }
    verb.map(|()| Command::Install { home }).ok_or_else(|| "say what to do: install".into())
}
