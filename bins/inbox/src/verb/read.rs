//! `inbox read`: shows and archives, for agents without a hook.

use handoff_delivery::{Ledger, Looker};
use handoff_process::{Environment, Status, quoted, read_line};
use handoff_reader::{Candidates, Mode, Outcome, Reading, Request};
use handoff_store::{Inbox, Listing, Receipt};
use serde_json::json;

use crate::args::{Archives, Read};
use crate::here::{Failure, Here};
use crate::{id, stranded};

pub(crate) fn run(
    here: &Here,
    Read { ids, max_bytes, session_id, archives }: Read,
) -> Result<Status, Failure> {
    if here.environment.skip {
        // Dispatch sets it for its backends: what waits is for the session that started them.
        return Ok(nothing(here, "AGENT_HANDOFF_SKIP is set: nothing was taken"));
    }
    let inbox = here.own_inbox()?;
    if ids.is_empty() {
        stranded::warn(here);
    }
    let Some(inbox) = inbox else { return none(here, &ids) };
    let session_id = session_id.or_else(|| here.looker.session.clone());
    let looker = Looker { session: session_id.clone(), ..here.looker.clone() };
    let ledger = Ledger::open(&inbox, &looker)?;
    let candidates = match ids.as_slice() {
        // What another session has and did not answer yet is that session's, until it is asked for by name.
        [] => Candidates::of(inbox.waiting()?, &ledger),
        ids => Candidates::all(named(here, &inbox, ids)?),
    };
    let program = quoted(&Environment::sibling("inbox"));
    let command = match &here.root {
        Some(root) => format!("{program} read --root {}", quoted(root)),
        None => format!("{program} read"),
    };
    let mut request = Request {
        worktree: &here.worktree,
        inbox: &inbox,
        budget: max_bytes,
        mode: Mode::Take,
        own_sessions: &[],
        read_command: &command,
        now: here.now,
        until: None,
    };
    if archives == Archives::Never {
        return peek(here, request, &candidates, &ids);
    }
    let refused = match request.take(&candidates)? {
        Outcome::Nothing => return none(here, &ids),
        Outcome::Ready(reading) => {
            let receipt = Receipt { at: here.now, by: session_id, is_acknowledged: false };
            let confirmed = || archives != Archives::OnReceipt || read_line().is_some();
            return Ok(deliver_and_archive(here, reading, &inbox, &ledger, &receipt, confirmed));
        }
        Outcome::Line(line) => line,
    };
    let Some(reason) = refused.reason else { return Ok(nothing(here, &refused.text)) };
    // An agent's sandbox may not let it archive; what it was asked to read it is still shown.
    request.mode = Mode::Peek;
    match request.take(&candidates)? {
        Outcome::Ready(reading) if deliver(here, &reading.surfaced().text) => {
            here.output.complain(format_args!("shown, but it stays unread: {reason}"));
            Ok(Status::Done)
        }
        _ => Err(refused.text.into()),
    }
}

/// Prints what would be taken.
fn peek(
    here: &Here,
    request: Request<'_>,
    candidates: &Candidates,
    ids: &[String],
) -> Result<Status, Failure> {
    let request = Request { mode: Mode::Peek, ..request };
    match request.take(candidates)? {
        Outcome::Nothing => none(here, ids),
        Outcome::Ready(reading) if deliver(here, &reading.surfaced().text) => Ok(Status::Done),
        Outcome::Ready(_) => Ok(Status::NotDone),
        Outcome::Line(line) => Err(line.text.into()),
    }
}

/// Prints what was taken, and archives it once it is out and `is_received`. Otherwise it is unread again.
fn deliver_and_archive(
    here: &Here,
    reading: Reading<'_>,
    inbox: &Inbox,
    ledger: &Ledger<'_>,
    receipt: &Receipt,
    is_received: impl FnOnce() -> bool,
) -> Status {
    if !deliver(here, &reading.surfaced().text) || !is_received() {
        return Status::NotDone;
    }
    if let Err(error) = reading.settle(inbox, receipt, &|name| ledger.forget(name)) {
        here.output.complain(format_args!("shown, but it stays unread: {error}"));
    }
    Status::Done
}

fn deliver(here: &Here, text: &str) -> bool {
    let text = if here.json { format!("{}\n", json!({ "text": text })) } else { text.to_owned() };
    match here.output.deliver(&text) {
        Ok(()) => true,
        Err(error) => {
            here.output
                .complain(format_args!("could not write the output: {}", handoff_files::reason(&error)));
            false
        }
    }
}

/// The unread handoffs that `ids` name, in the listing's order.
fn named(here: &Here, inbox: &Inbox, ids: &[String]) -> Result<Listing, Failure> {
    let unread = here.unread(inbox)?;
    let mut wanted = Vec::new();
    for id in ids {
        wanted.push(id::resolve(id, unread.iter().map(|unread| unread.waiting.name()))?);
    }
    let chosen = unread.into_iter().enumerate().filter(|(index, _)| wanted.contains(index));
    Ok(Listing { handoffs: chosen.map(|(_, unread)| unread.waiting).collect(), ..Listing::default() })
}

fn none(here: &Here, ids: &[String]) -> Result<Status, Failure> {
    match ids.first() {
        Some(id) => Err(id::Unclear::Unknown(id.clone()).into()),
        None => Ok(nothing(here, &format!("nothing unread for {}", here.address.key()))),
    }
}

fn nothing(here: &Here, words: &str) -> Status {
    here.output.print(&if here.json { "{\"text\":null}\n".to_owned() } else { format!("{words}\n") })
}
