//! What waits at the repository's remote, as the last look from here left it. The hook itself reaches no network: where the last
//! look is old, it starts another beside itself, and does not wait for it.

use std::path::Path;

use handoff_document::Timestamp;
use handoff_process::{Background, Environment};
use handoff_store::Inbox;
use handoff_text::Sanitised;
use serde_json::Value;

/// The longest line that is shown, in bytes.
const MAX_LINE_BYTES: usize = 600;

/// The line that a session is told, where there is one; `worktree` is where another look is started if it is due.
pub(crate) fn line(inbox: &Inbox, worktree: &Path) -> Option<String> {
    let notice: Value = serde_json::from_slice(&inbox.mail_notice()?).ok()?;
    if notice["next"].as_i64().is_none_or(|next| next <= Timestamp::now().seconds()) {
        look_again(worktree);
    }
    let line = Sanitised::line(notice["line"].as_str()?.as_bytes(), MAX_LINE_BYTES).to_string();
    (!line.is_empty()).then_some(line)
}

/// Starts `handover sync` in the background. Where it cannot be started, the next session tries.
fn look_again(worktree: &Path) {
    let program = Environment::sibling("handover");
    // A name alone would be looked for on PATH, and could be another program.
    if program.is_absolute() {
        let arguments = ["sync", "--background", "--root"].map(AsRef::as_ref);
        let arguments: Vec<_> = arguments.into_iter().chain([worktree.as_os_str()]).collect();
        let _ = Background::start(&program, &arguments);
    }
}
