//! A handoff that a person types: in a line of the command line, or in an editor.

use std::path::Path;

use handoff_document::{FileName, Part, TEMPLATE, Timestamp, sections};
use handoff_process::{Environment, Output, Status, asks_person, edit};
use handoff_store::{Store, StoreError};
use handoff_text::{Sanitised, quoted};

use crate::args::Args;
use crate::draft::{Kept, Source};

/// The longest title that is made of a line, in characters.
const MAX_TITLE_CHARS: usize = 60;

/// What may stand before the next action of `--message`.
const LABEL: &str = "next:";

/// Why there is no draft.
pub(crate) enum NoDraft {
    /// It cannot be read, or no editor could be used.
    Failed(String),
    /// The command line has one, and so has standard input, which was kept.
    Twice(Kept),
    /// The person left the text as it was.
    Unchanged,
}

impl NoDraft {
    /// Says why; gives the exit code.
    pub(crate) fn reported(self, output: &Output) -> Status {
        match self {
            Self::Failed(error) => output.complain(error),
            Self::Unchanged => output.complain("nothing was written: the text was left empty, or as it was"),
            Self::Twice(kept) => {
                output.complain(
                    "--message is a whole handoff, and another one came on standard input: give one of them",
                );
                crate::refuse::say_where(&kept, output);
                return Status::Usage;
            }
        }
        Status::NotDone
    }
}

/// The draft, from where the command line says, or from an editor where standard input is a terminal.
pub(crate) fn source(args: &Args, environment: &Environment, output: &Output) -> Result<Source, NoDraft> {
    if let Some(action) = &args.message {
        return match Source::sent().filter(|sent| !sent.is_blank()) {
            Some(sent) => Err(NoDraft::Twice(sent.keep(environment, output))),
            None => Ok(Source { bytes: of_message(action), file: None, cut: None }),
        };
    }
    if let Some(file) = &args.file {
        return Source::read(file).map_err(|error| NoDraft::Failed(error.to_string()));
    }
    match Source::read_input() {
        Some(source) => Ok(source),
        None if args.check || !asks_person() => {
            output.complain("standard input is a terminal: pipe the handoff in, or name it with --file");
            Err(NoDraft::Failed("there is no handoff to write".to_owned()))
        }
        None => in_editor(environment),
    }
}

/// Reads `--message`: the next action without its label.
pub(crate) fn next_action(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let label = text.get(..LABEL.len()).filter(|label| label.eq_ignore_ascii_case(LABEL));
    let action = label.map_or(text, |label| &text[label.len()..]).trim();
    if action.is_empty() { Err("say what to do first") } else { Ok(action.to_owned()) }
}

/// How many lines of the draft stand before the text of `--message`.
pub(crate) const LINES_BEFORE_MESSAGE: usize = 3;

/// The least that is a handoff: a title and the next action.
fn of_message(action: &str) -> Vec<u8> {
    let line = action.lines().next().unwrap_or_default();
    let mut title: String = line.chars().take(MAX_TITLE_CHARS).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    format!("# Handoff — {title}\n\n## Immediate next action\n{action}\n").into_bytes()
}

/// What a person makes of the template. It is a draft from the start, so that nothing that was typed is lost.
fn in_editor(environment: &Environment) -> Result<Source, NoDraft> {
    let failed = |error: StoreError| NoDraft::Failed(error.to_string());
    let root = environment.store_to_write().map_err(|error| NoDraft::Failed(error.to_string()))?;
    let store = Store::create(&root).map_err(failed)?;
    let name = FileName::new(Timestamp::now(), "edit", None);
    let path = store.keep_draft(&name, TEMPLATE.as_bytes()).map_err(failed)?;
    let edited = edit(&path, environment);
    let source = Source::read(&path).map_err(|error| NoDraft::Failed(error.to_string()))?;
    let is_untouched = source.is_blank() || source.bytes == TEMPLATE.as_bytes();
    if is_untouched {
        store.discard_draft(&path).map_err(failed)?;
    }
    match edited {
        Ok(()) if is_untouched => Err(NoDraft::Unchanged),
        Ok(()) => Ok(source),
        Err(error) if is_untouched => Err(NoDraft::Failed(error.to_string())),
        Err(error) => Err(NoDraft::Failed(format!("{error}\n{}", kept(&path)))),
    }
}

fn kept(path: &Path) -> String {
    let (shown, typed) = (Sanitised::path(path), quoted(path));
    format!("draft kept: {shown}\nto go on with it: {} --file {typed}", crate::called::called())
}

/// `body` without the sections that are still the template's. The next action is judged, not left out.
pub(crate) fn filled_in(body: &[u8]) -> Vec<u8> {
    let of_template = sections(TEMPLATE.as_bytes());
    let is_untouched = |section: &handoff_document::Section<'_>| {
        section.part != Part::NextAction
            && of_template.iter().any(|known| known.text.trim_ascii() == section.text.trim_ascii())
    };
    let sections = sections(body);
    if !sections.iter().any(is_untouched) {
        return body.to_owned();
    }
    sections
        .iter()
        .filter(|section| !is_untouched(section))
        .flat_map(|section| section.text)
        .copied()
        .collect()
}

/// Whether `title` is what the template has in its place.
pub(crate) fn is_of_template(title: &str) -> bool {
    handoff_document::Document::parse(TEMPLATE.as_bytes()).title().is_some_and(|own| own == title)
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
        assert_eq!(
            of_message("fix it"),
            b"# Handoff \xe2\x80\x94 fix it\n\n## Immediate next action\nfix it\n"
        );
        let long = String::from_utf8(of_message(&"é".repeat(61))).unwrap();
        assert!(long.starts_with(&format!("# Handoff — {}…\n", "é".repeat(60))));
    }

    #[test]
    fn sections_that_are_still_the_templates_are_left_out() {
        let draft = TEMPLATE.replace("<the one thing to do first; required>", "Fix it.");
        assert_eq!(filled_in(draft.as_bytes()), b"## Immediate next action\nFix it.\n\n");
        let draft =
            draft.replace("<title>", "A title").replace("<dead end that was tried, and why it fails>", "No.");
        let text = String::from_utf8(filled_in(draft.as_bytes())).unwrap();
        assert_eq!(
            text,
            "# Handoff — A title\n\n## Immediate next action\nFix it.\n\n## What NOT to do on resume\n- No.\n\n"
        );
        assert_eq!(filled_in(b"\n## Other\n<x>\n"), b"\n## Other\n<x>\n");
    }
}
