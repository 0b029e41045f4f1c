//! Many refs at the remote: counted once a week, warned of, refused, and removed when they expired.

use std::path::PathBuf;

use serde_json::{Value, json};
use tests::feed;

use crate::support::{Machine, Net, names};

const DAY: i64 = 86_400;

fn now() -> i64 {
    handoff_document::Timestamp::now().seconds()
}

/// A letter's name of that age.
fn id(age_secs: i64, number: usize) -> String {
    format!("{:013x}{number:010x}", (now() - age_secs) * 1_000)
}

/// Puts refs of these names at the remote, all of the same commit.
fn flood(net: &Net, names: impl Iterator<Item = String>) {
    let main = net.git(&["rev-parse", "main"]);
    let input: String = names.map(|name| format!("create refs/handoffs/v1/{name} {main}\n")).collect();
    let mut git = std::process::Command::new("git");
    git.current_dir(&net.origin).args(["update-ref", "--stdin"]).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let ran = feed(git, input.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err());
    net.git(&["pack-refs", "--all"]);
}

fn record(machine: &Machine) -> PathBuf {
    let root = machine.world.root().join(".mail");
    root.join(names(&root).pop().unwrap()).join("sweep.json")
}

fn swept(machine: &Machine) -> Value {
    serde_json::from_str(&std::fs::read_to_string(record(machine)).unwrap()).unwrap()
}

/// Has the last sweep be one of `age` ago, and the next one due now.
fn is_due(machine: &Machine, age_secs: i64) {
    let refs = swept(machine)["refs"].clone();
    let text = json!({ "v": 1, "at": now() - age_secs, "next": now(), "refs": refs }).to_string();
    std::fs::write(record(machine), text).unwrap();
}

#[test]
fn above_a_thousand_refs_mail_warns_and_above_five_thousand_no_letter_goes_out() {
    let net = Net::new();
    let laptop = net.joined("laptop", "ann");
    assert!(!laptop.ok(&["mail"]).contains("warning"));
    flood(&net, (0..1_100).map(|number| format!("0000000000000001/{}", id(DAY, number))));
    assert!(!laptop.ok(&["mail"]).contains("warning"), "the remote is asked once a week");
    is_due(&laptop, 7 * DAY);
    laptop.ok(&["sync"]);
    let said = laptop.ok(&["mail"]);
    assert!(said.contains("origin has 1101 refs of letters"), "{said}");
    assert_eq!(swept(&laptop)["refs"], 1101);
    flood(&net, (0..4_000).map(|number| format!("0000000000000002/{}", id(DAY, number))));
    is_due(&laptop, 7 * DAY);
    laptop.ok(&["sync"]);
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], crate::support::BODY);
    let said = laptop.fails(&["push"]);
    assert!(said.contains("the remote has 5101 refs of letters"), "{said}");
    assert_eq!((laptop.records("out").len(), laptop.unread().len()), (0, 1));
    for name in net.refs().into_iter().filter(|name| name.contains("/0000000000000002/")).take(150) {
        net.git(&["update-ref", "-d", &name]);
    }
    assert!(laptop.ok(&["push"]).starts_with("sent "), "they are counted anew before one is refused");
}

#[test]
fn the_sweep_removes_what_expired_at_two_sweeps_and_nothing_else() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let (old, late) = (id(40 * DAY, 1), id(33 * DAY, 2));
    let young = id(31 * DAY, 3);
    let boxes = ["0123456789abcdef", "parcel"];
    let names = |id: &String| boxes.map(|mailbox| format!("{mailbox}/{id}"));
    flood(&net, [&old, &late, &young].into_iter().flat_map(names));
    flood(&net, ["0123456789abcdef/no-letter".to_owned()].into_iter());
    let letter = laptop.push("Quoted fields", &[]);
    // A clock that was wrong at one of the two sweeps removes nothing.
    for wrong in [-DAY, now()] {
        is_due(&laptop, wrong);
        laptop.ok(&["sync"]);
        assert_eq!(net.refs().len(), 8, "{:?}", net.refs());
    }
    is_due(&laptop, 6 * DAY);
    laptop.ok(&["sync"]);
    let left = net.refs().join(" ");
    assert!(!left.contains(&old) && left.contains(&late) && left.contains(&young), "{left}");
    assert!(left.contains(&letter) && left.contains("no-letter"), "{left}");
    // The cards of both machines, the letter, and what is left of the others.
    assert_eq!(swept(&laptop)["refs"], 2 + 1 + 5);
    is_due(&laptop, DAY / 2);
    laptop.ok(&["sync"]);
    let left = net.refs().join(" ");
    assert!(!left.contains(&late) && left.contains(&young), "{left}");
    desk.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"]);
}

#[test]
fn a_flooded_mailbox_hides_no_new_letter() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    let mailbox = net.letter().rsplit_once('/').unwrap().0.replace("refs/handoffs/v1/", "");
    flood(&net, (0..1_020).map(|number| format!("{mailbox}/{}", id(DAY, number))));
    let mail = desk.ok(&["mail"]);
    assert!(mail.contains("Quoted fields"), "{mail}");
    assert!(mail.lines().count() < 30, "what is left alone is named, and not in a thousand lines: {mail}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states(), ["delivered"]);
}

#[test]
fn what_became_of_a_letter_is_kept_for_thirty_days() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let kept = laptop.push("Quoted fields", &[]);
    let gone = laptop.push("Older", &[]);
    desk.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"; 2]);
    let root = laptop.world.root().join(".mail");
    let room = root.join(names(&root).pop().unwrap());
    for (letter, days) in [(&kept, 29), (&gone, 31)] {
        let path = room.join("sent").join(format!("{letter}.json"));
        let mut settled: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        settled["at"] = (settled["at"].as_i64().unwrap() - days * DAY).into();
        std::fs::write(path, settled.to_string()).unwrap();
    }
    laptop.ok(&["sync"]);
    assert_eq!(laptop.records("sent"), [format!("{kept}.json")]);
    let ours =
        laptop.world.git(&room.join("mail.git"), &["for-each-ref", "--format=%(refname)", "refs/ours"]);
    assert!(ours.contains(&kept) && !ours.contains(&gone), "{ours}");
}
