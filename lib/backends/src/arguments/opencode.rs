//! OpenCode 1.18. It names its conversations itself, in each line of its output.

use std::ffi::OsStr;

use super::{Args, args, with_model};
use crate::launch::{Conversation, Values};

/// `--auto` permits what the user's own settings do not deny.
pub(super) fn run(values: &Values, model: &OsStr) -> Args {
    let mut all = args(["run", "--format", "json", "--auto"]);
    all.extend(open(values, model)?);
    Ok(all)
}

/// With the user's own permissions: a person is there to be asked.
pub(super) fn open(values: &Values, model: &OsStr) -> Args {
    let mut all = with_model("-m", model);
    if let Conversation::Resume(id) = values.task.conversation {
        all.extend(args(["-s", id]));
    }
    Ok(all)
}
