//! `inbox archive`: out of the way without reading.

use handoff_delivery::Ledger;
use handoff_files::Dir;
use handoff_process::Status;
use handoff_store::{Inbox, Receipt, Waiting};

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};

pub(crate) fn run(here: &Here, ids: &[String]) -> Result<Status, Failure> {
    let unknown = || Unclear::Unknown(ids.first().cloned().unwrap_or_default());
    let inbox = here.own_inbox()?.ok_or_else(unknown)?;
    let unread = here.unread(&inbox)?;
    // All are resolved before the first is moved: the numbers would shift.
    let chosen: Result<Vec<usize>, Unclear> =
        ids.iter().map(|id| id::resolve(id, unread.iter().map(|unread| unread.waiting.name()))).collect();
    let archive = inbox.archive()?;
    let ledger = Ledger::open(&inbox, &here.looker)?;
    let mut done = Vec::new();
    let mut failed = None;
    for index in chosen? {
        let waiting = &unread[index].waiting;
        match put_away(here, &inbox, waiting, &archive) {
            Ok(()) => {
                ledger.forget(waiting.name());
                done.push(id::shown(waiting.name()));
            }
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        }
    }
    Ok(here.report("archived", &done, failed))
}

fn put_away(here: &Here, inbox: &Inbox, waiting: &Waiting, archive: &Dir) -> Result<(), Failure> {
    let Some(mut claim) = inbox.claim(waiting, archive)? else {
        let shown = id::shown(waiting.name());
        return Err(format!("could not archive {shown}: another session is reading it").into());
    };
    let content = claim.read()?;
    claim.archive(archive, &content, &Receipt { at: here.now, by: None, is_acknowledged: false })?;
    Ok(())
}
