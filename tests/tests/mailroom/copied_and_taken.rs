//! A letter of which a copy is here waits at the remote all the same, and is taken like any other.

use std::process::Command;

use crate::support::{Machine, Net};

/// Whether the only handoff that waits here is a copy.
#[track_caller]
fn only_is_copy(machine: &Machine) -> bool {
    let unread = machine.unread();
    assert_eq!(unread.len(), 1, "{unread:?}");
    let path = machine.world.inbox(&machine.app).join("unread").join(&unread[0]);
    std::fs::read_to_string(path).unwrap().contains("\ncopy: ")
}

#[test]
fn a_letter_that_was_copied_is_listed_and_taken_once_with_its_work() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    let id = laptop.push("Quoted fields", &[]);
    desk.ok(&["pull", "--copy"]);
    assert!(only_is_copy(&desk));
    let mail = desk.ok(&["mail"]);
    assert!(
        mail.contains("\"Quoted fields\"") && mail.contains("; a copy is here, not taken; to take it"),
        "{mail}"
    );
    assert_eq!(desk.json(&["mail"])["waiting"][0]["copy"], true);
    assert_eq!(laptop.states(), ["waiting"]);
    let said = desk.fails(&["give-back", &id]);
    assert!(said.contains("is a copy here: it was not taken"), "{said}");
    desk.ok(&["pull", "--apply", &id]);
    assert_eq!(std::fs::read_to_string(desk.app.join("src/a.rs")).unwrap(), "changed\n");
    assert!(!only_is_copy(&desk));
    let shown = desk.world.surface(&desk.app);
    assert!(!shown.contains("COPY") && shown.contains("make test-quoted"), "{shown}");
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs(), Vec::<String>::new());
    // The copy is put away, and makes no second one.
    assert_eq!(desk.world.names(&desk.app, "read").len(), 1);
    assert_eq!(desk.json(&["pull", "--copy"])["copied"].as_array().unwrap().len(), 0);
}

#[test]
fn a_copy_that_a_session_read_keeps_nobody_from_taking_the_letter() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    desk.ok(&["pull", "--copy"]);
    desk.world.take(&desk.app);
    assert_eq!((desk.unread().len(), desk.waiting()), (0, 1));
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert!(!only_is_copy(&desk));
    assert_eq!(laptop.states(), ["delivered"]);
}

#[test]
fn a_program_that_is_killed_before_the_copy_is_put_away_loses_and_doubles_nothing() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    desk.ok(&["pull", "--copy"]);
    // What puts handoffs away kills the program that asks it to.
    let bin = desk.world.dir("bin");
    for name in ["handoff", "handover"] {
        tests::take(&tests::program(name), &bin.join(name));
    }
    let script = "printf '#!/bin/sh\\nkill -KILL $PPID\\n' >inbox && chmod +x inbox";
    assert!(Command::new("sh").args(["-c", script]).current_dir(&bin).status().unwrap().success());
    let command = desk.world.command("handoff", &desk.app);
    let mut killed = Command::new(bin.join("handoff"));
    killed.arg("pull").current_dir(&desk.app).env_clear();
    killed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = tests::feed(killed, b"");
    assert_ne!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert_eq!((desk.unread().len(), desk.records("journal").len()), (2, 1));
    assert_eq!(laptop.states(), ["taken"]);
    desk.ok(&["pull"]);
    assert!(!only_is_copy(&desk));
    assert_eq!((desk.records("journal").len(), laptop.states()), (0, vec!["delivered".to_owned()]));
}
