//! Handoffs that a later `git init` above their directory cut off: the directory was a worktree of its own when they were
//! written, and is a part of this one by now.

use handoff_document::Document;
use handoff_process::quoted;
use handoff_store::{Inbox, Store};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::here::{Failure, Here};

/// What waits for directories of this worktree that no session is in any more, a line each, with the command that brings
/// it here.
pub(crate) fn lines(here: &Here) -> Result<Vec<String>, Failure> {
    let store = Store::open(&here.environment.store()?)?;
    // In a store that others may write to anybody could have left them.
    let Some(store) = store.filter(|store| store.trust().is_ok()) else { return Ok(Vec::new()) };
    Ok(store.inboxes()?.iter().filter_map(|inbox| line(here, inbox)).collect())
}

/// The line for one inbox; `None` when it is not of such a directory, or cannot be read.
fn line(here: &Here, inbox: &Inbox) -> Option<String> {
    let top = here.worktree.top();
    let path = inbox.worktree().ok()??;
    if path == top || !path.starts_with(top) || Worktree::find(&path).ok()?.top() != top {
        return None;
    }
    let is_for_it = |content: Vec<u8>| Document::parse(&content).field("to_path") == path.to_str();
    let waiting = inbox.waiting().ok()?.handoffs;
    let count = waiting.iter().filter(|waiting| inbox.peek(waiting).is_ok_and(is_for_it)).count();
    (count > 0).then(|| {
        format!(
            "{count} unread for {}, which is a part of this worktree by now: {} move {} {}",
            Sanitised::path(&path),
            here.called,
            quoted(&path),
            quoted(top)
        )
    })
}
