//! `inbox prune`: deletes what was archived long ago.

use std::ffi::OsStr;

use handoff_document::{Document, Timestamp};
use handoff_process::Status;
use handoff_store::Inbox;
use serde_json::json;

use crate::here::{Failure, Here};
use crate::id;

/// A frontmatter fits into this many bytes.
const BEGINNING: u64 = 64 << 10;

pub(crate) fn run(here: &Here, older_than: i64, all: bool, dry_run: bool) -> Result<Status, Failure> {
    let oldest = here.now.seconds().saturating_sub(older_than);
    here.own_inbox()?;
    let mut pruned = Vec::new();
    for inbox in here.inboxes(all)? {
        for name in here.archived(&inbox, all)? {
            if prune(here, &inbox, &name, oldest, dry_run) {
                pruned.push(format!("{}/{}", id::shown(OsStr::new(inbox.key())), id::shown(&name)));
            }
        }
        if !dry_run {
            inbox.forget_sessions(oldest)?;
        }
    }
    if here.json {
        return Ok(here.output.json(&json!({ "dry_run": dry_run, "pruned": pruned })));
    }
    let verb = if dry_run { "would delete" } else { "deleted" };
    let lines: String = pruned.iter().map(|name| format!("{verb}: {name}\n")).collect();
    Ok(here.output.print(&format!("{lines}{verb} {} archived\n", pruned.len())))
}

/// Deletes `name` when it was archived before `oldest`; false when it was not, is not there any more, or cannot be read,
/// which a message says: then it stays.
fn prune(here: &Here, inbox: &Inbox, name: &OsStr, oldest: i64, dry_run: bool) -> bool {
    let is_old = |content: &[u8], modified| archived_at(content, modified) < oldest;
    if dry_run {
        let content = here.archived_content(inbox, name, BEGINNING);
        return content.zip(inbox.archived_at(name)).is_some_and(|(content, at)| is_old(&content, at));
    }
    match inbox.forget(name, is_old) {
        Ok(is_deleted) => is_deleted,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => {
            here.output.complain(error);
            false
        }
    }
}

/// By its stamp, else by its file.
fn archived_at(content: &[u8], modified: i64) -> i64 {
    let stamp = Document::parse(content).field("received_at").and_then(Timestamp::parse);
    stamp.map_or(modified, Timestamp::seconds)
}
