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
    let oldest = here.now.seconds() - older_than;
    here.own_inbox()?;
    let mut pruned = Vec::new();
    for inbox in here.inboxes(all)? {
        for name in here.archived(&inbox, all)? {
            if archived_at(here, &inbox, &name).is_none_or(|at| at >= oldest) {
                continue;
            }
            if !dry_run {
                inbox.forget(&name)?;
            }
            pruned.push(format!("{}/{}", id::shown(OsStr::new(inbox.key())), id::shown(&name)));
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

/// By its stamp, else by its file. None when neither can be read: then it stays.
fn archived_at(here: &Here, inbox: &Inbox, name: &OsStr) -> Option<i64> {
    let content = here.archived_content(inbox, name, BEGINNING)?;
    let stamp = Document::parse(&content).field("received_at").and_then(Timestamp::parse);
    stamp.map(Timestamp::seconds).or_else(|| inbox.archived_at(name))
}
