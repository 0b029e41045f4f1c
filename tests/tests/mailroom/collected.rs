//! The mailroom's own repository does not grow for ever, and nothing that a record refers to is ever collected.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tests::feed;

use crate::server::Mode;
use crate::support::{Machine, Net, names};

/// So many letters go through, where the environment says nothing else.
const LETTERS: usize = 12;
/// As many objects are there besides as many more letters would leave.
const LEFT: usize = 3_000;

/// Runs git, and kills who runs it before or behind the step that the file `kill` names.
const GIT: &str = r#"#!/bin/sh
kill=$(cat "${0%/*}/kill" 2>/dev/null)
for word; do
    [ "before $word" = "$kill" ] && kill -KILL $PPID && exit 1
    [ "behind $word" = "$kill" ] && { PATH=/usr/local/bin:/usr/bin:/bin git "$@"; kill -KILL $PPID; exit 1; }
done
PATH=/usr/local/bin:/usr/bin:/bin exec git "$@"
"#;

fn letters() -> usize {
    std::env::var("HANDOFF_TESTS_LETTERS").ok().and_then(|text| text.parse().ok()).unwrap_or(LETTERS)
}

fn room(machine: &Machine) -> PathBuf {
    let root = machine.world.root().join(".mail");
    root.join(&names(&root)[0])
}

/// Every file of an object that is no pack.
fn loose(room: &Path) -> Vec<PathBuf> {
    let objects = room.join("mail.git/objects");
    let fans: Vec<_> = names(&objects).into_iter().filter(|name| name.len() == 2).collect();
    let of = |fan: &String| -> Vec<PathBuf> {
        names(&objects.join(fan)).into_iter().map(|name| objects.join(fan).join(name)).collect()
    };
    fans.iter().flat_map(of).collect()
}

/// Writes what many letters that came and went leave, and has all that is there be of some hours ago.
fn age(machine: &Machine, room: &Path) {
    let junk = machine.world.dir("junk");
    let paths: String = (0..LEFT)
        .map(|number| {
            let path = junk.join(number.to_string());
            std::fs::write(&path, number.to_string()).unwrap();
            format!("{}\n", path.display())
        })
        .collect();
    let mut git = machine.world.bare_command("git");
    git.current_dir(room.join("mail.git")).args(["hash-object", "-w", "--stdin-paths"]);
    assert_eq!(feed(git, paths.as_bytes()).code, 0);
    let then = SystemTime::now() - Duration::from_secs(3 * 3_600);
    for path in loose(room) {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&path, mode).unwrap();
        std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }
}

/// Has it be tried again.
fn is_due(room: &Path) {
    let _ = std::fs::remove_file(room.join("collect.json"));
}

/// Every commit that a record names is there, with all that it names.
#[track_caller]
fn whole(machine: &Machine, room: &Path) {
    let git = room.join("mail.git");
    let mut commits = Vec::new();
    for kind in ["out", "sent", "journal"] {
        for name in names(&room.join(kind)) {
            let text = std::fs::read_to_string(room.join(kind).join(name)).unwrap();
            let record: Value = serde_json::from_str(&text).unwrap();
            let out = record.get("out").unwrap_or(&record).clone();
            for field in ["letter", "parcel", "from", "claim", "done", "withdrawn"] {
                commits.extend([&record, &out].iter().filter_map(|of| of[field].as_str()).map(str::to_owned));
            }
        }
    }
    assert!(!commits.is_empty());
    for commit in commits {
        machine.world.git(&git, &["rev-list", "--objects", "--quiet", &commit]);
    }
    machine.world.git(&git, &["fsck", "--strict", "--no-dangling", "--connectivity-only"]);
}

/// A mailroom with letters that are delivered, that wait, that are queued and one whose taking was not finished.
fn used(net: &Net, laptop: &Machine, desk: &Machine) -> PathBuf {
    for number in 0..letters() {
        std::fs::write(laptop.app.join("src/a.rs"), format!("{number}\n")).unwrap();
        laptop.push(&format!("Letter {number}"), &[]);
    }
    desk.ok(&["pull"]);
    laptop.ok(&["sync"]);
    desk.push("For the laptop", &[]);
    net.server.set(Mode::Deaf);
    laptop.fails(&["pull"]);
    net.server.set(Mode::Up);
    laptop.push("Waits", &[]);
    net.server.set(Mode::Down);
    laptop.push("Queued", &[]);
    net.server.set(Mode::Up);
    room(laptop)
}

#[test]
fn what_many_letters_left_is_collected_and_all_that_is_under_way_goes_on() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let room = used(&net, &laptop, &desk);
    age(&laptop, &room);
    assert!(loose(&room).len() > LEFT);
    // What was just written stays, whoever writes it.
    let mut git = laptop.world.bare_command("git");
    git.current_dir(room.join("mail.git")).args(["hash-object", "-w", "--stdin"]);
    let young = feed(git, b"young").out().trim().to_owned();
    let ran = laptop.run(&["sync", "--background"]);
    assert_eq!((ran.out(), ran.err()), ("", ""));
    let left = loose(&room);
    assert!(left.len() < 200, "{}", left.len());
    laptop.world.git(&room.join("mail.git"), &["cat-file", "-e", &young]);
    whole(&laptop, &room);
    let pulled = laptop.json(&["pull"]);
    assert_eq!(pulled["taken"].as_array().unwrap().len(), 1, "{pulled}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 2);
    assert!(laptop.states().iter().all(|state| state == "delivered"), "{:?}", laptop.states());
    assert_eq!(net.refs().len(), 0);
    // Once a day is enough.
    age(&laptop, &room);
    laptop.run(&["sync", "--background"]);
    assert!(loose(&room).len() > LEFT);
}

#[test]
fn a_collection_that_is_killed_loses_nothing_and_the_next_one_does_it() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let room = used(&net, &laptop, &desk);
    age(&laptop, &room);
    let bin = laptop.world.dir("bin");
    let script = format!("cat >git <<'EOF'\n{GIT}EOF\nchmod +x git");
    assert!(Command::new("sh").args(["-c", &script]).current_dir(&bin).status().unwrap().success());
    let sync = || {
        let mut command = laptop.world.command("handoff", &laptop.app);
        command.args(["sync", "--background"]);
        command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
        feed(command, b"").code
    };
    for kill in ["before repack", "behind repack", "before prune"] {
        std::fs::write(bin.join("kill"), kill).unwrap();
        is_due(&room);
        assert_ne!(sync(), 0, "{kill}");
        whole(&laptop, &room);
    }
    std::fs::remove_file(bin.join("kill")).unwrap();
    is_due(&room);
    assert_eq!(sync(), 0);
    assert!(loose(&room).len() < 200, "{}", loose(&room).len());
    whole(&laptop, &room);
    laptop.ok(&["pull"]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 2);
    assert!(laptop.states().iter().all(|state| state == "delivered"), "{:?}", laptop.states());
}
