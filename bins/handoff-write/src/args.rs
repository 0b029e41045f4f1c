//! What was typed.

use std::ffi::OsStr;
use std::path::PathBuf;

use handoff_address::WorktreeName;
use handoff_cli::tables::{JSON, ROOT, write};
use handoff_cli::{Asked, CalledAs, Given, Misuse, ask, number};
use handoff_document::Topic;
use handoff_writing::{Fields, Request, Secrets, Source, Start};

use crate::typed;

#[derive(Debug)]
pub(crate) enum Command {
    Write(Box<Args>),
    Context(Start),
    Template,
}

#[derive(Debug)]
pub(crate) struct Args {
    /// What to write, without the draft.
    pub(crate) request: Request,
    /// None reads standard input.
    pub(crate) file: Option<PathBuf>,
    /// The next action, which is then the whole handoff.
    pub(crate) message: Option<String>,
    /// How many bytes the draft has, where the sender has said so.
    pub(crate) length: Option<usize>,
    pub(crate) check: bool,
    pub(crate) json: bool,
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
    let request = Request {
        source: Source::default(),
        fields: fields(given)?,
        start,
        to: given.parsed(&write::TO, WorktreeName::new)?,
        is_new: given.has(&write::NEW),
    };
    Ok(Command::Write(Box::new(Args {
        request,
        file: given.value(&write::FILE).filter(is_path).map(PathBuf::from),
        message: given.parsed(&write::MESSAGE, typed::next_action)?,
        length: given.parsed(&write::LENGTH, number)?,
        check: given.has(&write::CHECK),
        json: given.has(&JSON),
    })))
}

fn fields(given: &Given) -> Result<Fields, Misuse> {
    Ok(Fields {
        name: given.text(&write::NAME)?,
        description: given.text(&write::DESCRIPTION)?,
        topic: given.parsed(&write::TOPIC, Topic::new)?,
        tool: given.text(&write::TOOL)?,
        session_id: given.text(&write::SESSION_ID)?.filter(|id| !id.is_empty()),
        dirty_files: given.parsed(&write::DIRTY_FILES, number)?,
        secrets: secrets(given),
    })
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
