//! What others put into a mailbox by hand: it is named and left alone, and what is good comes through.

use crate::support::{Machine, Net};

/// The mailbox of the only letter at the remote.
fn mailbox(net: &Net) -> String {
    net.letter().rsplit_once('/').unwrap().0.to_owned()
}

/// A name that a letter could have.
const NAME: &str = "0193f0000000123456789ab";

fn good_comes_through(net: &Net, laptop: &Machine, desk: &Machine, name: &str) {
    let mail = desk.ok(&["mail"]);
    assert!(mail.contains("Quoted fields"), "{mail}");
    assert!(mail.contains("left alone") && mail.contains(&name[name.len() - 8..]), "{mail}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states()[0], "delivered");
    assert_eq!(net.refs().len(), 1, "what others put there stays there");
}

#[test]
fn a_commit_that_is_no_letter_is_left_alone() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    let main = net.git(&["rev-parse", "main"]);
    net.git(&["update-ref", &format!("{}/{NAME}", mailbox(&net)), &main]);
    good_comes_through(&net, &laptop, &desk, NAME);
}

#[test]
fn a_huge_letter_is_left_alone() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    let file = net.origin.join("huge");
    let noise: Vec<u8> = (0..5_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    std::fs::write(&file, noise).unwrap();
    let blob = net.git(&["hash-object", "-w", file.to_str().unwrap()]);
    let index = net.origin.join("huge.index");
    let mut command = desk.world.bare_command("git");
    command.current_dir(&net.origin).env("GIT_INDEX_FILE", &index);
    let cacheinfo = format!("100644,{blob},handoff.md");
    assert!(command.args(["update-index", "--add", "--cacheinfo", &cacheinfo]).status().unwrap().success());
    let mut command = desk.world.bare_command("git");
    command.current_dir(&net.origin).env("GIT_INDEX_FILE", &index);
    let tree = command.args(["write-tree"]).output().unwrap().stdout;
    let tree = String::from_utf8(tree).unwrap();
    let commit = net.git(&["commit-tree", "-m", "huge", tree.trim()]);
    net.git(&["update-ref", &format!("{}/{NAME}", mailbox(&net)), &commit]);
    good_comes_through(&net, &laptop, &desk, NAME);
}

#[test]
fn an_object_that_fsck_refuses_is_left_alone() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    let tree = net.git(&["rev-parse", "main^{tree}"]);
    let file = net.origin.join("bad");
    std::fs::write(&file, format!("tree {tree}\nauthor nobody\n\nbad\n")).unwrap();
    let literally = ["hash-object", "--literally", "-t", "commit", "-w", file.to_str().unwrap()];
    let bad = net.git(&literally);
    let name = mailbox(&net);
    std::fs::create_dir_all(net.origin.join(&name)).unwrap();
    std::fs::write(net.origin.join(&name).join(NAME), format!("{bad}\n")).unwrap();
    good_comes_through(&net, &laptop, &desk, NAME);
}

#[test]
fn a_letter_that_was_copied_into_another_mailbox_is_left_alone() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let bob = net.joined("bob-pc", "bob");
    laptop.knows("bob", "bob-pc");
    let id = laptop.push("For bob alone", &["--to", "bob"]);
    let letter = net.git(&["rev-parse", &net.letter()]);
    bob.knows("ann", "laptop");
    bob.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"]);
    laptop.push("Quoted fields", &[]);
    net.git(&["update-ref", &format!("{}/{id}", mailbox(&net)), &letter]);
    good_comes_through(&net, &laptop, &desk, &id);
}

#[test]
fn a_step_that_changes_what_the_letter_holds_is_left_alone() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let id = laptop.push("Quoted fields", &[]);
    let name = net.letter();
    let tree = net.git(&["rev-parse", "main^{tree}"]);
    let parent = net.git(&["rev-parse", &name]);
    let message =
        "chore(handoff): x\n\nHandoff-State: returned\nHandoff-Nonce: 00000000000000000000000000000000";
    let forged = net.git(&["commit-tree", "-m", message, "-p", &parent, &tree]);
    net.git(&["update-ref", &name, &forged]);
    let mail = desk.ok(&["mail"]);
    assert!(mail.contains("left alone") && mail.contains(&id[id.len() - 8..]), "{mail}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 0);
    assert_eq!(desk.unread().len(), 0);
}
