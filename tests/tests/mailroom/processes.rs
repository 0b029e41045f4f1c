//! How many processes a look and a pull take: one git reads all letters.

use std::process::Command;

use tests::{can_trace, feed, traced};

use crate::support::{Machine, Net};

/// As many letters wait.
const LETTERS: usize = 20;

/// How many programs a verb starts, with all that they start, and the answer to it.
fn cost(machine: &Machine, args: &[&str]) -> usize {
    let log = machine.world.path("strace.log");
    let mut command: Command = machine.world.command("handoff", &machine.app);
    command.args(args);
    let ran = feed(traced(&command, &["-f", "-e", "trace=execve"], &log), b"");
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    let log = std::fs::read_to_string(log).unwrap();
    let started = log.lines().filter(|line| line.contains("execve") && line.ends_with("= 0")).count();
    if std::env::var_os("HANDOFF_TESTS_RECORD").is_some() {
        eprintln!("{args:?}: {started} processes");
    }
    started
}

#[test]
fn the_number_of_processes_does_not_grow_with_the_letters() {
    if !can_trace() {
        return;
    }
    let net = Net::new();
    let (laptop, desk) = net.pair();
    for number in 0..LETTERS {
        laptop.push(&format!("Letter {number}"), &[]);
    }
    let (sync, pull) = (cost(&desk, &["sync"]), cost(&desk, &["pull"]));
    assert_eq!(desk.unread().len(), LETTERS);
    assert_eq!(laptop.states(), ["delivered"; LETTERS]);
    assert!(sync < 2 * LETTERS && pull < 4 * LETTERS, "{sync}, {pull}");
}
