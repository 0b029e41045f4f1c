//! Claude Code 2.1.

use std::ffi::OsStr;

use super::{Args, args, permission_mode, system_prompt};
use crate::launch::{Conversation, Values};

/// What handoff-cli always asked for. The agent has nobody to ask, so anything less may leave a task half done.
const ALL_PERMISSIONS: &str = "bypassPermissions";

pub(super) fn run(values: &Values, model: &OsStr) -> Args {
    let mut all = args(["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]);
    all.extend(common(values, model)?);
    if let Some(prompt) = system_prompt(values)? {
        all.extend(["--append-system-prompt".into(), prompt]);
    }
    Ok(all)
}

/// Without the system prompt: that one says that nobody is there.
pub(super) fn open(values: &Values, model: &OsStr) -> Args {
    common(values, model)
}

fn common(values: &Values, model: &OsStr) -> Args {
    let mut all = vec!["--model".into(), model.to_owned()];
    match permission_mode(values)?.filter(|mode| mode != ALL_PERMISSIONS) {
        Some(mode) => all.extend(["--permission-mode".into(), mode]),
        None => all.push("--dangerously-skip-permissions".into()),
    }
    all.extend(match values.task.conversation {
        Conversation::New(id) => args(["--session-id", id]),
        Conversation::Resume(id) => args(["--resume", id]),
    });
    Ok(all)
}
