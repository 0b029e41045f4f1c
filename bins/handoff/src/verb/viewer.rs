//! The user's pager and editor.

use std::path::Path;
use std::process::Command;

use handoff_board::Viewer;
use handoff_process::Environment;

/// The command that shows the file at `path`.
pub(crate) fn command(environment: &Environment, viewer: Viewer, path: &Path) -> Command {
    let program = match viewer {
        Viewer::Pager => Environment::variable("PAGER").unwrap_or_else(|| "less".into()),
        Viewer::Editor => handoff_process::editor(environment),
    };
    let mut command = handoff_process::opening(&program, path);
    stay(&mut command);
    command
}

/// Has `less` stay open on a text that fits the screen: with what it was set to, it might print the text, end, and be
/// drawn over at once.
pub(crate) fn stay(command: &mut Command) {
    let mut options = Environment::variable("LESS").unwrap_or_else(|| "-R".into());
    options.push(" -+F");
    command.env("LESS", options);
}
