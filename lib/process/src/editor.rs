//! The user's editor, and whether a person can be asked.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;

use handoff_text::Sanitised;

use crate::environment::Environment;

/// What is run where no editor is named.
const DEFAULT_EDITOR: &str = "vi";

/// Why nothing was edited.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    /// No editor is named, and the usual one needs a terminal.
    #[error("could not start an editor: set VISUAL or EDITOR, or use a terminal")]
    NoTerminal,
    /// It did not start.
    #[error("could not start the editor {}: {source}", Sanitised::from(command.as_str()))]
    Start {
        /// As `VISUAL` or `EDITOR` names it.
        command: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It ended with an error, also because a signal ended it.
    #[error("the editor {} failed ({status})", Sanitised::from(command.as_str()))]
    Failed {
        /// As `VISUAL` or `EDITOR` names it.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
}

/// Runs the user's editor on the file at `path` and waits for its end: `VISUAL`, else `EDITOR`, else `vi`. As git does it, a
/// shell reads the variable, which may have arguments in it.
///
/// # Errors
/// [`EditorError`]; the file is as the editor left it.
pub fn edit(path: &Path, environment: &Environment) -> Result<(), EditorError> {
    if environment.editor.is_none() && !is_input_terminal() {
        return Err(EditorError::NoTerminal);
    }
    let command = editor(environment);
    let shown = command.to_string_lossy().into_owned();
    match opening(&command, path).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(EditorError::Failed { command: shown, status }),
        Err(source) => Err(EditorError::Start { command: shown, source }),
    }
}

/// The user's editor, as the variable has it.
pub fn editor(environment: &Environment) -> OsString {
    environment.editor.clone().unwrap_or_else(|| DEFAULT_EDITOR.into())
}

/// The command that opens the file at `path` with `program`. It may have options in it, so a shell reads it, as git does.
pub fn opening(program: &OsStr, path: &Path) -> Command {
    let mut script = program.to_owned();
    script.push(" \"$@\"");
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(script).arg(program).arg(path);
    command
}

/// Whether a person can be asked: standard input and error are a terminal.
pub fn asks_person() -> bool {
    is_input_terminal() && rustix::termios::isatty(std::io::stderr().as_fd())
}

/// Whether standard input is a terminal.
pub fn is_input_terminal() -> bool {
    rustix::termios::isatty(std::io::stdin().as_fd())
}
