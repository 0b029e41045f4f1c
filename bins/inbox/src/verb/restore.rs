//! `inbox restore`: what was archived is unread again.

use std::ffi::OsString;
use std::time::Duration;

use handoff_delivery::{Ledger, Standing};
use handoff_document::{Document, Timestamp};
use handoff_process::Status;
use handoff_store::{Inbox, Listing, Moved};

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};
use crate::one::Shelf;

/// A frontmatter fits into this many bytes.
const BEGINNING: u64 = 64 << 10;

/// A handoff that a session was given.
struct Given {
    name: OsString,
    session: Option<String>,
    at: Option<Timestamp>,
    is_archived: bool,
}

pub(crate) fn run(here: &Here, ids: &[String], only: Option<Shelf>) -> Result<Status, Failure> {
    let unknown = || Unclear::Unknown(ids.first().cloned().unwrap_or_default());
    let Some(inbox) = here.own_inbox()? else {
        return if ids.is_empty() { Err(nothing(here)) } else { Err(unknown().into()) };
    };
    let ledger = Ledger::take_turn(&inbox, &here.looker)?;
    let mut chosen =
        if ids.is_empty() { newest(here, &inbox, &ledger)? } else { named(here, &inbox, &ledger, ids)? };
    let is_meant = |given: &Given| only.is_none_or(|only| (only == Shelf::Archived) == given.is_archived);
    if let Some(other) = chosen.iter().find(|given| !is_meant(given))
        && !ids.is_empty()
    {
        let state = if other.is_archived { "archived" } else { "unread" };
        return Err(format!("could not restore {}: it is {state}", id::shown(&other.name)).into());
    }
    chosen.retain(is_meant);
    if chosen.is_empty() {
        if ids.is_empty() && !inbox.waiting()?.handoffs.is_empty() {
            // Such as what a session was offered that ended without an answer.
            here.output.note("agent-handoff: nothing to restore: what waits here is unread\n");
            return Ok(here.report("restored", &[], None));
        }
        return Err(nothing(here));
    }
    let mut done = Vec::new();
    let mut failed = None;
    for given in &chosen {
        match put_back(&inbox, &ledger, given) {
            Ok(()) => done.push(id::shown(&given.name)),
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        }
    }
    Ok(here.report("restored", &done, failed))
}

/// How often a handoff is looked for that another process moves at the same time, and how long is waited in between: an
/// archiving takes as long as the disk does.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// Puts one handoff back: from the archive, or from the session that has it on offer.
fn put_back(inbox: &Inbox, ledger: &Ledger<'_>, given: &Given) -> Result<(), Failure> {
    let shown = id::shown(&given.name);
    for _ in 0..TRIES {
        // Noted first: a session that goes on must not be offered again what was put back from it.
        ledger.put_back(&given.name, given.session.as_deref())?;
        if !given.is_archived {
            // A look that has seen an answer may be about to archive it: of the two only one can claim it, and that look
            // reads the note before it archives.
            let waiting =
                inbox.waiting()?.handoffs.into_iter().find(|waiting| *waiting.name() == *given.name);
            if let Some(waiting) = waiting
                && inbox.claim(&waiting, &inbox.archive()?)?.is_some()
            {
                return Ok(());
            }
        }
        match inbox.restore(&given.name) {
            Ok(Moved::Done) => return Ok(()),
            Ok(Moved::NameTaken) => {
                return Err(format!("could not restore {shown}: one of that name is unread").into());
            }
            Ok(Moved::Busy) => {}
            // It is on its way to the archive.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !given.is_archived => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(format!("could not restore {shown}: another process has moved it").into());
            }
            Err(error) => return Err(error.into()),
        }
        std::thread::sleep(PAUSE);
    }
    Err(format!("could not restore {shown}: another process is moving it; try again").into())
}

fn nothing(here: &Here) -> Failure {
    format!(
        "could not restore anything: nothing of this worktree was read or archived; {} log lists what is archived",
        here.called
    )
    .into()
}

/// The handoffs that `ids` name: archived ones, or by a part of their names those that are on offer.
fn named(here: &Here, inbox: &Inbox, ledger: &Ledger<'_>, ids: &[String]) -> Result<Vec<Given>, Failure> {
    let archived = here.archived(inbox, false)?;
    let mut on_offer = on_offer(inbox, ledger)?;
    let mut chosen = Vec::new();
    for id in ids {
        let offered = if id::is_number(id) { 0 } else { on_offer.len() };
        let names = on_offer[..offered].iter().map(|given| given.name.as_os_str());
        let index = id::resolve(id, names.chain(archived.iter().map(OsString::as_os_str)))?;
        chosen.push(if index < offered {
            on_offer.swap_remove(index)
        } else {
            of_archive(here, inbox, archived[index - offered].clone())
        });
    }
    Ok(chosen)
}

/// What a session was offered and has not answered yet.
fn on_offer(inbox: &Inbox, ledger: &Ledger<'_>) -> Result<Vec<Given>, Failure> {
    let Listing { handoffs, .. } = inbox.waiting()?;
    let on_offer = handoffs.iter().filter_map(|waiting| match ledger.standing(waiting) {
        Standing::OnOffer { offer, .. } => Some(Given {
            name: waiting.name().to_owned(),
            session: offer.session,
            at: Some(offer.at),
            is_archived: false,
        }),
        Standing::Waiting(_) | Standing::Delivered(_) => None,
    });
    Ok(on_offer.collect())
}

/// What was taken last: by a session, all that it was given, archived since or still on offer to it; by hand, all that one
/// command archived, which has the same time.
fn newest(here: &Here, inbox: &Inbox, ledger: &Ledger<'_>) -> Result<Vec<Given>, Failure> {
    let archived = here.archived(inbox, false)?.into_iter().map(|name| of_archive(here, inbox, name));
    let mut given: Vec<Given> = on_offer(inbox, ledger)?
        .into_iter()
        .chain(archived.filter(|given| given.session.is_some() || given.at.is_some()))
        .collect();
    let time = |given: &Given| given.at.map(Timestamp::seconds);
    let Some(newest) = given.iter().max_by_key(|given| time(given)) else { return Ok(given) };
    let (session, at) = (newest.session.clone(), time(newest));
    given.retain(|given| given.session == session && (session.is_some() || time(given) == at));
    Ok(given)
}

fn of_archive(here: &Here, inbox: &Inbox, name: OsString) -> Given {
    let content = here.archived_content(inbox, &name, BEGINNING).unwrap_or_default();
    let document = Document::parse(&content);
    let session = document.field("received_by").map(str::to_owned);
    let at = document.field("received_at").and_then(Timestamp::parse);
    Given { name, session, at, is_archived: true }
}
