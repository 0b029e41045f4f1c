//! What is the user's stays when everything else is taken away, is said, and is used again by a later installation.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::{Mount, Ran, feed};

use crate::support::{Machine, STATE, STORE, Tree, apart_from_store};

/// A repository in HOME with a commit and a change that is not committed.
fn project(machine: &Machine) -> PathBuf {
    let path = machine.path("app");
    machine.file("app/a.txt", "one\n");
    let git = |args: &[&str]| {
        let mut command = machine.command("git", args);
        command.current_dir(&path);
        let ran = feed(command, b"");
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err());
    };
    git(&["init", "-q"]);
    git(&["add", "a.txt"]);
    git(&["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first"]);
    machine.file("app/a.txt", "two\n");
    path
}

fn handover(machine: &Machine, top: &Path, args: &[&str]) -> Ran {
    let mut command: Command = machine.command(machine.program("handover"), args);
    command.current_dir(top);
    let ran = feed(command, b"");
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
    ran
}

/// The trust in each capture that waits.
fn waiting(machine: &Machine, top: &Path) -> Vec<String> {
    let ran = handover(machine, top, &["pending", "--json"]);
    let all: Value = serde_json::from_slice(&ran.out).unwrap();
    all.as_array().unwrap().iter().map(|one| one["trust"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_capture_that_waits_is_named_and_is_the_users_own_to_a_later_installation() {
    let machine = Machine::new();
    let top = project(&machine);
    machine.install();
    handover(&machine, &top, &["capture", "--next-step", "go on"]);
    let notes = [
        "note: your handoffs stay in ~/.agent-handoffs; one is unread, and waits for a later installation\n",
        "note: a capture waits in ~/app: after a later installation, `handover pickup` there takes the newest\n",
        "note: the key that your captures are known by, and what you allowed, stay in ~/.local/state/agent-handoff; ",
    ];
    for args in [&["uninstall", "--dry-run"][..], &["uninstall"]] {
        let said = machine.done(args);
        for note in notes {
            assert!(said.contains(note), "{args:?}: {note}: {said}");
        }
    }
    assert!(!machine.path(".agent-handoff").exists());
    machine.install();
    assert_eq!(waiting(&machine, &top), ["own"]);
    handover(&machine, &top, &["pickup"]);
    // It was taken, and can be looked at again.
    let said = machine.uninstall();
    assert!(!said.contains("a capture waits") && said.contains("the key that your captures"), "{said}");
    assert!(said.starts_with("removed:     everything but what is yours\n"), "{said}");
}

#[test]
fn what_is_kept_for_captures_goes_with_the_command_that_is_named() {
    let machine = Machine::new();
    let top = project(&machine);
    machine.install();
    handover(&machine, &top, &["capture", "--next-step", "go on"]);
    let said = machine.uninstall();
    let line = said.lines().find(|line| line.contains("the key that")).unwrap();
    let command = line.split_once("To remove them too: ").unwrap().1;
    assert_eq!(machine.shell(command).code, 0, "{command}");
    assert!(!machine.path(STATE).exists());
    let said = machine.uninstall();
    assert!(said.contains("a capture waits in ~/app") && !said.contains("the key that"), "{said}");
}

#[test]
fn a_key_that_no_capture_is_known_by_goes_with_the_rest() {
    let machine = Machine::new();
    let top = project(&machine);
    machine.install();
    handover(&machine, &top, &["capture", "--next-step", "go on"]);
    assert!(machine.path(STATE).join("key").exists());
    std::fs::remove_dir_all(top.join(".handover")).unwrap();
    let said = machine.uninstall();
    assert!(!said.contains("capture"), "{said}");
    assert!(!machine.path(STATE).exists());
}

#[test]
fn what_the_first_installation_made_goes_with_a_later_one_where_the_state_was_kept_between() {
    let machine = Machine::new();
    std::fs::remove_dir_all(machine.path(".local")).unwrap();
    let top = project(&machine);
    let before = Tree::of(&machine.home);
    machine.install();
    handover(&machine, &top, &["capture", "--next-step", "go on"]);
    machine.uninstall();
    assert!(machine.path(STATE).join("key").exists());
    machine.install();
    std::fs::remove_dir_all(top.join(".handover")).unwrap();
    machine.uninstall();
    before.is(&Tree::of(&machine.home).without(STORE));
}

#[test]
fn an_agent_is_unwired_without_a_word_of_what_stays_in_use() {
    let machine = Machine::new();
    let top = project(&machine);
    machine.install();
    handover(&machine, &top, &["capture", "--next-step", "go on"]);
    let said = machine.done(&["uninstall", "--only", "claude"]);
    assert!(!said.contains("capture"), "{said}");
    assert_eq!(waiting(&machine, &top), ["own"]);
}

#[test]
fn of_two_installations_the_last_that_goes_removes_what_the_first_one_made() {
    let machine = Machine::small();
    for agent in [".claude", ".codex"] {
        std::fs::remove_dir(machine.path(agent)).unwrap();
    }
    std::fs::remove_dir_all(machine.path(".local")).unwrap();
    let before = Tree::of(&machine.home);
    let prefixes = ["one", "two"].map(|name| machine.path(name).display().to_string());
    machine.done(&["install", "--only", "claude", "--home", &prefixes[0]]);
    machine.done(&["install", "--only", "codex", "--home", &prefixes[1]]);
    machine.done(&["uninstall", "--home", &prefixes[0]]);
    assert!(machine.path(STATE).exists());
    machine.done(&["uninstall", "--home", &prefixes[1]]);
    before.is(&Tree::of(&machine.home).without(STORE));
}

#[test]
fn with_a_prefix_that_is_read_only_the_rest_is_removed_and_the_prefix_is_named_once() {
    let machine = Machine::small();
    let before = apart_from_store(&machine);
    machine.install();
    let prefix = machine.path(".agent-handoff");
    let Some(mount) = Mount::read_only(&prefix) else { return };
    let ran = machine.run(&["uninstall"]);
    assert_eq!((ran.code, ran.out()), (1, "removed:     everything, except for ~/.agent-handoff\n"));
    let prefix = prefix.display();
    assert_eq!(
        ran.err(),
        format!(
            "agent-handoff: could not write to {prefix}: read-only file system; the rest is removed\n\
             agent-handoff: to finish, once that can be changed: {prefix}/bin/handoff uninstall\n"
        )
    );
    before.is(&apart_from_store(&machine).without(".agent-handoff"));
    drop(mount);
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}
