//! Full disks, on either side: a line says so, nothing is lost, and where there is room again the next command finishes.

use std::io::Write;
use std::path::{Path, PathBuf};

use tests::{Mount, feed};

use crate::support::{BODY, Machine, Net};

/// So large is a disk, in bytes.
const DISK: &str = "size=1m";
/// What is left free on it, in pages of 4 kB, until there is enough.
const FREE: [u64; 9] = [0, 1, 2, 3, 4, 6, 9, 14, 60];

/// Fills the disk at `dir` with a file, but for some pages.
fn fill(dir: &Path, free_pages: u64) -> PathBuf {
    let path = dir.join("filler");
    let mut filler = std::fs::File::create(&path).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
    let length = filler.metadata().unwrap().len() / 4096 * 4096;
    filler.set_len(length.saturating_sub(free_pages * 4096)).unwrap();
    path
}

/// A machine whose mailrooms lie on a small disk.
fn small(net: &Net, name: &str) -> Option<(Machine, Mount)> {
    let machine = net.machine(name, "ann");
    let disk = Mount::tmpfs(&machine.world.root().join(".mail"), DISK)?;
    machine.ok(&["join", "--private"]);
    Some((machine, disk))
}

/// Runs the command with less and less on the disk at `dir`, until it succeeds; what it said then.
fn until_there_is_room(machine: &Machine, dir: &Path, args: &[&str]) -> String {
    for free in FREE {
        let filler = fill(dir, free);
        let ran = machine.run(args);
        std::fs::remove_file(filler).unwrap();
        if ran.code == 0 {
            assert!(free > 0, "{}", ran.out());
            return ran.out().to_owned();
        }
        let said = ran.err().to_lowercase();
        // Git does not always say why it could not.
        let words =
            ["no space left", "out of diskspace", "couldn't write", "unable to write", "could not write"];
        assert!(words.iter().any(|words| said.contains(words)), "{free}: {said}");
        assert_eq!(said.lines().count(), 1, "{free}: {said}");
        assert!(!ran.out().contains("left alone"), "{free}: {}", ran.out());
    }
    machine.ok(args)
}

#[test]
fn a_full_mailroom_takes_a_letter_when_there_is_room_and_once() {
    let net = Net::new();
    let laptop = net.joined("laptop", "ann");
    let Some((desk, _disk)) = small(&net, "desk") else { return };
    desk.knows("@me", "laptop");
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    laptop.push("Quoted fields", &[]);
    let said = until_there_is_room(&desk, &desk.world.root().join(".mail"), &["pull"]);
    desk.ok(&["pull"]);
    assert_eq!((desk.unread().len(), desk.records("journal").len()), (1, 0), "{said}");
    assert_eq!((laptop.states(), net.refs()), (vec!["delivered".to_owned()], Vec::new()));
}

#[test]
fn a_full_mailroom_sends_a_letter_when_there_is_room_and_once() {
    let net = Net::new();
    let Some((laptop, _disk)) = small(&net, "laptop") else { return };
    let desk = net.joined("desk", "ann");
    desk.knows("@me", "laptop");
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    until_there_is_room(&laptop, &laptop.world.root().join(".mail"), &["push"]);
    laptop.ok(&["sync"]);
    assert_eq!((laptop.unread().len(), laptop.states()), (0, vec!["waiting".to_owned()]));
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!((laptop.states(), net.refs()), (vec!["delivered".to_owned()], Vec::new()));
}

#[test]
fn a_full_server_has_letters_and_claims_wait_until_there_is_room() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let (objects, aside) = (net.origin.join("objects"), net.origin.join("aside"));
    std::fs::rename(&objects, &aside).unwrap();
    let Some(_disk) = Mount::tmpfs(&objects, DISK) else { return };
    let mut copy = laptop.world.bare_command("cp");
    copy.arg("-r").arg(aside.join(".")).arg(&objects);
    assert_eq!(feed(copy, b"").code, 0);
    let filler = fill(&objects, 0);
    let id = laptop.push("Quoted fields", &["--no-work"]);
    let said = laptop.run(&["mail"]);
    eprintln!("{}{}", said.out(), said.err());
    assert_eq!((net.refs(), laptop.records("out").len()), (Vec::new(), 1));
    std::fs::remove_file(&filler).unwrap();
    laptop.ok(&["sync"]);
    assert_eq!(laptop.states(), ["waiting"]);
    let filler = fill(&objects, 0);
    let ran = desk.run(&["pull"]);
    eprintln!("{}{}", ran.out(), ran.err());
    assert_eq!((ran.code, desk.unread().len()), (1, 0));
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(desk.json(&["pull"])["taken"][0]["letter"], id.as_str());
    assert_eq!((laptop.states(), net.refs()), (vec!["delivered".to_owned()], Vec::new()));
}
