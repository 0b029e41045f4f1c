//! The one handoff that a command line names, unread or archived.

use std::ffi::{OsStr, OsString};

use handoff_delivery::{Ledger, Standing};
use handoff_document::{Document, Timestamp, age};
use handoff_store::{Inbox, LARGEST, Waiting};
use handoff_text::Sanitised;

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};
use crate::{offer, row};

/// Where a handoff can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shelf {
    Unread,
    Archived,
}

/// A handoff as it was found.
pub(crate) struct One {
    pub(crate) name: OsString,
    /// As it waits; `None` when it is archived.
    pub(crate) waiting: Option<Waiting>,
    /// Its bytes at that time.
    pub(crate) content: Vec<u8>,
    /// What became of it so far, for people: `never given to a session`.
    history: String,
}

impl One {
    /// The handoff that `id` names in `inbox`: a number counts in the list of what is unread, in the log when `only`
    /// says that it is archived; a name means either, unless `only` says which.
    pub(crate) fn find(here: &Here, inbox: &Inbox, id: &str, only: Option<Shelf>) -> Result<Self, Failure> {
        let is_number = id::is_number(id);
        let mut unread = Vec::new();
        if only != Some(Shelf::Archived) {
            unread = here.unread(inbox)?;
        }
        let mut archived = Vec::new();
        if only == Some(Shelf::Archived) || (only.is_none() && !is_number) {
            archived = here.archived(inbox, false)?;
        }
        let names = unread.iter().map(|unread| unread.waiting.name());
        let index = id::resolve(id, names.chain(archived.iter().map(OsString::as_os_str)))?;
        let gone = |error: handoff_files::FileError| match error.kind() {
            // It went elsewhere after it was listed.
            std::io::ErrorKind::NotFound => Unclear::Unknown(id.to_owned()).into(),
            _ => Failure::from(error),
        };
        if index < unread.len() {
            let unread = unread.swap_remove(index);
            let content = inbox.peek_whole(&unread.waiting).map_err(gone)?;
            let history = match offer::of(&unread.standing) {
                Some(offer) => format!("offered to a session {}, not read", age(offer.at, here.now)),
                // The record of an offer goes when it is taken back.
                None if Document::parse(&content).field("received_at").is_some() => {
                    format!("{}, and restored", receipt(&Document::parse(&content), here.now))
                }
                None => "no session has it".to_owned(),
            };
            return Ok(Self {
                name: unread.waiting.name().to_owned(),
                waiting: Some(unread.waiting),
                content,
                history,
            });
        }
        let name = archived.swap_remove(index - unread.len());
        let content = inbox.read_archived(&name, LARGEST).map_err(gone)?;
        let history = receipt(&Document::parse(&content), here.now);
        Ok(Self { name, waiting: None, content, history })
    }

    /// Its file name for people.
    pub(crate) fn shown(&self) -> String {
        id::shown(&self.name)
    }

    /// Which it is, in a line: `"Auth refactor", unread, from app, 3 h ago, no session has it`.
    pub(crate) fn describe(&self, now: Timestamp) -> String {
        let document = Document::parse(&self.content);
        let file = self.shown();
        let title = document.title().map_or_else(|| file.clone(), |title| title.into_owned());
        let title = Sanitised::line(title.as_bytes(), 200);
        let from = Sanitised::line(document.field("from").unwrap_or("unknown").as_bytes(), 200);
        let shelf = if self.waiting.is_some() { "unread" } else { "archived" };
        let written = row::age_of(&document, &file, now);
        format!("\"{title}\", {shelf}, from {from}, {written}, {}", self.history)
    }
}

fn receipt(document: &Document<'_>, now: Timestamp) -> String {
    let when = document.field("received_at").and_then(Timestamp::parse).map(|at| age(at, now));
    match (when, document.field("received_by")) {
        (Some(when), Some(session)) => {
            let session: String = Sanitised::line(session.as_bytes(), 128).chars().take(8).collect();
            format!("read {when} by session {session}")
        }
        (Some(when), None) => format!("archived {when}"),
        (None, _) => "when it was read is not known".to_owned(),
    }
}

/// Fails while a session has `waiting` on offer: what is done to it then would be done behind the back of that session.
pub(crate) fn check_not_on_offer(
    here: &Here,
    ledger: &Ledger<'_>,
    waiting: &Waiting,
    what: &str,
) -> Result<(), Failure> {
    let shown = id::shown(waiting.name());
    match ledger.standing(waiting) {
        Standing::Waiting(_) => Ok(()),
        Standing::OnOffer { offer, .. } => {
            let session: String = offer.session.as_deref().unwrap_or("unknown").chars().take(8).collect();
            let of_host = if offer.host.is_empty() { String::new() } else { format!(" of {}", offer.host) };
            Err(format!(
                "could not {what} {shown}: the session {}{of_host} has it on offer, {}; {} restore {} takes it back from that session",
                Sanitised::from(session.as_str()),
                age(offer.at, here.now),
                here.called,
                id::of(waiting.name())
            )
            .into())
        }
        Standing::Delivered(_) => {
            Err(format!("could not {what} {shown}: a session has used it, and it is being archived").into())
        }
    }
}

/// The failure when another process has taken the handoff `name`, or moves it.
pub(crate) fn busy(what: &str, name: &OsStr) -> Failure {
    format!("could not {what} {}: another process has it or has moved it", id::shown(name)).into()
}
