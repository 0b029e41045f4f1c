//! What a key does to one handoff, by the verb of `inbox` for it: with the name of the file and where it was seen, so that
//! one that went elsewhere meanwhile is left alone.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use handoff_inbox_view::{Act, Lend, Outcome, Place, Shelf};
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use super::super::sibling;
use super::shelves::{Listed, Shelves};

/// How the reader types the program.
const CALLED: &str = "handoff inbox";

/// The beginning of a message of ours on standard error.
const PREFIX: &str = "agent-handoff: ";

pub(super) fn act(shelves: &Shelves<'_>, place: &Place, act: &Act) -> Outcome {
    let (listed, mut command) = match prepared(shelves, place) {
        Ok(prepared) => prepared,
        Err(refused) => return refused,
    };
    let shelf = match place.shelf {
        Shelf::Unread => "--unread",
        Shelf::Archived => "--archived",
    };
    let file = shown(place);
    match act {
        Act::Archive => command.arg("archive"),
        Act::Restore => command.args(["restore", shelf]),
        Act::Forward(to) => command.args(["forward", shelf]).arg(format!("--to={to}")),
        // The question was asked here, on the terminal that the command is given.
        Act::Delete => command.args(["delete", shelf, "--yes"]),
    };
    // A name may begin like an option.
    command.args(["--", &file]);
    let done = command.stdin(Stdio::inherit()).output();
    let done = match done {
        Ok(done) => done,
        Err(error) => return failed(&sibling::could_not_run(&command, &error).message),
    };
    let noted = message(&done.stderr);
    if !done.status.success() {
        return failed(&noted);
    }
    let title = &listed.title;
    let said = match act {
        Act::Archive => format!("archived “{title}”: → lists it, and u there makes it unread again"),
        Act::Restore => format!("“{title}” is unread again"),
        Act::Forward(_) => String::from_utf8_lossy(&done.stdout).trim().to_owned(),
        Act::Delete => format!("deleted “{title}”"),
    };
    Outcome { is_done: true, message: [said, noted].join("\n").trim().to_owned() }
}

pub(super) fn edit(shelves: &Shelves<'_>, place: &Place, lend: &mut Lend<'_>) -> Outcome {
    let (listed, mut command) = match prepared(shelves, place) {
        Ok(prepared) => prepared,
        Err(refused) => return refused,
    };
    // What it says would be gone with its screen, so it is read here.
    let (mut reader, writer) = match std::io::pipe() {
        Ok(pipe) => pipe,
        Err(error) => return failed(&error.to_string()),
    };
    command.args(["edit", "--", &shown(place)]).stdout(Stdio::inherit()).stderr(writer);
    let status = lend(&mut command);
    // The command keeps its end of the pipe open.
    drop(command);
    let mut noted = Vec::new();
    let read = reader.read_to_end(&mut noted);
    match status.and_then(|status| read.map(|_| status)) {
        Err(error) => failed(&format!("could not edit it: {}", handoff_files::reason(&error))),
        Ok(status) if !status.success() => failed(&message(&noted)),
        Ok(_) => {
            let said = format!("“{}” is as you left it\n{}", listed.title, message(&noted));
            Outcome { is_done: true, message: said.trim().to_owned() }
        }
    }
}

/// The names of the other worktrees of this repository.
pub(super) fn recipients(top: &Path) -> Vec<String> {
    let worktrees = Worktree::find(top).map(|worktree| worktree.worktrees()).unwrap_or_default();
    let others = worktrees.iter().filter(|path| *path != top).filter_map(|path| path.file_name());
    others.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// `inbox` in the worktree of the handoff at `place`.
fn prepared<'s>(shelves: &'s Shelves<'_>, place: &Place) -> Result<(&'s Listed, Command), Outcome> {
    let Some((_, listed)) = shelves.find(place) else { return Err(failed("it is not there any more")) };
    let Some(worktree) = listed.worktree.as_ref().filter(|path| handoff_files::is_directory(path)) else {
        let gone = listed.worktree.as_ref().map_or_else(String::new, |path| format!(" ({})", path.display()));
        return Err(failed(&format!(
            "its worktree is gone{gone}: {CALLED} move OLD NEW takes it to another"
        )));
    };
    let mut command = sibling::command("inbox");
    command.arg0(CALLED).arg("--root").arg(worktree);
    Ok((listed, command))
}

/// The file name as `inbox` takes it for an ID.
fn shown(place: &Place) -> String {
    Sanitised::line(place.file.as_encoded_bytes(), 255).to_string()
}

fn failed(message: &str) -> Outcome {
    Outcome { is_done: false, message: message.to_owned() }
}

/// What a command said on standard error, without the name in front.
fn message(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix(PREFIX).unwrap_or(line)).collect();
    lines.join("\n")
}
