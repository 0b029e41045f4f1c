//! `recall`, `give-back` and `push --reoffer` a second time, of encrypted letters and of those on a branch: each says what it did or
//! cannot do.

use crate::cloud::Cloud;
use crate::server::Mode;
use crate::support::{Machine, Net};

const FROM: &str = "branch:claude/fix-q";

/// Takes an encrypted letter back, gives one back and offers one again, each twice.
fn twice(net: &Net, laptop: &Machine, desk: &Machine, more: &[&str]) {
    let id = laptop.push("Recalled", more);
    for _ in 0..2 {
        assert!(laptop.ok(&["recall", &id]).contains("it waits here again"));
    }
    let said = laptop.fails(&["push", "--reoffer", &id]);
    assert!(said.contains("was taken back, so no machine is offered it"), "{said}");
    assert_eq!((net.refs().len(), desk.waiting(), laptop.unread().len()), (0, 0, 1));
    laptop.ok(&[&["push"], more].concat());
    desk.ok(&["pull"]);
    laptop.ok(&["sync"]);

    let id = laptop.push("Given back", more);
    let said = desk.fails(&["give-back", &id]);
    assert!(said.contains("waits at the remote and is taken by nobody"), "{said}");
    // One that waits is offered already.
    laptop.ok(&["push", "--reoffer", &id]);
    desk.ok(&["pull"]);
    let before = desk.unread().len();
    for _ in 0..2 {
        assert!(desk.ok(&["give-back", &id]).contains("waits at the remote again"));
    }
    assert_eq!((desk.unread().len(), desk.waiting()), (before - 1, 1));
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1, "it is read once more");
    laptop.ok(&["sync"]);
    let said = laptop.fails(&["recall", &id]);
    assert!(said.contains("was delivered to ann@desk"), "{said}");

    let id = laptop.push("Offered again", more);
    net.server.set(Mode::Deaf);
    desk.fails(&["pull"]);
    net.server.set(Mode::Up);
    std::fs::remove_dir_all(desk.world.root().join(".mail")).unwrap();
    for _ in 0..2 {
        assert!(laptop.ok(&["push", "--reoffer", &id]).contains("waits at the remote again"));
    }
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
}

#[test]
fn each_verb_once_more_changes_nothing_of_a_letter() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    twice(&net, &laptop, &desk, &["--to", "@me"]);
}

#[test]
fn each_verb_once_more_changes_nothing_of_an_encrypted_letter() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    twice(&net, &laptop, &desk, &["--encrypt"]);
}

#[test]
fn what_went_on_a_branch_is_named_as_such_by_each_verb() {
    let cloud = Cloud::new();
    let (laptop, mut sandbox) = (cloud.home("laptop"), cloud.sandbox());
    sandbox.invite(&laptop, &[]);
    sandbox.leave("Quoted fields");
    let pushed = sandbox.json(&["push", "--via", "branch"]);
    let id = pushed["letter"].as_str().unwrap();
    for verb in [&["recall", id][..], &["give-back", id], &["push", "--reoffer", id]] {
        let said = sandbox.fails(verb);
        assert!(said.contains("went on the branch claude/fix-q, in the commit"), "{verb:?}: {said}");
    }
    assert!(sandbox.fails(&["recall", "nothing"]).contains("nothing was joined in this sandbox"));
    laptop.ok(&["pull", "--via", FROM]);
    for joined in [false, true] {
        if joined {
            laptop.ok(&["join"]);
        }
        let said = laptop.fails(&["give-back", &id[id.len() - 8..]]);
        assert!(said.contains("is a copy here: it was not taken"), "{said}");
    }
    let said = laptop.fails(&["recall", "nothing"]);
    assert!(said.contains("could not find a letter \"nothing\""), "{said}");
}
