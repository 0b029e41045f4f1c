//! Qwen Code 0.24, which began as Gemini CLI and took over much of Claude Code.

use std::ffi::{OsStr, OsString};

use super::{Args, args, permission_mode, system_prompt, with_model};
use crate::launch::{Conversation, Values};

pub(super) fn run(values: &Values, model: &OsStr) -> Args {
    let mut all = args(["-o", "stream-json", "--approval-mode"]);
    all.push(permission_mode(values)?.unwrap_or_else(|| "yolo".into()));
    all.extend(with_model("-m", model));
    all.extend(conversation(values));
    if let Some(prompt) = system_prompt(values)? {
        // In one word: the program reads a text that begins with `-` as an option of its own.
        let mut option = OsString::from("--append-system-prompt=");
        option.push(prompt);
        all.push(option);
    }
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

fn conversation(values: &Values) -> Vec<OsString> {
    match values.task.conversation {
        Conversation::New(id) => args(["--session-id", id]),
        Conversation::Resume(id) => args(["--resume", id]),
    }
}
