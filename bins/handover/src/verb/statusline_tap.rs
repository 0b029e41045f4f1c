//! `handover statusline-tap`: stands between Claude Code and the user's own statusline command, and notes the usage
//! windows on the way.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};

use handoff_document::Timestamp;
use handoff_process::{Environment, Output, read_whole_input};
use handoff_quota::Tap;

use crate::here::state;

/// The most of standard input that is passed on, in bytes. Usage windows are looked for in far less.
const LARGEST: usize = 64 << 20;

/// Passes standard input on to `command` as it came; its output and exit code are ours. Without one nothing is shown.
pub(crate) fn run(environment: &Environment, output: &Output, command: &[OsString]) -> u8 {
    // What could be read is passed on also when the rest could not.
    let input = read_whole_input(LARGEST).unwrap_or_else(|error| Some(error.received)).unwrap_or_default();
    if let Ok(state) = state(environment) {
        // A statusline has nobody to tell that nothing was noted.
        let _ = Tap::record(&input, &state, Timestamp::now());
    }
    let Some((program, args)) = command.split_first() else { return 0 };
    let child = Command::new(program).args(args).stdin(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            output.complain(format_args!(
                "could not start {}: {}",
                program.to_string_lossy(),
                handoff_files::reason(&error)
            ));
            return 127;
        }
    };
    if let Some(mut stdin) = child.stdin.take() {
        // It need not read it.
        let _ = stdin.write_all(&input);
    }
    let code = child.wait().ok().and_then(|status| status.code()).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
