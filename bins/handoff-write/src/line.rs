//! Reasons and notes as a person at a command line reads them: with the flags that help.

use handoff_writing::{Field, Note, Place, PlaceError, Reason, SecretAt};

use crate::called::called;

/// What is wrong, and what to type instead.
pub(crate) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Empty => format!("it is empty: {} --template prints the sections", called()),
        Reason::Secret(found) => format!(
            "it holds what looks like a secret: {}; take it out, or use --redact, or --allow-secrets if it is none",
            secrets(found)
        ),
        Reason::SecretInFixedField(found) => {
            format!("it holds what looks like a secret: {}; give another value", secrets(found))
        }
        Reason::Place(PlaceError::Ambiguous(error)) => {
            format!("{error}; run {} with --root in the one you mean, without --to", called())
        }
        other => other.to_string(),
    }
}

/// What the writer should know; the whole line.
pub(crate) fn note(note: &Note) -> String {
    match note {
        Note::TwoSessions { .. } => format!("note: {note}; --tool or --session-id says which\n"),
        other => format!("note: {other}\n"),
    }
}

fn secrets(found: &[SecretAt]) -> String {
    let lines: Vec<_> =
        found.iter().map(|secret| format!("{} in {}", secret.rule, place(secret.place))).collect();
    lines.join(", ")
}

fn place(place: Place) -> String {
    match place {
        Place::Line(line) => format!("line {line}"),
        Place::NextAction { line: Some(line) } => format!("line {line} of --message"),
        Place::NextAction { line: None } => "--message".to_owned(),
        Place::Field(field) => match field {
            Field::Name => "--name",
            Field::Description => "--description",
            Field::Topic => "--topic",
            Field::Tool => "--tool",
            Field::SessionId => "--session-id",
        }
        .to_owned(),
    }
}
