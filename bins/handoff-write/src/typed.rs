//! A handoff that a person types: in a line of the command line, or in an editor.

use std::path::PathBuf;

use handoff_document::{FileName, TEMPLATE, Timestamp};
use handoff_files::FileError;
use handoff_process::{EditorError, Environment, NoStore, Output, Status, asks_person, edit};
use handoff_store::{Store, StoreError};
use handoff_text::{Sanitised, quoted};
use handoff_writing::Source;

use crate::args::Args;
use crate::{input, refuse};

/// What may stand before the next action of `--message`.
const LABEL: &str = "next:";

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDraft {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    NoStore(#[from] NoStore),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Editor(#[from] EditorError),
    /// The editor failed, and the text was changed before.
    #[error("{error}\ndraft kept: {}\nto go on with it: {called} --file {}", Sanitised::path(path), quoted(path), called = crate::called::called())]
    Edited { error: EditorError, path: PathBuf },
    /// Standard input is a terminal, and a person is not asked.
    #[error("there is no handoff to write")]
    Terminal,
    /// The command line has one, and so has standard input.
    #[error("--message is a whole handoff, and another one came on standard input: give one of them")]
    Twice(Box<Source>),
    /// The person left the text as it was.
    #[error("nothing was written: the text was left empty, or as it was")]
    Unchanged,
}

impl NoDraft {
    /// Says why; gives the exit code.
    pub(crate) fn reported(self, environment: &Environment, output: &Output) -> Status {
        if matches!(self, Self::Terminal) {
            output.complain("standard input is a terminal: pipe the handoff in, or name it with --file");
        }
        output.complain(&self);
        if let Self::Twice(source) = self {
            refuse::keep(&source, environment, output);
            return Status::Usage;
        }
        Status::NotDone
    }
}

/// The draft, from where the command line says, or from an editor where standard input is a terminal.
pub(crate) fn source(args: &Args, environment: &Environment) -> Result<Source, NoDraft> {
    if let Some(action) = &args.message {
        return match input::sent().filter(|sent| !sent.is_blank()) {
            Some(sent) => Err(NoDraft::Twice(Box::new(sent))),
            None => Ok(Source::of_next_action(action)),
        };
    }
    if let Some(file) = &args.file {
        return Ok(Source::read(file)?);
    }
    match input::read() {
        Some(source) => Ok(source),
        None if args.check || !asks_person() => Err(NoDraft::Terminal),
        None => in_editor(environment),
    }
}

/// `--message` has nothing but its label.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("say what to do first")]
pub(crate) struct NoAction;

/// Reads `--message`: the next action without its label.
pub(crate) fn next_action(text: &str) -> Result<String, NoAction> {
    let text = text.trim();
    let label = text.get(..LABEL.len()).filter(|label| label.eq_ignore_ascii_case(LABEL));
    let action = label.map_or(text, |label| &text[label.len()..]).trim();
    if action.is_empty() { Err(NoAction) } else { Ok(action.to_owned()) }
}

/// What a person makes of the template. It is a draft from the start, so that nothing that was typed is lost.
fn in_editor(environment: &Environment) -> Result<Source, NoDraft> {
    let store = Store::create(&environment.store_to_write()?)?;
    let name = FileName::new(Timestamp::now(), "edit", None);
    let path = store.keep_draft(&name, TEMPLATE.as_bytes())?;
    let edited = edit(&path, environment);
    let source = Source::read(&path)?;
    if source.is_blank() || source.bytes == TEMPLATE.as_bytes() {
        store.discard_draft(&path)?;
        edited?;
        return Err(NoDraft::Unchanged);
    }
    match edited {
        Ok(()) => Ok(source),
        Err(error) => Err(NoDraft::Edited { error, path }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_next_action_with_or_without_its_label() {
        for text in ["next: fix it", "  Next:fix it ", "fix it"] {
            assert_eq!(next_action(text).as_deref(), Ok("fix it"));
        }
        for text in ["", " ", "next:", "NEXT: "] {
            assert!(next_action(text).is_err(), "{text:?}");
        }
    }
}
