//! Tells the user that a run in the background has ended, in the way that the configuration names.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use handoff_backends::Notify;
use handoff_process::{is_in_foreground, to_terminal};
use handoff_text::Sanitised;

/// The longest text in a notification, in bytes.
const MAX_TEXT_BYTES: usize = 200;

/// A run that has ended.
pub(crate) struct RunEnd<'a> {
    pub(crate) id: &'a str,
    pub(crate) backend: &'a str,
    pub(crate) state: &'a str,
    pub(crate) prompt: &'a [u8],
    pub(crate) result: &'a Path,
}

/// Why the user was not notified.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// There is no terminal, or it cannot be written to.
    #[error("no terminal took the notification: {}", handoff_files::reason(.0))]
    Terminal(std::io::Error),
    /// The program that shows it could not be run.
    #[error("could not run {}: {}", Path::new(.0).display(), handoff_files::reason(.1))]
    Program(OsString, std::io::Error),
}

/// Notifies the user of the end of `run`; does nothing for one that a person waits for at a terminal.
///
/// # Errors
/// [`NotifyError`].
pub(crate) fn notify(way: &Notify, run: &RunEnd<'_>) -> Result<(), NotifyError> {
    if is_in_foreground() {
        return Ok(());
    }
    let title = format!("handoff: {}", run.state);
    let body = format!("{} {}", run.id, Sanitised::line(run.prompt, MAX_TEXT_BYTES));
    // A terminal takes the first `;` and the first control character for ends.
    let plain = |text: &str| text.replace([';', '\u{7}', '\u{1b}'], " ");
    match way {
        Notify::None => Ok(()),
        Notify::Bell => ring("\u{7}"),
        Notify::Osc9 => ring(&format!("\u{1b}]9;{}\u{7}", plain(&format!("{title}: {body}")))),
        Notify::Osc777 => ring(&format!("\u{1b}]777;notify;{};{}\u{7}", plain(&title), plain(&body))),
        Notify::Desktop if cfg!(target_os = "macos") => {
            let script = [
                "on run argv",
                "display notification (item 2 of argv) with title (item 1 of argv)",
                "end run",
            ];
            let mut command = Command::new("osascript");
            for line in script {
                command.args(["-e", line]);
            }
            start(command.args([&title, &body]))
        }
        Notify::Desktop => {
            start(Command::new("notify-send").args(["--app-name=handoff", "--", &title, &body]))
        }
        Notify::Command(line) => start(
            Command::new("sh")
                .args(["-c", line])
                .env("HANDOFF_RUN_ID", run.id)
                .env("HANDOFF_RUN_BACKEND", run.backend)
                .env("HANDOFF_RUN_STATE", run.state)
                .env("HANDOFF_RUN_PROMPT", Sanitised::line(run.prompt, MAX_TEXT_BYTES).as_str())
                .env("HANDOFF_RUN_RESULT", run.result),
        ),
    }
}

fn ring(text: &str) -> Result<(), NotifyError> {
    to_terminal(text).map_err(NotifyError::Terminal)
}

/// Starts `command`, which goes on by itself.
fn start(command: &mut Command) -> Result<(), NotifyError> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = quiet.process_group(0).spawn().map(drop);
    started.map_err(|error| NotifyError::Program(command.get_program().to_owned(), error))
}
