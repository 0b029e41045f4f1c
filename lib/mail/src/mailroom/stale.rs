//! Removes the locks of git processes that were killed: git itself waits for their end for ever.

use std::path::Path;

use handoff_document::Timestamp;
use handoff_files::{Dir, Kind};

use super::MailroomError;

/// A lock of a ref is held for milliseconds. One that is older than this has no process any more.
const STALE_SECS: i64 = 5;
/// How deep refs of ours lie: `refs/came/MAILBOX/LETTER`.
const MAX_DEPTH: usize = 5;

/// Removes stale locks from the bare repository at `path`. The caller has the mailroom for itself.
pub(super) fn remove_locks(path: &Path) -> Result<(), MailroomError> {
    let Some(dir) = Dir::open(path)? else { return Ok(()) };
    remove_in(&dir)?;
    match dir.child("refs")? {
        Some(refs) => walk(&refs, MAX_DEPTH),
        None => Ok(()),
    }
}

fn walk(dir: &Dir, depth: usize) -> Result<(), MailroomError> {
    remove_in(dir)?;
    for entry in dir.entries()? {
        if depth > 0
            && dir.kind_of(&entry.name)? == Some(Kind::Directory)
            && let Some(child) = dir.child(&entry.name)?
        {
            walk(&child, depth - 1)?;
        }
    }
    Ok(())
}

fn remove_in(dir: &Dir) -> Result<(), MailroomError> {
    let now = Timestamp::now().seconds();
    for entry in dir.entries()? {
        let is_lock = entry.name.as_encoded_bytes().ends_with(b".lock");
        let is_stale = |at: i64| !(0..STALE_SECS).contains(&now.saturating_sub(at));
        if is_lock && dir.modified(&entry.name).is_some_and(is_stale) {
            dir.remove(&entry.name)?;
        }
    }
    Ok(())
}
