//! What waits, in one line instead of in full.

use std::path::Path;

use handoff_delivery::Offer;
use handoff_document::{Document, age};
use handoff_store::{Waiting, is_elsewhere};
use handoff_surface::{next_action, title as title_line};
use handoff_text::{Sanitised, quoted};

use crate::{Candidate, Candidates, Request};

/// The longest title and next action in a line, in bytes.
const TITLE: usize = 60;
const ACTION: usize = 120;

/// The longest file name, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 255;

/// The longest command in a line, in bytes.
const MAX_COMMAND_BYTES: usize = 1_000;

/// How many handoffs are looked into to tell whose they are; those behind them are counted unseen.
const EXAMINED: usize = 50;

/// What waits for a session that no person sits in front of: how many, the newest's title and next action, and the
/// command that reads it. Nothing is taken. `None` when nothing waits for this reader.
pub fn mention(request: &Request<'_>, candidates: &Candidates) -> Option<String> {
    let all = candidates.handoffs.iter().map(|candidate| &candidate.waiting).enumerate();
    let is_ours = |(number, waiting): &(usize, &Waiting)| *number >= EXAMINED || is_for(request, waiting);
    let waiting: Vec<&Waiting> = all.filter(is_ours).map(|(_, waiting)| waiting).collect();
    let newest = waiting.first()?;
    let count = match waiting.len() {
        1 => "1 handoff waits here".to_owned(),
        n => format!("{n} handoffs wait here, the newest"),
    };
    let about = about(request, newest);
    let how = "Only if the task is to go on with it, read it with";
    Some(with_command(format!("{count}: {about}"), how, request, newest))
}

/// What was offered often without a sign that it was read. `None` when there is none.
pub(crate) fn worn(request: &Request<'_>, candidates: &[&Candidate]) -> Option<String> {
    let newest = candidates.first()?;
    let count = match candidates.len() {
        1 => "1 handoff was".to_owned(),
        n => format!("{n} handoffs were"),
    };
    let about = about(request, &newest.waiting);
    let times = newest.past.blind;
    let text = format!("{count} offered {times} times with no sign that it was read: {about}");
    Some(with_command(text, "To read it", request, &newest.waiting))
}

/// What another session has and has not answered yet.
pub(crate) fn on_offer(request: &Request<'_>, all: &[(Waiting, Offer)]) -> Option<String> {
    let is_ours =
        |(number, (waiting, _)): &(usize, &(Waiting, Offer))| *number >= EXAMINED || is_for(request, waiting);
    let ours: Vec<&(Waiting, Offer)> = all.iter().enumerate().filter(is_ours).map(|(_, one)| one).collect();
    let (waiting, offer) = ours.first()?;
    let count = match ours.len() {
        1 => "1 handoff is".to_owned(),
        n => format!("{n} handoffs are"),
    };
    let session = Sanitised::line(offer.session.as_deref().unwrap_or("unknown").as_bytes(), 40);
    let (host, since) = (Sanitised::line(offer.host.as_bytes(), 20), age(offer.at, request.now));
    let about = about(request, waiting);
    let text =
        format!("{count} on offer to a session that has not spoken yet ({host} {session}, {since}): {about}");
    Some(with_command(text, "To take it here", request, waiting))
}

/// Whether `waiting` is this reader's: addressed here, and not written by its own session.
pub(crate) fn is_for(request: &Request<'_>, waiting: &Waiting) -> bool {
    let Ok(beginning) = request.inbox.peek(waiting) else { return true };
    let document = Document::parse(&beginning);
    !is_elsewhere(&document, request.worktree.top()) && !request.is_own(&document)
}

impl Request<'_> {
    /// Whether the reader's own session wrote `document`.
    pub(crate) fn is_own(&self, document: &Document<'_>) -> bool {
        document.field("session_id").is_some_and(|id| self.own_sessions.iter().any(|own| own == id))
    }
}

/// `"Title", next: "the action"`
fn about(request: &Request<'_>, waiting: &Waiting) -> String {
    let beginning = request.inbox.peek(waiting).unwrap_or_default();
    let document = Document::parse(&beginning);
    let title = document.title();
    let title = title_line(title.as_deref().map_or(waiting.name().as_encoded_bytes(), str::as_bytes), TITLE);
    // Between quotes, so that it does not read as a sentence of ours.
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "'"));
    match next_action(document.body(), ACTION) {
        Some(action) => format!("{}, next: {}", quoted(&title), quoted(&action)),
        None => quoted(&title),
    }
}

/// The command that reads `waiting`. It is whole, or `None` where it would be too long for a line.
fn command(request: &Request<'_>, waiting: &Waiting) -> Option<String> {
    let name = Sanitised::line(waiting.name().as_encoded_bytes(), MAX_NAME_BYTES);
    let id = quoted(Path::new(name.strip_suffix(".md").unwrap_or(&name)));
    Some(format!("{} {id}", request.read_command)).filter(|command| command.len() <= MAX_COMMAND_BYTES)
}

/// `text`, and after `how` the command that reads `waiting`.
fn with_command(text: String, how: &str, request: &Request<'_>, waiting: &Waiting) -> String {
    match command(request, waiting) {
        Some(command) => format!("{text}. {how}: {command}"),
        None => text,
    }
}
