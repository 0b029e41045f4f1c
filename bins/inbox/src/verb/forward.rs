//! `inbox forward`: one handoff to another worktree. An unread one moves there; of an archived one a copy goes there.

use std::ffi::OsString;

use handoff_address::{Address, WorktreeName};
use handoff_delivery::Ledger;
use handoff_process::{Environment, Status};
use handoff_recipient::{NoRecipient, Recipient};
use handoff_store::{Copied, Inbox, Store};
use handoff_text::Sanitised;
use serde_json::json;

use crate::here::{Failure, Here};
use crate::id::{self, Unclear};
use crate::one::{One, Shelf, busy, check_not_on_offer};

/// Whom it is to go to, as it was typed.
pub(crate) struct To<'a> {
    pub(crate) text: &'a str,
    /// Whether a worktree of that name may be still to be made.
    pub(crate) is_new: bool,
}

pub(crate) fn run(here: &Here, id: &str, to: &To<'_>, only: Option<Shelf>) -> Result<Status, Failure> {
    let recipient = match recipient(here, to) {
        Ok(recipient) => recipient,
        Err(Refusal::Usage(words)) => {
            here.output.complain(words);
            return Ok(Status::Usage);
        }
        Err(Refusal::Failed(failure)) => return Err(failure),
    };
    let unknown = || Unclear::Unknown(id.to_owned());
    let inbox = here.own_inbox()?.ok_or_else(unknown)?;
    let one = One::find(here, &inbox, id, only)?;
    let address = &recipient.address;
    if address.path() == here.worktree.top() {
        let way = match one.waiting {
            Some(_) => String::new(),
            None => format!("; {} restore {} makes it unread again", here.called, id::of(&one.name)),
        };
        return Err(format!("could not forward {}: it is for this worktree already{way}", one.shown()).into());
    }
    let store = Store::create(&here.environment.store_to_write()?)?;
    let target = store.create_inbox(address)?;
    let name = match one.waiting {
        Some(_) => moved(here, &inbox, &target, &one, address)?,
        None => copied(here, &inbox, &target, &one, address)?,
    };
    if let Some(note) = &recipient.note {
        here.output.note(&format!("note: {note}\n"));
    }
    let (verb, shown) = (if one.waiting.is_some() { "moved" } else { "copied" }, id::shown(&name));
    if here.json {
        let path = target.unread_path().join(&name);
        return Ok(here.output.json(&json!({
            verb: shown, "to": address.key(), "to_path": address.path().to_string_lossy(), "path": path.to_string_lossy(),
        })));
    }
    Ok(here.output.print(&format!("{verb}: {shown}, unread for {}\n", Sanitised::path(address.path()))))
}

/// Why `--to` names no recipient.
enum Refusal {
    Usage(String),
    Failed(Failure),
}

/// What `--to` means: a path when it has a slash or is made of dots, else a name.
fn recipient(here: &Here, &To { text, is_new }: &To<'_>) -> Result<Recipient, Refusal> {
    let failed = |error: NoRecipient| Refusal::Failed(error.into());
    if text.contains('/') || matches!(text, "." | "..") {
        let directory = Environment::working_directory().map_err(|error| Refusal::Failed(error.into()))?;
        return Recipient::at(&directory.join(text)).map_err(failed);
    }
    let name = WorktreeName::new(text)
        .map_err(|error| Refusal::Usage(format!("--to: {error}, or a path with a /")))?;
    Recipient::named(&name, &here.worktree, is_new).map_err(|error| match error {
        NoRecipient::Ambiguous { .. } => Refusal::Failed(format!("{error}; give its path").into()),
        error if error.is_misuse() => Refusal::Usage(format!("--to: {error}")),
        error => failed(error),
    })
}

/// Moves an unread one: it is claimed on its way, as `inbox move` does it.
fn moved(here: &Here, inbox: &Inbox, target: &Inbox, one: &One, to: &Address) -> Result<OsString, Failure> {
    let Some(waiting) = &one.waiting else { return Err(busy("forward", &one.name)) };
    let looker = here.looker_now();
    let Some(ledger) = Ledger::take_turn_alone(inbox, &looker)? else {
        return Err(
            format!("could not forward {}: a session starts at this moment; try again", one.shown()).into()
        );
    };
    check_not_on_offer(here, &ledger, waiting, "forward")?;
    let Some(mut claim) = inbox.claim(waiting, &inbox.archive()?)? else {
        return Err(busy("forward", &one.name));
    };
    // A hook that did not wait for its turn may have offered it before it was claimed.
    check_not_on_offer(here, &Ledger::open(inbox, &looker)?, waiting, "forward")?;
    let content = claim.read()?;
    let path = to.path().to_string_lossy();
    let name = claim.transfer(target, &content, &[("to", Some(to.key())), ("to_path", Some(&path))])?;
    ledger.forget(&one.name);
    Ok(name)
}

/// Copies an archived one, without the stamps of those who read the original.
fn copied(here: &Here, inbox: &Inbox, target: &Inbox, one: &One, to: &Address) -> Result<OsString, Failure> {
    let path = to.path().to_string_lossy();
    let fields = [
        ("to", Some(to.key())),
        ("to_path", Some(&*path)),
        ("received_at", None),
        ("received_by", None),
        ("acknowledged", None),
    ];
    match inbox.copy_archived(&one.name, target, &fields) {
        Ok(Copied::As(name)) => Ok(name),
        Ok(Copied::WaitsThere) => Err(format!(
            "could not forward {}: it waits there already; see {} --root {}",
            one.shown(),
            here.called,
            handoff_process::quoted(to.path())
        )
        .into()),
        Ok(Copied::Busy) => Err(busy("forward", &one.name)),
        Err(handoff_store::StoreError::File(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(busy("forward", &one.name))
        }
        Err(error) => Err(error.into()),
    }
}
