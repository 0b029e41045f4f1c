//! `inbox move`: a worktree was renamed, and its handoffs go with it.

use std::path::Path;

use handoff_address::Address;
use handoff_delivery::Ledger;
use handoff_document::Document;
use handoff_files::FileError;
use handoff_process::{Environment, Status};
use handoff_store::{Inbox, Moved, is_elsewhere};
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
    let Some(store) = here.store()? else { return Err(nothing(here, &old)) };
    let Some(source) = store.inbox(&from)? else { return Err(nothing(here, &old)) };
    store.trust()?;
    let ledger = Ledger::open(&source, &here.looker)?;
    // What a session used is archived, and goes to the archive.
    ledger.settle(&source.waiting()?);
    let path = to.path().to_string_lossy();
    let target = store.create_inbox(&to)?;
    let fields = [("to", Some(to.key())), ("to_path", Some(path.as_ref()))];
    let carried = Move { source: &source, target: &target, from: from.path(), fields, ledger }.all()?;
    let Carried { unread, read, busy } = carried;
    let printed = if here.json {
        here.output.json(&json!({ "unread": unread, "read": read, "busy": busy }))
    } else {
        let place = Sanitised::path(to.path());
        here.output.print(&format!("moved {unread} unread and {read} archived to {place}\n"))
    };
    if busy == 0 {
        return Ok(printed);
    }
    let stay = if busy == 1 { "1 handoff stays" } else { &format!("{busy} handoffs stay") };
    here.output.complain(format_args!("{stay}, since another process has it; move again"));
    Ok(Status::NotDone)
}

fn nothing(here: &Here, old: &Path) -> Failure {
    format!("could not find an inbox of {}; {} worktrees lists them", Sanitised::path(old), here.called)
        .into()
}

/// From where to where.
struct Move<'a> {
    source: &'a Inbox,
    target: &'a Inbox,
    from: &'a Path,
    /// What the frontmatter is to say of whom it is for.
    fields: [(&'static str, Option<&'a str>); 2],
    ledger: Ledger<'a>,
}

/// How many handoffs were moved, and how many were not since another process has them.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Carried {
    unread: usize,
    read: usize,
    busy: usize,
}

/// How often the source is looked through again for what was restored or archived there while the rest was moved.
const MAX_PASSES: usize = 8;

impl Move<'_> {
    /// Moves what a session in `from` would be given, and what was given to one.
    fn all(&self) -> Result<Carried, Failure> {
        // Two paths can have one inbox: nothing leaves it then, only its address is changed.
        let is_one = self.source.path() == self.target.path();
        let passes = if is_one { 1 } else { MAX_PASSES };
        let mut carried = Carried::default();
        let mut last = None;
        for _ in 0..passes {
            carried.busy = 0;
            self.unread(&mut carried)?;
            self.archived(&mut carried)?;
            if last.replace(carried) == Some(carried) {
                break;
            }
        }
        Ok(carried)
    }

    fn unread(&self, carried: &mut Carried) -> Result<(), Failure> {
        let archive = self.source.archive()?;
        let listing = self.source.waiting()?;
        carried.busy += listing.claimed;
        for waiting in listing.handoffs {
            match self.source.peek(&waiting) {
                Ok(beginning) if self.is_ours(&beginning) => {}
                Ok(_) => continue,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error.into()),
            }
            let Some(mut claim) = self.source.claim(&waiting, &archive)? else {
                carried.busy += 1;
                continue;
            };
            let content = claim.read()?;
            claim.transfer(self.target, &content, &self.fields)?;
            self.ledger.forget(waiting.name());
            carried.unread += 1;
        }
        Ok(())
    }

    fn archived(&self, carried: &mut Carried) -> Result<(), Failure> {
        for name in self.source.archived()? {
            let moved = match self.source.read_archived(&name, 64 << 10) {
                Ok(beginning) if self.is_ours(&beginning) => {
                    self.source.transfer_archived(&name, self.target, &self.fields)
                }
                Ok(_) => continue,
                Err(error) => Err(error),
            };
            match moved {
                Ok(Moved::Done) => carried.read += 1,
                Ok(Moved::NameTaken | Moved::Busy) => carried.busy += 1,
                // One that was restored meanwhile is met by the next pass.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Another worktree may share the inbox; what names it stays, and what names the new one is there already.
    fn is_ours(&self, beginning: &[u8]) -> bool {
        let document = Document::parse(beginning);
        !is_elsewhere(&document, self.from)
    }
}

fn is_gone(error: &FileError) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}
