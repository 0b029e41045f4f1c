//! `sync --background`, as the hook starts it.

use std::time::{Duration, Instant};

use crate::server::Mode;
use crate::support::Net;

#[test]
fn the_background_looks_and_takes_nothing_and_the_session_is_told_what_waits() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    laptop.push("Quoted fields", &[]);
    let ran = desk.run(&["sync", "--background"]);
    assert_eq!((ran.code, ran.out(), ran.err()), (0, "", ""));
    assert_eq!((desk.unread().len(), desk.records("journal").len()), (0, 0));
    assert_eq!(laptop.states(), ["waiting"]);
    let notice = desk.notice();
    assert!(
        notice.contains("1 handoff for you waits at origin") && notice.contains("Quoted fields"),
        "{notice}"
    );
    let listed = desk.world.run("inbox", &desk.app, &["list"], "");
    assert!(!listed.out().contains(".mail"), "{}", listed.out());
    desk.world.take(&desk.app);
    let names = |bucket| desk.world.names(&desk.app, bucket);
    assert_eq!(desk.notice(), notice, "no command of the inbox reads or archives it");
    assert!(!names("read").iter().any(|name| name.contains(".mail")), "{:?}", names("read"));
    desk.ok(&["pull"]);
    assert!(!desk.notice().contains("waits at"), "{}", desk.notice());
}

#[test]
fn the_background_sends_only_to_the_users_own_machines() {
    let net = Net::new();
    let (laptop, bob) = (net.joined("laptop", "ann"), net.joined("bob-pc", "bob"));
    laptop.knows("bob", "bob-pc");
    net.server.set(Mode::Down);
    for to in ["bob", "@me", "anyone"] {
        laptop.push("Quoted fields", &["--to", to]);
    }
    net.server.set(Mode::Up);
    assert_eq!(laptop.run(&["sync", "--background"]).code, 0);
    assert_eq!(net.refs().len(), 1, "{:?}", net.refs());
    assert_eq!(bob.waiting(), 0);
    laptop.ok(&["sync"]);
    assert_eq!(net.refs().len(), 3);
}

#[test]
fn the_background_ends_where_the_server_says_nothing_and_the_session_is_told_what_is_queued() {
    let net = Net::new();
    let desk = net.joined("desk", "ann");
    desk.ok(&["sync"]);
    net.server.set(Mode::Down);
    desk.push("Quoted fields", &[]);
    net.server.set(Mode::Hangs);
    let start = Instant::now();
    let ran = desk.run(&["sync", "--background"]);
    assert_eq!((ran.code, ran.out(), ran.err()), (0, "", ""));
    // Its own limit is far below, and this one far below that of the test.
    assert!(start.elapsed() < Duration::from_secs(60));
    // What it could not do is left for the sessions, and the next look comes later.
    let notice = desk.notice();
    assert!(notice.contains("a letter is queued here, and origin did not answer in the time"), "{notice}");
    assert!(notice.contains("\"failed\":1"), "{notice}");
    net.server.set(Mode::Up);
    desk.ok(&["sync"]);
    assert_eq!((desk.states(), desk.notice().contains("queued")), (vec!["waiting".to_owned()], false));
}
