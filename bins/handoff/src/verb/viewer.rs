//! The user's pager and editor.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use handoff_board::Viewer;
use handoff_process::Environment;

/// The first of the variables `names` that is set to something.
fn chosen(names: &[&str]) -> Option<OsString> {
    let environment = Environment::all();
    let value = |name: &&str| environment.iter().find(|(known, _)| known == *name).map(|(_, value)| value);
    names.iter().filter_map(value).find(|value| !value.is_empty()).cloned()
}

/// The command that shows the file at `path`. A pager or an editor may have options, so a shell reads its name, as git
/// has it.
pub(crate) fn command(viewer: Viewer, path: &Path) -> Command {
    let program = match viewer {
        Viewer::Pager => chosen(&["PAGER"]).unwrap_or_else(|| "less".into()),
        Viewer::Editor => chosen(&["VISUAL", "EDITOR"]).unwrap_or_else(|| "vi".into()),
    };
    let mut line = program.clone();
    line.push(" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).arg(program).arg(path);
    stay(&mut command);
    command
}

/// Has `less` stay open on a text that fits the screen: with what it was set to, it might print the text, end, and be
/// drawn over at once.
pub(crate) fn stay(command: &mut Command) {
    let mut options = chosen(&["LESS"]).unwrap_or_else(|| "-R".into());
    options.push(" -+F");
    command.env("LESS", options);
}
