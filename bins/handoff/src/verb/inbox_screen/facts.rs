//! What there is to see of one handoff: where it comes from, what became of it, how far the work has moved since.

use handoff_delivery::{Ledger, Looker, Offer, Standing};
use handoff_document::{Document, Seal, Timestamp, age};
use handoff_files::FileError;
use handoff_inbox_view::{Place, Shelf, Text};
use handoff_store::{Inbox, LARGEST};
use handoff_worktree::{Relation, Worktree};

use super::shelves::{Listed, Shelves};

/// How many characters of a session's id are shown: enough to tell it from others.
const SESSION_CHARS: usize = 8;

/// Why there is no text of a handoff.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoText {
    /// It went elsewhere since it was listed.
    #[error("it is not there any more")]
    Gone,
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The text of the handoff at `place`.
///
/// # Errors
/// [`NoText`].
pub(super) fn text(shelves: &Shelves<'_>, place: &Place) -> Result<Text, NoText> {
    let (inbox, listed) = shelves.find(place).ok_or(NoText::Gone)?;
    let content = match &listed.waiting {
        Some(waiting) => inbox.peek_whole(waiting),
        None => inbox.read_archived(&place.file, LARGEST),
    }?;
    let document = Document::parse(&content);
    let now = Timestamp::now();
    let mut facts = vec![origin(&document, now)];
    facts.push(match &listed.worktree {
        Some(path) => format!("for {}", path.display()),
        None => format!("for {}", inbox.key()),
    });
    facts.push(match place.shelf {
        Shelf::Unread => standing(shelves, inbox, listed, &document, now),
        Shelf::Archived => receipt(&document, now),
    });
    let mut warnings = Vec::new();
    warnings.extend(document.problem().map(|problem| format!("malformed: {problem}")));
    if let (Seal::Broken(written), own) = document.seal() {
        warnings
            .push(format!("changed after it was written: its sentinel says {written}, the text has {own}"));
    }
    if place.shelf == Shelf::Unread {
        warnings.extend(drift(&document, listed));
    }
    let body = String::from_utf8_lossy(document.body());
    Ok(Text { facts, warnings, body: without_title(&body, &listed.title).to_owned() })
}

/// `body` without its first heading where that says the title again.
fn without_title<'b>(body: &'b str, title: &str) -> &'b str {
    let body = body.trim_start();
    let Some((first, rest)) = body.split_once('\n').filter(|(first, _)| first.starts_with("# ")) else {
        return body;
    };
    let is_title = Document::parse(first.as_bytes()).title().is_some_and(|own| own == title);
    if is_title { rest } else { body }
}

/// `from app (claude-code) · 3 h ago · main d4c42e4`.
fn origin(document: &Document<'_>, now: Timestamp) -> String {
    let known = |key: &str| document.field(key).filter(|&value| value != "unknown");
    let tool = known("session_tool").map(|tool| format!(" ({tool})")).unwrap_or_default();
    let mut parts = vec![format!("from {}{tool}", document.field("from").unwrap_or("unknown"))];
    parts.extend(known("created").and_then(Timestamp::parse).map(|then| age(then, now)));
    let commit: Vec<&str> = [known("branch"), known("head")].into_iter().flatten().collect();
    if !commit.is_empty() {
        parts.push(commit.join(" "));
    }
    parts.extend(known("sentinel").map(|sentinel| format!("sentinel {sentinel}")));
    parts.join(" · ")
}

/// What became of one that is unread.
fn standing(
    shelves: &Shelves<'_>,
    inbox: &Inbox,
    listed: &Listed,
    document: &Document<'_>,
    now: Timestamp,
) -> String {
    let looker = Looker::outside(shelves.environment());
    let ledger = Ledger::observe(inbox, &looker);
    let (Some(waiting), Ok(ledger)) = (&listed.waiting, ledger) else { return "unread".to_owned() };
    // The record of an offer goes when it is taken back.
    let is_restored = document.field("received_at").is_some();
    match ledger.standing(waiting) {
        Standing::Waiting(past) => match past.offered {
            Some(offer) => format!("unread; offered to {}, not read", session(&offer, now)),
            None if is_restored => "unread; restored".to_owned(),
            None => "unread; no session has it".to_owned(),
        },
        Standing::OnOffer { offer, .. } => {
            format!("offered to {}, which has not answered yet", session(&offer, now))
        }
        Standing::Delivered(delivery) => {
            format!("used by a session {}; it is archived with the next look", age(delivery.at, now))
        }
    }
}

fn session(offer: &Offer, now: Timestamp) -> String {
    let id = offer.session.as_deref().unwrap_or("unknown");
    let id: String = id.chars().take(SESSION_CHARS).collect();
    format!("{} {id} {}", offer.host, age(offer.at, now))
}

/// What became of one that is archived.
fn receipt(document: &Document<'_>, now: Timestamp) -> String {
    let when = document.field("received_at").and_then(Timestamp::parse);
    let when = when.map_or_else(|| "at an unknown time".to_owned(), |then| age(then, now));
    let Some(by) = document.field("received_by") else { return format!("archived {when}") };
    let by: String = by.chars().take(SESSION_CHARS).collect();
    let acknowledged =
        if document.field("acknowledged") == Some("true") { ", which acknowledged it" } else { "" };
    format!("read {when} by session {by}{acknowledged}")
}

/// How far the worktree has moved since, where it has.
fn drift(document: &Document<'_>, listed: &Listed) -> Vec<String> {
    let worktree = listed.worktree.as_ref().and_then(|path| Worktree::find(path).ok());
    let Some(repository) = worktree.and_then(|worktree| worktree.repository()) else { return Vec::new() };
    let mut lines = Vec::new();
    let then = document.field("branch").filter(|&branch| branch != "unknown");
    if let (Some(then), Some(now)) = (then, repository.head().branch)
        && then != now
    {
        lines.push(format!("it was written on {then}, this is {now}"));
    }
    let commits = |count: usize| if count == 1 { "1 commit".to_owned() } else { format!("{count} commits") };
    match document
        .field("head")
        .filter(|&head| head != "unknown")
        .and_then(|head| repository.relation_to(head))
    {
        None | Some(Relation::Same | Relation::Unclear) => {}
        Some(Relation::Ahead(ahead)) => {
            lines.push(format!("HEAD is {} ahead of it", commits(ahead.number())));
        }
        Some(Relation::Behind(behind)) => {
            lines.push(format!("HEAD is {} behind it", commits(behind.number())));
        }
        Some(Relation::Diverged { ahead, behind }) => lines.push(format!(
            "HEAD has diverged from it: {} ahead, {} behind",
            commits(ahead.number()),
            commits(behind.number())
        )),
        Some(Relation::Gone) => lines.push("its commit is not in this repository".to_owned()),
    }
    lines
}
