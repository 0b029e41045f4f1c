//! Handoffs that wait for a directory in which no session starts any more, and that are probably this worktree's: a later
//! `git init` above the directory made it a part of this worktree, or this worktree was moved here from a path that is
//! gone.

use std::path::Path;

use handoff_document::Document;
use handoff_process::quoted;
use handoff_store::{Inbox, Store};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::here::{Failure, Here};
use crate::row::Drifts;

/// The most lines: after that a reader has seen that there are many.
const MAX_LINES: usize = 5;

/// Names on standard error what waits for such directories, a line each, with the command that brings it here. Where the
/// store cannot be read, nothing: that is for the verb to say.
pub(crate) fn warn(here: &Here) {
    for line in lines(here).unwrap_or_default().into_iter().take(MAX_LINES) {
        here.output.complain(line);
    }
}

fn lines(here: &Here) -> Result<Vec<String>, Failure> {
    let store = Store::open(&here.environment.store()?)?;
    // In a store that others may write to, others may have left them.
    let Some(store) = store.filter(|store| store.trust().is_ok()) else { return Ok(Vec::new()) };
    // A worktree with handoffs of its own was not moved here since they were written.
    let is_new = store.inbox(&here.address)?.is_none();
    let mut drifts = None;
    Ok(store.inboxes()?.iter().filter_map(|inbox| line(here, inbox, is_new, &mut drifts)).collect())
}

/// The line for one inbox; `None` when it is not of such a directory, or cannot be read. `drifts` are made when they are
/// needed: they open the repository.
fn line(here: &Here, inbox: &Inbox, is_new: bool, drifts: &mut Option<Drifts>) -> Option<String> {
    let top = here.worktree.top();
    let path = inbox.worktree().ok()??;
    let is_absorbed = is_absorbed(&path, top);
    if !is_absorbed && (!is_new || handoff_files::is_directory(&path)) {
        return None;
    }
    let mut is_for_it = |content: &Vec<u8>| {
        let document = Document::parse(content);
        document.field("to_path") == path.to_str()
            && (is_absorbed
                || may_be_of(&document, &path, top, drifts.get_or_insert_with(|| Drifts::of(&here.worktree))))
    };
    let waiting = inbox.waiting().ok()?.handoffs;
    let contents = waiting.iter().filter_map(|waiting| inbox.peek(waiting).ok());
    let count = contents.filter(|content| is_for_it(content)).count();
    let state =
        if is_absorbed { "is a part of this worktree by now" } else { "is gone; if it was moved here" };
    (count > 0).then(|| {
        format!(
            "{count} unread for {}, which {state}: {} move {} {}",
            Sanitised::path(&path),
            here.called,
            quoted(&path),
            quoted(top)
        )
    })
}

/// Whether `path` is a directory that a later `git init` made a part of the worktree `top`.
fn is_absorbed(path: &Path, top: &Path) -> bool {
    path != top && path.starts_with(top) && Worktree::find(path).is_ok_and(|worktree| worktree.top() == top)
}

/// Whether a handoff for `path`, which is gone, may be one for `top`: its commit is in this repository, or, where it names
/// none, the directory has the same name.
fn may_be_of(document: &Document<'_>, path: &Path, top: &Path, drifts: &mut Drifts) -> bool {
    drifts.knows_head(document).unwrap_or_else(|| path.file_name() == top.file_name())
}
