//! Remotes that refuse some of what letters need.

use crate::support::Net;

#[test]
fn a_remote_that_takes_branches_only_is_named_and_nothing_is_joined() {
    let net = Net::new();
    net.hook("pre-receive", "while read old new name; do case $name in refs/heads/*) ;; *) echo only branches >&2; exit 1;; esac; done");
    let laptop = net.machine("laptop", "ann");
    let said = laptop.fails(&["join", "--private"]);
    assert!(
        said.contains("origin does not take letters") && said.contains("pre-receive hook declined"),
        "{said}"
    );
    assert!(laptop.fails(&["push"]).contains("no mailroom yet"));
}

#[test]
fn a_remote_that_hides_refs_is_named_and_nothing_is_joined() {
    let net = Net::new();
    let laptop = net.machine("laptop", "ann");
    net.git(&["config", "transfer.hideRefs", "refs/handoffs"]);
    let said = laptop.fails(&["join", "--private"]);
    assert!(said.contains("origin does not take letters") && said.contains("hidden ref"), "{said}");
    assert!(laptop.fails(&["mail"]).contains("no mailroom yet"));
}

#[test]
fn a_remote_without_atomic_pushes_takes_letters_with_work() {
    let net = Net::new();
    net.git(&["config", "receive.advertiseAtomic", "false"]);
    let (laptop, desk) = net.pair();
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    laptop.push("Quoted fields", &[]);
    assert_eq!(net.refs().len(), 2, "{:?}", net.refs());
    desk.ok(&["pull", "--apply"]);
    assert_eq!(std::fs::read_to_string(desk.app.join("src/a.rs")).unwrap(), "changed\n");
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn a_letter_that_the_remote_refuses_is_shown_with_its_reason_and_recalled() {
    let net = Net::new();
    let (laptop, _desk) = net.pair();
    net.hook("update", "echo identity is not allowed >&2; exit 1");
    let id = laptop.push("Quoted fields", &[]);
    let mail = laptop.ok(&["mail"]);
    assert!(mail.contains("refused by the remote"), "{mail}");
    assert_eq!(laptop.states(), ["refused"]);
    laptop.ok(&["recall", &id]);
    assert_eq!(laptop.unread().len(), 1);
    assert_eq!(laptop.states(), ["recalled"]);
}

#[test]
fn a_claim_that_the_remote_refuses_leaves_the_letter_to_others() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    net.hook("update", "echo read only >&2; exit 1");
    let said = desk.fails(&["pull"]);
    assert!(said.contains("hook declined"), "{said}");
    assert_eq!((desk.unread().len(), desk.records("journal").len()), (0, 0));
    std::fs::remove_file(net.origin.join("hooks/update")).unwrap();
    desk.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"]);
}
