//! GitHub Copilot CLI 1.0.

use std::ffi::OsStr;

use super::{Args, args, with_model};
use crate::launch::{Conversation, Values};

pub(super) fn run(values: &Values, model: &OsStr) -> Args {
    let mut all =
        args(["--output-format", "json", "--allow-all-tools", "--allow-all-paths", "--no-ask-user"]);
    all.extend(open(values, model)?);
    Ok(all)
}

/// With the user's own permissions: a person is there to be asked.
pub(super) fn open(values: &Values, model: &OsStr) -> Args {
    let mut all = with_model("--model", model);
    all.push(match values.task.conversation {
        Conversation::New(id) => format!("--session-id={id}").into(),
        Conversation::Resume(id) => format!("--resume={id}").into(),
    });
    Ok(all)
}
