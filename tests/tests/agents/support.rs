//! What these tests share: a set-up machine with a repository, and our messages found in what a model was sent.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::World;
use tests::agents::{Host, Machine, Role, Session, SessionEnd, Text, Wiring, both_ready};

use crate::WIRING;

/// A machine with the repository `app`; nothing where the agents cannot be run.
#[track_caller]
pub(crate) fn machine() -> Option<(Machine, PathBuf)> {
    machine_wired(WIRING)
}

/// The same, set up in a way of its own.
#[track_caller]
pub(crate) fn machine_wired(wiring: Wiring) -> Option<(Machine, PathBuf)> {
    both_ready().then(|| {
        let machine = Machine::new(wiring);
        let repo = machine.world.repo("app");
        (machine, repo)
    })
}

/// Every message of agent-handoff in `texts`, in order, its digits as `<f>`, without the last line end: agents trim.
#[track_caller]
pub(crate) fn messages(texts: &[Text]) -> Vec<String> {
    let mut messages = Vec::new();
    for text in texts {
        let mut rest = text.text.as_str();
        while let Some(start) = rest.find("=== agent-handoff ") {
            rest = &rest[start..];
            let frame = &rest[.."=== agent-handoff 01234567:".len()];
            let (_, body) = rest.split_once(" ===\n").expect("the banner is a line");
            let closing = rest.len() - body.len() + body.find(frame).expect("a message has a closing banner");
            let end =
                closing + rest[closing..].find(" ===").expect("the closing banner is a line") + " ===".len();
            let digits = &frame[frame.len() - 9..frame.len() - 1];
            messages.push(rest[..end].replace(digits, "<f>"));
            rest = &rest[end..];
        }
    }
    messages
}

/// The message that the next session in `repo` should be sent about what waits there now: its hook offers it.
#[track_caller]
pub(crate) fn waiting(world: &World, repo: &Path) -> String {
    peeked(world, repo, "offered; once this session answers,")
}

/// The message that `inbox read` should print there now: it takes what it shows.
#[track_caller]
pub(crate) fn to_be_read(world: &World, repo: &Path) -> String {
    peeked(world, repo, "")
}

#[track_caller]
fn peeked(world: &World, repo: &Path, how: &str) -> String {
    look(world, repo);
    let peek = world.run("session-start", repo, &["--peek"], "").out().to_owned();
    let digits = &peek["=== agent-handoff ".len()..][..8];
    let but_closing =
        peek.rsplit_once("=== agent-handoff ").expect("a closing banner").0.replace(digits, "<f>");
    let count = format!("{} {how}", world.names(repo, "unread").len());
    let read = world.inbox(repo).join("read");
    format!("{but_closing}=== agent-handoff <f>: {} archived to {} ===", count.trim_end(), read.display())
}

/// Looks into the inbox of `repo`, as a person does: what sessions used is archived then.
#[track_caller]
pub(crate) fn look(world: &World, repo: &Path) -> String {
    let ran = world.run("inbox", repo, &[], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out().to_owned()
}

/// How many handoffs are unread and how many archived, once somebody has looked.
#[track_caller]
pub(crate) fn counts(world: &World, repo: &Path) -> (usize, usize) {
    look(world, repo);
    (world.names(repo, "unread").len(), world.names(repo, "read").len())
}

/// What `inbox --json` says of the offer of the only handoff.
#[track_caller]
pub(crate) fn offer(world: &World, repo: &Path) -> Value {
    let ran = world.run("inbox", repo, &["--json"], "");
    let rows: Value = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    rows[0]["offer"].clone()
}

/// The session may run every command, outside of any sandbox.
pub(crate) fn unrestricted(host: Host, session: Session<'_>) -> Session<'_> {
    match host {
        Host::Claude => session.args(&["--allowedTools", "Bash"]),
        _ => session.args(&["--sandbox", "danger-full-access"]),
    }
}

/// A command line that leaves a handoff.
pub(crate) fn leave(machine: &Machine) -> String {
    let program = machine.bin("handoff-write");
    format!("printf '## Immediate next action\\nLook at b.rs.\\n' | '{}' --name Second", program.display())
}

/// The same, as another program on the machine leaves it: it is not the session's own.
pub(crate) fn leave_as_another(machine: &Machine) -> String {
    leave(machine).replace("| ", "| env -i HOME=\"$HOME\" PATH=\"$PATH\" ")
}

/// A session as the user's own settings restrict it.
pub(crate) fn restricted(host: Host, session: Session<'_>) -> Session<'_> {
    match host {
        Host::Claude => session,
        _ => session.args(&["--sandbox", "workspace-write"]),
    }
}

/// What the tools printed, in order, up to the `turn`th request.
#[track_caller]
pub(crate) fn printed(end: &SessionEnd, turn: usize) -> Vec<String> {
    end.texts(turn).into_iter().filter(|text| text.role == Role::Tool).map(|text| text.text).collect()
}

/// Fails where Claude Code refused anything.
#[track_caller]
pub(crate) fn nothing_was_denied(end: &SessionEnd) {
    for line in end.lines.iter().filter(|line| line["type"] == "result") {
        assert_eq!(line["permission_denials"], json!([]), "{}", end.ran.out());
        assert_eq!(line["is_error"], false, "{}", end.ran.out());
    }
    assert!(!end.ran.out().contains("permission_denied"), "{}", end.ran.out());
}

/// The only handoff that waits in the worktree at `dir`.
#[track_caller]
pub(crate) fn only_handoff(world: &World, dir: &Path) -> String {
    let mut names = world.names(dir, "unread");
    // What the last look at the remote left is no handoff.
    names.retain(|name| !name.starts_with('.'));
    assert_eq!(names.len(), 1, "{names:?}");
    std::fs::read_to_string(world.inbox(dir).join("unread").join(&names[0])).unwrap()
}
