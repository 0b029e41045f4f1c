//! Archiving what earlier sessions used, beside the hook.
//!
//! The hook itself moves nothing and waits for no disk: stamping a file and bringing it to the disk is left to `inbox`,
//! which runs beside it and goes on when the hook has ended.

use std::path::Path;
use std::time::Duration;

use handoff_process::{Background, Environment};

/// For how long the hook waits when it has said what it had to say. Usually it is done by then, and whoever looks next
/// sees it done.
const WAIT: Duration = Duration::from_millis(400);

/// `inbox settle`, while it runs.
#[derive(Debug)]
pub(crate) struct Archiver(Background);

impl Archiver {
    /// Starts it for the worktree at `top`. Where it cannot be started, the next look archives.
    pub(crate) fn start(top: &Path) -> Option<Self> {
        let program = Environment::sibling("inbox");
        // A name alone would be looked for on PATH, and could be another program.
        if !program.is_absolute() {
            return None;
        }
        let arguments = ["settle".as_ref(), "--root".as_ref(), top.as_os_str()];
        Background::start(&program, &arguments).ok().map(Self)
    }

    /// Waits until it has ended, or for as long as a hook may wait.
    pub(crate) fn wait(self) {
        self.0.wait(WAIT);
    }
}
