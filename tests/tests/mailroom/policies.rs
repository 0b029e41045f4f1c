//! Remotes that refuse some of what letters need.

use crate::server::Mode;
use crate::support::{BODY, Machine, Net};
use crate::web;

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
    assert!(mail.contains("refused by the remote") && mail.contains("identity is not allowed"), "{mail}");
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

/// Queues so many letters while the server is down.
fn queue(net: &Net, laptop: &Machine, titles: &[String]) {
    net.server.set(Mode::Down);
    for title in titles {
        std::fs::write(laptop.app.join("src/a.rs"), title).unwrap();
        laptop.world.write(&laptop.app, &["--name", title], BODY);
        assert!(laptop.ok(&["push"]).starts_with("queued "));
    }
    net.server.set(Mode::Up);
}

#[test]
fn of_many_letters_those_alone_stay_that_the_remote_refuses_and_they_are_not_tried_again() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let titles: Vec<_> =
        (0..6).map(|number| format!("{} {number}", if number == 2 { "Secret" } else { "Plain" })).collect();
    queue(&net, &laptop, &titles);
    // The whole push is refused for one of its commits, and each push is counted.
    let count = net.origin.join("pushes");
    net.hook(
        "pre-receive",
        &format!(
            "echo x >>'{}'; while read old new name; do git log -1 --format=%s $new | grep -q Secret && \
             {{ printf 'Secret\\033[31m is not\\r allowed %0400d\\n' 0 >&2; exit 1; }}; done; exit 0",
            count.display()
        ),
    );
    let pushes = || std::fs::read_to_string(&count).unwrap_or_default().lines().count();
    let mail = laptop.ok(&["mail"]);
    let line = mail.lines().find(|line| line.contains("Secret 2")).unwrap();
    assert!(line.contains("refused by the remote") && line.contains("is not"), "{line}");
    assert!(!line.contains('\u{1b}') && line.len() < 600, "{line}");
    assert!(pushes() <= 2 * 6, "{}", pushes());
    let before = pushes();
    assert_eq!(laptop.states().iter().filter(|state| *state == "waiting").count(), 5);
    laptop.run(&["sync", "--background"]);
    laptop.ok(&["pull"]);
    assert_eq!(pushes(), before, "it is not tried again by itself");
    laptop.ok(&["sync"]);
    assert!(pushes() > before, "the user may try again");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 5);
    std::fs::remove_file(net.origin.join("hooks/pre-receive")).unwrap();
    laptop.ok(&["sync"]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states(), ["delivered"; 6]);
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn a_remote_that_takes_twenty_refs_a_push_takes_all_letters_and_claims() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let titles: Vec<_> = (0..12).map(|number| format!("Quoted {number}")).collect();
    queue(&net, &laptop, &titles);
    let count = net.origin.join("pushes");
    net.hook(
        "pre-receive",
        &format!("echo x >>'{}'; [ $(wc -l) -le 20 ] || {{ echo at most 20 >&2; exit 1; }}", count.display()),
    );
    laptop.ok(&["sync"]);
    assert_eq!(std::fs::read_to_string(&count).unwrap().lines().count(), 2, "24 refs are two pushes");
    let pulled = desk.json(&["pull"]);
    assert_eq!(pulled["taken"].as_array().unwrap().len(), 12, "{pulled}");
    assert_eq!(laptop.states(), ["delivered"; 12]);
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn a_remote_that_takes_no_removals_keeps_the_refs_and_each_letter_is_delivered_or_recalled_once() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    net.hook("update", "case $3 in *[!0]*) ;; *) echo no removals >&2; exit 1;; esac");
    laptop.push("Quoted fields", &[]);
    desk.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs().len(), 1);
    assert_eq!((laptop.records("out").len(), desk.waiting()), (0, 0));
    let id = laptop.push("Another", &[]);
    let said = laptop.ok(&["recall", &id]);
    assert!(said.contains("it waits here again"), "{said}");
    assert_eq!((desk.waiting(), desk.json(&["pull"])["taken"].as_array().unwrap().len()), (0, 0));
    assert_eq!(laptop.records("out").len(), 0);
}

#[test]
fn a_remote_with_a_slow_hook_takes_letters() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    net.hook("pre-receive", "sleep 1");
    laptop.push("Quoted fields", &[]);
    assert_eq!(laptop.states(), ["waiting"]);
    desk.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn a_remote_that_forbids_pushes_is_named_and_what_waits_there_is_seen_all_the_same() {
    let (_scratch, root) = web::repositories();
    let server = web::Server::start(&root, None);
    let (bare, url) = (root.join("public.git"), server.url("public.git"));
    let [laptop, desk] = ["laptop", "desk"].map(|name| Machine::new(name, "ann", &bare, &url));
    let forbid = |is_forbidden: bool| {
        laptop.world.git(&bare, &["config", "http.receivepack", if is_forbidden { "false" } else { "true" }]);
    };
    forbid(true);
    let said = laptop.fails(&["join", "--private"]);
    assert!(said.contains("403"), "{said}");
    assert!(laptop.fails(&["mail"]).contains("no mailroom yet"));
    forbid(false);
    laptop.ok(&["join", "--private"]);
    desk.ok(&["join", "--private"]);
    laptop.knows("@me", "desk");
    desk.push("For the laptop", &[]);
    forbid(true);
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    let said = laptop.ok(&["push"]);
    assert!(said.starts_with("queued ") && said.contains("403"), "{said}");
    let said = laptop.ok(&["mail"]);
    assert!(said.contains("For the laptop") && said.contains("refused by the remote: "), "{said}");
    assert!(said.contains("error: 403; to try again: handoff sync"), "{said}");
    laptop.run(&["sync", "--background"]);
    let notice = laptop.notice();
    assert!(
        notice.contains("For the laptop") && notice.contains("\"failed\":0"),
        "it is not tried again: {notice}"
    );
    assert!(notice.contains("1 letter of yours: ") && !notice.contains("403"), "{notice}");
    let said = laptop.fails(&["sync"]);
    assert!(said.contains(" refuses it: ") && said.contains("403"), "the user may try again: {said}");
    let said = laptop.fails(&["pull"]);
    assert!(said.contains("does not take letters: ") && laptop.records("journal").is_empty(), "{said}");
    forbid(false);
    laptop.ok(&["sync"]);
    assert_eq!(laptop.states(), ["waiting"]);
}
