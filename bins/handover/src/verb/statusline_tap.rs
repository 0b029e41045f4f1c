//! `handover statusline-tap`: stands between Claude Code and the user's own statusline command, and notes the usage
//! windows on the way. Where the user has no such command it is the statusline, and shows them.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use handoff_document::Timestamp;
use handoff_process::{Environment, Output, read_whole_input};
use handoff_quota::{INPUT, Source, Tap};
use handoff_text::Sanitised;
use serde_json::Value;

use handoff_capturing::state;
use handoff_capturing::windows;

/// The most of standard input that is passed on, in bytes. Usage windows are looked for in far less.
const LARGEST: usize = 64 << 20;

/// The most of a model's name that is shown, in bytes.
const MAX_MODEL_BYTES: usize = 60;

/// Passes standard input on to `command` as it came; its output and exit code are ours. Without one, prints the windows,
/// as in `5h 42 % · 7d 13 %`.
pub(crate) fn run(environment: &Environment, output: &Output, command: &[OsString]) -> u8 {
    // What could be read is passed on also when the rest could not.
    let input = read_whole_input(LARGEST).unwrap_or_else(|error| Some(error.received)).unwrap_or_default();
    let (state, now) = (state(environment), Timestamp::now());
    if let Ok(state) = &state {
        // A statusline has no place to say that nothing was noted.
        let _ = Tap::record(&input, state, now);
    }
    let Some((program, args)) = command.split_first() else {
        let line = windows(&input, state.ok().as_deref(), now).or_else(|| model(&input));
        if let Some(line) = line {
            // A statusline that cannot be printed is none.
            let _ = output.print(&format!("{line}\n"));
        }
        return 0;
    };
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

/// The usage windows in a line: those in `input`, else, as before a session's first answer, those that were noted last.
fn windows(input: &[u8], state: Option<&Path>, now: Timestamp) -> Option<String> {
    let noted = || Tap::new(state?).read(now, Instant::now()).ok()?;
    let reading = Tap::parse(input, now).or_else(noted)?;
    let windows: Vec<String> =
        reading.windows.iter().filter(|window| !window.is_over(now)).map(windows::short).collect();
    (!windows.is_empty()).then(|| windows.join(" · "))
}

/// The model, for those who have no usage windows: an empty line would only take room.
fn model(input: &[u8]) -> Option<String> {
    let input: Value = serde_json::from_slice(Some(input).filter(|input| input.len() <= INPUT)?).ok()?;
    let name = input.get("model")?.get("display_name")?.as_str()?;
    Some(Sanitised::line(name.as_bytes(), MAX_MODEL_BYTES).to_string()).filter(|name| !name.is_empty())
}
