//! What was typed.

use std::ffi::OsStr;
use std::path::PathBuf;

use handoff_agents::{HOSTS, Host, OutputForm};
use handoff_surface::BUDGET;
use lexopt::prelude::{Long, Short};

pub(crate) const HELP: &str = "\
session-start: offers a new session the handoffs that wait for its worktree

Run by the agent as the hook of a session's start, with the hook's JSON on standard input. A
handoff that was offered stays unread until the session has answered. JSON of no known host gives
nothing.

usage: session-start [--format F] [--root DIR] [--max-bytes N] [--peek | --letters]

  --format F      auto: as the host takes it whose JSON arrives, else plain text (default)
                  plain, or as a host takes it: claude, codex, gemini, droid, qwen, copilot,
                  opencode, cursor, amp
  --root DIR      the worktree, instead of the hook's cwd
  --max-bytes N   the most bytes of text (default 9500)
  --peek          show what waits and leave it unread
  --letters       beside a session, at a prompt: only what waits at the remote, looked at now if
                  that is due; what the session was told already is not said again
  -h, --help      this text
  -V, --version   the version

Nothing waiting: no output. The exit code is always 0.

examples:
  session-start --peek                          what would the next session here be given?
  session-start --format plain                  the same, and each time counts as an offer
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Args),
    Help,
    Version,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) format: Format,
    pub(crate) root: Option<PathBuf>,
    pub(crate) max_bytes: usize,
    pub(crate) peek: bool,
    /// Only the notice on letters, for a session that goes on.
    pub(crate) letters: bool,
}

/// In what form to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// As the host takes it whose payload arrives; without one text.
    Auto,
    /// In this form, whatever arrives.
    Form(OutputForm),
}

impl Args {
    pub(crate) fn parse() -> Result<Command, lexopt::Error> {
        let mut args =
            Self { format: Format::Auto, root: None, max_bytes: BUDGET, peek: false, letters: false };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("format") => {
                    let value = parser.value()?;
                    args.format =
                        Format::named(&value).ok_or_else(|| refused("--format", &value, &Format::names()))?;
                }
                Long("root") => args.root = Some(parser.value()?.into()),
                Long("max-bytes") => {
                    let value = parser.value()?;
                    let number = value.to_str().and_then(|number| number.parse().ok());
                    args.max_bytes =
                        number.ok_or_else(|| refused("--max-bytes", &value, "a whole number is needed"))?;
                }
                Long("peek") => args.peek = true,
                Long("letters") => args.letters = true,
                Short('h') | Long("help") => return Ok(Command::Help),
                Short('V') | Long("version") => return Ok(Command::Version),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Command::Run(args))
    }
}

impl Format {
    fn named(word: &OsStr) -> Option<Self> {
        match word.to_str()? {
            "auto" => Some(Self::Auto),
            "plain" => Some(Self::Form(OutputForm::Plain)),
            host => Host::named(host).filter(is_told).map(|host| Self::Form(host.output)),
        }
    }

    /// What there is to choose from.
    fn names() -> String {
        let hosts = HOSTS.iter().filter(|host| is_told(host)).map(|host| host.id);
        format!("use auto, plain, {}", hosts.collect::<Vec<_>>().join(", "))
    }
}

/// Whether a hook of this host's has a form to print in.
fn is_told(host: &&Host) -> bool {
    !host.payloads.is_empty()
}

/// In the words of the other programs, whose parser this one does not have.
fn refused(option: &str, value: &OsStr, reason: &str) -> lexopt::Error {
    lexopt::Error::Custom(format!("`{option} {}`: {reason}", value.to_string_lossy()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_the_formats_that_there_are() {
        let (_, list) = HELP.split_once("plain, or as a host takes it: ").unwrap();
        let (list, _) = list.split_once("\n  --root").unwrap();
        let words: Vec<&str> = list.split_whitespace().collect();
        assert_eq!(format!("use auto, plain, {}", words.join(" ")), Format::names());
    }
}
