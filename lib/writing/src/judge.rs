//! Whether a draft may become a handoff.

use handoff_document::{Draft, Topic};

use crate::parts::Parts;
use crate::secrets::{Cleaned, clean};
use crate::{MAX_HANDOFF_BYTES, Note, Reason, Request, next_action, template};

/// A draft that may be written.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) topic: Option<Topic>,
    /// The lines of its frontmatter that no field of ours takes.
    pub(crate) unknown: Vec<String>,
    /// As it is written: a blank line at its beginning, a line end at its end.
    pub(crate) body: Vec<u8>,
    pub(crate) redacted: usize,
    pub(crate) notes: Vec<Note>,
}

pub(crate) fn accept(request: &Request) -> Result<Accepted, Vec<Reason>> {
    let (source, fields) = (&request.source, &request.fields);
    if let Some(cut) = &source.cut {
        return Err(vec![Reason::Cut(cut.clone())]);
    }
    let Cleaned { draft, redacted } = clean(source, fields).map_err(|reason| vec![reason])?;
    let parts = Parts::of(&draft);
    let mut reasons: Vec<_> = fault(&parts, &draft).into_iter().collect();
    let mut topic = fields.topic.clone();
    if let (None, Some(own)) = (&topic, &parts.topic) {
        match Topic::new(own) {
            Ok(own) => topic = Some(own),
            Err(error) => reasons.push(Reason::Topic(error)),
        }
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    Ok(Accepted {
        name: parts.name.filter(|name| !template::is_of_template(name)),
        description: parts.description,
        topic,
        unknown: parts.unknown,
        body: body(&template::filled_in(parts.body)),
        redacted,
        notes: parts.kept_in_body.map(Note::KeptInBody).into_iter().collect(),
    })
}

/// The first thing that is wrong with the draft `draft`, whose parts are `parts`.
fn fault(parts: &Parts<'_>, draft: &[u8]) -> Option<Reason> {
    if draft.len() > MAX_HANDOFF_BYTES {
        return Some(Reason::TooLarge(draft.len()));
    }
    if parts.body.iter().all(u8::is_ascii_whitespace) {
        return Some(Reason::Empty);
    }
    let unknown: usize = parts.unknown.iter().map(|line| line.len() + 1).sum();
    if unknown > Draft::MAX_UNKNOWN_BYTES {
        return Some(Reason::UnknownFields(unknown));
    }
    next_action::fault(parts.body, draft).map(Reason::NextAction)
}

/// The body as it is written: a blank line after the frontmatter, a line end at the end.
fn body(draft: &[u8]) -> Vec<u8> {
    let start = draft.iter().position(|&b| b != b'\n' && b != b'\r').unwrap_or(draft.len());
    let mut body = b"\n".to_vec();
    body.extend_from_slice(&draft[start..]);
    if !body.ends_with(b"\n") {
        body.push(b'\n');
    }
    body
}
