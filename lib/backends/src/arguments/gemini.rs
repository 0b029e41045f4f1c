//! Gemini CLI 0.61.

use std::ffi::OsStr;

use super::{Args, args, permission_mode, with_model};
use crate::launch::{Conversation, Values};

pub(super) fn run(values: &Values, model: &OsStr) -> Args {
    // Without `--skip-trust` it asks whether it may work in a directory that is new to it.
    let mut all = args(["-o", "stream-json", "--skip-trust", "--approval-mode"]);
    all.push(permission_mode(values)?.unwrap_or_else(|| "yolo".into()));
    all.extend(with_model("-m", model));
    all.extend(conversation(values));
    Ok(all)
}

/// Without `permission_mode` with the user's own approvals: a person is there to be asked.
pub(super) fn open(values: &Values, model: &OsStr) -> Args {
    let mut all = with_model("-m", model);
    if let Some(mode) = permission_mode(values)? {
        all.extend(["--approval-mode".into(), mode]);
    }
    all.extend(conversation(values));
    Ok(all)
}

fn conversation(values: &Values) -> Vec<std::ffi::OsString> {
    match values.task.conversation {
        Conversation::New(id) => args(["--session-id", id]),
        Conversation::Resume(id) => args(["--resume", id]),
    }
}
