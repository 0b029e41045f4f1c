//! What became of the commit a handoff was written at.

use handoff_document::Document;
use handoff_worktree::{Drift, Repository, Worktree};

/// How far `worktree` has moved since `document` was written; None when that cannot be said.
pub fn drift_of(
    document: &Document<'_>,
    worktree: &Worktree,
    repository: Option<&Repository>,
) -> Option<Drift> {
    let touched = crate::touched(document.body(), worktree.top());
    repository?.drift(document.field("head")?, &touched)
}
