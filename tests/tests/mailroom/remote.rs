//! Remotes that strangers can read, and other ways to reach one.

use crate::server::Mode;
use crate::support::{BODY, Machine, Net};
use crate::web;

#[test]
fn nothing_is_queued_in_plain_for_a_remote_that_answers_strangers() {
    let (_scratch, root) = web::repositories();
    let server = web::Server::start(&root, None);
    let public = root.join("public.git");
    let laptop = Machine::new("laptop", "ann", &public, &server.url("public.git"));
    laptop.world.git(&public, &["config", "http.receivepack", "true"]);
    let said = laptop.ok(&["join"]);
    assert!(
        said.contains("answers to strangers; so letters go there encrypted, and to persons alone"),
        "{said}"
    );
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    let said = laptop.fails(&["push"]);
    assert!(said.contains("has to be encrypted"), "{said}");
    assert_eq!((laptop.records("out").len(), laptop.unread().len()), (0, 1));
    laptop.ok(&["join", "--private"]);
    assert!(laptop.ok(&["push"]).starts_with("sent "));
}

#[test]
fn a_letter_goes_through_a_repository_by_its_path() {
    let net = Net::new();
    let path = net.origin.to_str().unwrap();
    let (laptop, desk) =
        (Machine::new("laptop", "ann", &net.origin, path), Machine::new("desk", "ann", &net.origin, path));
    laptop.ok(&["join", "--private"]);
    desk.ok(&["join", "--private"]);
    desk.knows("@me", "laptop");
    laptop.push("Quoted fields", &[]);
    desk.ok(&["pull"]);
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!((net.refs(), net.server.connections()), (Vec::new(), 0));
}

#[test]
fn what_is_queued_stays_here_when_the_remote_is_not_private_any_more() {
    let net = Net::new();
    let (laptop, _desk) = net.pair();
    net.server.set(Mode::Down);
    laptop.push("Quoted fields", &[]);
    net.server.set(Mode::Up);
    let record = laptop.world.home().join(".local/state/agent-handoff/mailrooms");
    let record = crate::support::names(&record).pop().map(|name| record.join(name)).expect("a record");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace("\"private_by_word\": true", "\"private_by_word\": false")).unwrap();
    laptop.run(&["sync"]);
    assert_eq!(net.refs(), Vec::<String>::new());
    assert_eq!(laptop.records("out").len(), 1);
}
