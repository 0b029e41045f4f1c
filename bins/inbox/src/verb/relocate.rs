//! `inbox move`: a worktree was renamed, and its handoffs go with it.

use std::path::Path;

use handoff_address::Address;
use handoff_delivery::Ledger;
use handoff_document::Document;
use handoff_files::FileError;
use handoff_process::{Environment, Status};
use handoff_store::{Inbox, Moved, Store};
use handoff_text::Sanitised;
use serde_json::json;

use crate::here::{Failure, Here};

pub(crate) fn run(here: &Here, old: &Path, new: &Path) -> Result<Status, Failure> {
    let directory = Environment::working_directory()?;
    let absolute = |path: &Path| directory.join(path);
    let (old, new) = (handoff_files::canonical(&absolute(old)), handoff_files::canonical(&absolute(new)));
    if old == new {
        return Err("could not move an inbox to itself".into());
    }
    if !handoff_files::is_directory(&new) {
        return Err(format!("could not move to {}: there is no such directory", Sanitised::path(&new)).into());
    }
    let (from, to) = (Address::of(&old), Address::of(&new));
    let Some(store) = here.store()? else { return Err(nothing(&old)) };
    let Some(source) = store.inbox(&from)? else { return Err(nothing(&old)) };
    store.trust()?;
    let ledger = Ledger::open(&source, &here.looker)?;
    let (unread, read) = carry(&store, &source, &from, &to, &ledger)?;
    if here.json {
        return Ok(here.output.json(&json!({ "unread": unread, "read": read })));
    }
    Ok(here
        .output
        .print(&format!("moved {unread} unread and {read} archived to {}\n", Sanitised::path(to.path()))))
}

fn nothing(old: &Path) -> Failure {
    format!("could not find an inbox of {}; inbox worktrees lists them", Sanitised::path(old)).into()
}

/// Moves what is addressed to `from`, or to nobody in particular; how many unread and archived.
fn carry(
    store: &Store,
    source: &Inbox,
    from: &Address,
    to: &Address,
    ledger: &Ledger<'_>,
) -> Result<(usize, usize), Failure> {
    let target = store.create_inbox(to)?;
    let path = to.path().to_string_lossy();
    let fields = [("to", Some(to.key())), ("to_path", Some(path.as_ref()))];
    // Another worktree may share the inbox; what names it stays. What names the new one is left of a move that was killed.
    let is_ours = |content: &[u8]| {
        let document = Document::parse(content);
        document.field("to_path").is_none_or(|path| [from.path(), to.path()].contains(&Path::new(path)))
    };
    let archive = source.archive()?;
    let (mut unread, mut read) = (0, 0);
    for waiting in source.waiting()?.handoffs {
        if !is_ours(&source.peek(&waiting)?) {
            continue;
        }
        if let Some(mut claim) = source.claim(&waiting, &archive)? {
            let content = claim.read()?;
            claim.transfer(&target, &content, &fields)?;
            ledger.forget(waiting.name());
            unread += 1;
        }
    }
    for name in source.archived()? {
        let gone = |error: &FileError| error.kind() == std::io::ErrorKind::NotFound;
        // One that was restored or moved meanwhile is where it was moved to.
        let moved = match source.read_archived(&name, 64 << 10) {
            Ok(beginning) if is_ours(&beginning) => source.transfer_archived(&name, &target, &fields),
            Ok(_) => continue,
            Err(error) => Err(error),
        };
        match moved {
            Ok(Moved::Done) => read += 1,
            Ok(Moved::NameTaken | Moved::Busy) => {}
            Err(error) if gone(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok((unread, read))
}
