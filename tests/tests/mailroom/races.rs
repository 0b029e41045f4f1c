//! Several programs at once.

use std::process::{Child, Stdio};

use crate::support::{Machine, Net};

pub(crate) fn spawn(machine: &Machine, args: &[&str]) -> Child {
    let mut command = machine.world.command("handoff", &machine.app);
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How a program ended, and what it said.
pub(crate) struct Ended {
    pub(crate) code: i32,
    out: String,
    err: String,
}

impl Ended {
    pub(crate) fn out(&self) -> &str {
        &self.out
    }

    pub(crate) fn err(&self) -> &str {
        &self.err
    }
}

pub(crate) fn end(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn of_ten_machines_that_pull_one_letter_exactly_one_has_it() {
    let net = Net::new();
    let laptop = net.joined("laptop", "ann");
    let others: Vec<_> = (0..10).map(|number| net.joined(&format!("pc{number}"), "ann")).collect();
    for other in &others {
        other.knows("@me", "laptop");
    }
    laptop.push("Quoted fields", &[]);
    let pulls: Vec<_> = others.iter().map(|other| spawn(other, &["pull"])).collect();
    let said: Vec<_> = pulls.into_iter().map(end).collect();
    let won: Vec<_> = (0..10).filter(|number| said[*number].out().contains("yours alone now")).collect();
    let told: Vec<_> = said.iter().map(|ran| format!("{} {}{}", ran.code, ran.out(), ran.err())).collect();
    assert_eq!(won.len(), 1, "{told:?}");
    let winner = format!("taken by ann@pc{}", won[0]);
    for (number, ran) in said.iter().enumerate().filter(|(number, _)| *number != won[0]) {
        assert_eq!(others[number].unread().len(), 0);
        // Those that came when it was over saw nothing that waits.
        let is_told =
            ran.out().contains("nothing waits") || ran.out().contains(&winner) || ran.out().contains("lost ");
        assert!(is_told, "{told:?}");
    }
    assert_eq!(others[won[0]].unread().len(), 1);
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn two_pulls_in_one_mailroom_take_a_letter_once() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    let pulls = [spawn(&desk, &["pull"]), spawn(&desk, &["pull"])].map(end);
    assert!(pulls.iter().all(|ran| ran.code == 0), "{}{}", pulls[0].err(), pulls[1].err());
    assert_eq!(pulls.iter().filter(|ran| ran.out().contains("yours alone now")).count(), 1);
    assert_eq!(desk.unread().len(), 1);
    assert_eq!(laptop.states(), ["delivered"]);
}

#[test]
fn of_recall_and_pull_exactly_one_has_the_letter() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    for _ in 0..3 {
        let id = laptop.push("Quoted fields", &[]);
        let before = (laptop.unread().len(), desk.unread().len());
        let [recall, pull] = [spawn(&laptop, &["recall", &id]), spawn(&desk, &["pull"])].map(end);
        desk.ok(&["pull"]);
        let state = laptop.states()[0].clone();
        let now = (laptop.unread().len() - before.0, desk.unread().len() - before.1);
        let said = format!("{}{} / {}{}", recall.out(), recall.err(), pull.out(), pull.err());
        match recall.code {
            0 => assert_eq!((state.as_str(), now), ("recalled", (1, 0)), "{said}"),
            _ => assert_eq!((state.as_str(), now), ("delivered", (0, 1)), "{said}"),
        }
        assert_eq!(net.refs(), Vec::<String>::new());
    }
}
