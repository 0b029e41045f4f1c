//! What was typed.

use std::ffi::OsStr;
use std::path::PathBuf;

use handoff_address::WorktreeName;
use handoff_cli::tables::{JSON, ROOT, write};
use handoff_cli::{Asked, CalledAs, Given, Misuse, ask, number};
use handoff_document::Topic;

use crate::place::Start;
use crate::typed;

#[derive(Debug)]
pub(crate) enum Command {
    Write(Box<Args>),
    Context(Start),
    Template,
}

#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) to: Option<WorktreeName>,
    /// Whether that one may be still to be made.
    pub(crate) is_new: bool,
    pub(crate) topic: Option<Topic>,
    /// None reads standard input.
    pub(crate) file: Option<PathBuf>,
    /// The next action, which is then the whole handoff.
    pub(crate) message: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) session_id: Option<String>,
    /// How many files are uncommitted, where the caller has counted them.
    pub(crate) dirty_files: Option<usize>,
    /// How many bytes the draft has, where the sender has said so.
    pub(crate) length: Option<usize>,
    pub(crate) check: bool,
    pub(crate) secrets: Secrets,
    pub(crate) start: Start,
    pub(crate) json: bool,
}

/// What to do about secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Secrets {
    #[default]
    Refuse,
    Redact,
    Allow,
}

/// Reads the command line of a program that was called as `called`.
pub(crate) fn parse(called: &CalledAs) -> Result<Asked<Command>, Misuse> {
    let words = handoff_process::Environment::arguments();
    ask(&write::PROGRAM, called, env!("CARGO_PKG_VERSION"), words, command)
}

fn command(given: &Given) -> Result<Command, Misuse> {
    if given.has(&write::TEMPLATE) {
        return Ok(Command::Template);
    }
    let start = Start { root: given.path(&ROOT), project_dir: filled(given.path(&write::PROJECT_DIR)) };
    if given.has(&write::CONTEXT) {
        return Ok(Command::Context(start));
    }
    let is_path = |value: &&OsStr| *value != "-";
    Ok(Command::Write(Box::new(Args {
        to: given.parsed(&write::TO, WorktreeName::new)?,
        is_new: given.has(&write::NEW),
        topic: given.parsed(&write::TOPIC, Topic::new)?,
        file: given.value(&write::FILE).filter(is_path).map(PathBuf::from),
        message: given.parsed(&write::MESSAGE, typed::next_action)?,
        name: given.text(&write::NAME)?,
        description: given.text(&write::DESCRIPTION)?,
        tool: given.text(&write::TOOL)?,
        session_id: given.text(&write::SESSION_ID)?.filter(|id| !id.is_empty()),
        dirty_files: given.parsed(&write::DIRTY_FILES, number)?,
        length: given.parsed(&write::LENGTH, number)?,
        check: given.has(&write::CHECK),
        secrets: secrets(given),
        start,
        json: given.has(&JSON),
    })))
}

fn secrets(given: &Given) -> Secrets {
    if given.has(&write::REDACT) {
        Secrets::Redact
    } else if given.has(&write::ALLOW_SECRETS) {
        Secrets::Allow
    } else {
        Secrets::Refuse
    }
}

/// An empty path, as of an unset variable, is none.
fn filled(path: Option<PathBuf>) -> Option<PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty())
}
