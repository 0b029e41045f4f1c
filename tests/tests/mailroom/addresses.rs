//! To whom a letter goes: what is typed names somebody, or nothing is sent.

use crate::support::{BODY, Machine, Net};

impl Machine {
    /// Pushes the handoff that waits here to somebody whom nobody is; what is said. Nothing is sent.
    #[track_caller]
    fn misses(&self, to: &str) -> String {
        let ran = self.run(&["push", "--to", to]);
        assert_eq!((ran.code, ran.out()), (2, ""), "{to:?}: {}", ran.err());
        assert_eq!((self.records("out").len(), self.unread().len()), (0, 1), "{to:?}");
        ran.err().to_owned()
    }

    /// Leaves a handoff and pushes it; what is printed.
    #[track_caller]
    fn pushes(&self, to: &str) -> String {
        self.world.write(&self.app, &["--name", "Quoted fields"], BODY);
        self.ok(&["push", "--to", to])
    }
}

#[test]
fn what_is_nearly_an_address_sends_nothing_and_the_nearest_is_named() {
    let net = Net::new();
    let (laptop, _desk) = net.pair();
    let _bob = net.joined("den", "bob");
    laptop.knows("bob", "den");
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    for (to, meant) in [
        ("@Me", "@me"),
        ("@ME", "@me"),
        (" @me", "@me"),
        ("me", "@me"),
        ("@bob", "bob"),
        ("Bob", "bob"),
        ("@desk", "host:desk"),
        ("desk", "host:desk"),
        ("@anyone", "anyone"),
        ("host:DESK", "host:desk"),
        ("host:dsek", "host:desk"),
    ] {
        let said = laptop.misses(to);
        assert!(said.contains(&format!("did you mean {meant}?")), "{to:?}: {said}");
    }
    for to in ["@me,bob", "x@", "@", "a@b,c@d", "a b@c", "a@b@c", "a@b\n", "", "host:", "host:a b", "nobody"]
    {
        laptop.misses(to);
    }
    let said = laptop.misses("host:tower");
    assert!(said.contains("no machine called \"tower\" has joined; known: den, desk, laptop"), "{said}");
    laptop.ok(&["push", "--to", "@me"]);
}

#[test]
fn a_letter_to_an_address_that_nobody_is_known_by_goes_out_and_that_is_said() {
    let net = Net::new();
    let laptop = net.joined("laptop", "ann");
    let said = laptop.pushes("bob@acme.io");
    assert!(
        said.contains("no machine of that name or address has joined, as far as this one knows"),
        "{said}"
    );
    let _bob = net.joined("den", "bob");
    assert!(!laptop.pushes("Bob@Acme.io").contains("note "), "his card is there");
    assert!(!laptop.pushes("ann@acme.io").contains("note "), "it is one's own");
    assert_eq!(laptop.states(), ["waiting"; 3]);
}

#[test]
fn who_can_take_a_letter_to_a_machine_is_said() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let said = laptop.pushes("host:desk");
    let all =
        "any machine called desk that may read origin can take it; for your own machines alone: --to @me";
    assert!(said.contains(all), "{said}");
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    let said = laptop.ok(&["push", "--to", "host:desk", "--encrypt"]);
    assert!(!said.contains("any machine"), "{said}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 2);
}

#[test]
fn a_letter_to_a_branch_names_one_that_git_allows_and_says_when_nobody_has_it() {
    let net = Net::new();
    let laptop = net.joined("laptop", "ann");
    laptop.world.git(&laptop.app, &["switch", "--quiet", "--detach"]);
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    let said = laptop.misses("branch");
    assert!(said.contains("no branch is checked out here; name one: --to branch:NAME"), "{said}");
    for name in ["a..b", "", "a b", "a~1", ".a", "a/", "x.lock"] {
        let said = laptop.misses(&format!("branch:{name}"));
        assert!(said.contains("is not the name of a branch"), "{said}");
    }
    assert!(!laptop.ok(&["push", "--to", "branch:main"]).contains("note "));
    let said = laptop.pushes("branch:fix");
    assert!(said.contains("as last fetched, have a branch fix\n"), "{said}");
    laptop.world.git(&laptop.app, &["switch", "--quiet", "--create", "fix/x"]);
    assert!(laptop.pushes("branch:fix").contains("have a branch fix\n"), "fix/x is another");
    assert!(!laptop.pushes("branch").contains("note "));
}

/// Has git know the user of `machine` by another mail address, and joins.
fn moves_to(machine: &Machine, mail: &str) {
    machine.world.git(&machine.app, &["config", "user.email", mail]);
    machine.ok(&["join", "--private"]);
}

#[test]
fn what_goes_to_oneself_reaches_a_machine_that_has_another_mail_address() {
    let net = Net::new();
    let (laptop, desk) = (net.joined("laptop", "ann"), net.machine("desk", "ann"));
    moves_to(&desk, "ann@home.org");
    let warned = "and yours here ann@acme.io; what goes to @me reaches both machines once each has added the other as @me";
    let said = laptop.ok(&["people", "add", "@me", "--yes", "--card", "desk"]);
    assert!(said.contains("warning: its mail address is ann@home.org") && said.contains(warned), "{said}");
    laptop.push("Quoted fields", &[]);
    assert_eq!(desk.waiting(), 0, "the desk does not know the laptop");
    desk.knows("@me", "laptop");
    laptop.push("More", &["--encrypt"]);
    assert_eq!(laptop.waiting(), 0, "one's own letter is not for oneself");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 2);
    assert_eq!(laptop.states(), ["delivered"; 2]);
    desk.push("Back", &["--to", "@me"]);
    assert_eq!(laptop.json(&["pull", "--copy"])["copied"].as_array().unwrap().len(), 1);
    assert_eq!(desk.states(), ["waiting"]);
}

#[test]
fn who_adds_a_machine_of_their_own_is_told_what_that_grants() {
    let net = Net::new();
    let (laptop, _desk) = (net.joined("laptop", "ann"), net.joined("desk", "ann"));
    let said = laptop.ok(&["join", "--private"]);
    assert!(said.contains("if that key is of a machine of yours: handoff people add @me --card "), "{said}");
    let grant = "their work is applied";
    let asked = laptop.fails(&["people", "add", "@me", "--card", "desk"]);
    assert!(asked.contains("as your own; their work is applied without `handoff allow`: "), "{asked}");
    let added = laptop.ok(&["people", "add", "@me", "--yes", "--card", "desk"]);
    assert!(added.contains("its letters count as your own: their work is applied here without"), "{added}");
    let _bob = net.joined("den", "bob");
    assert!(laptop.ok(&["join", "--private"]).contains("if that key is theirs: handoff people add NAME"));
    let asked = laptop.fails(&["people", "add", "bob", "--card", "den"]);
    assert!(asked.contains("as bob's: ") && !asked.contains(grant), "{asked}");
    let asked = laptop.fails(&["people", "add", "bob", "--card", "den", "--code"]);
    assert!(asked.contains("as bob's; their work is applied without `handoff allow`: "), "{asked}");
}

#[test]
fn a_machine_that_is_called_otherwise_now_is_known_by_its_new_name() {
    let net = Net::new();
    let (laptop, desk) = net.pair();
    let names = || laptop.json(&["people"])["people"][0]["keys"][0].clone();
    desk.ok(&["people", "--machine", "tower"]);
    desk.ok(&["join", "--private"]);
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    let said = laptop.misses("host:desk");
    assert!(said.contains("known: laptop, tower"), "{said}");
    let said = laptop.ok(&["push", "--to", "host:tower", "--encrypt"]);
    assert!(said.contains("to host:tower, encrypted"), "{said}");
    assert_eq!(names()["machine"], "tower");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    // What its user calls themself is taken over when the user here says so.
    moves_to(&desk, "ann@home.org");
    assert!(laptop.ok(&["join", "--private"]).contains("@me "));
    assert_eq!(names()["mail"], "ann@acme.io");
    let said = laptop.ok(&["people", "add", "@me", "--yes", "--card", "tower"]);
    assert!(said.contains("known already as @me's, and renewed: tower, ann@home.org"), "{said}");
    assert!(said.contains("until now it was tower, ann@acme.io"), "{said}");
    assert_eq!(names()["mail"], "ann@home.org");
    assert!(
        laptop
            .ok(&["people", "add", "@me", "--yes", "--card", "tower"])
            .starts_with("known already as @me's: ")
    );
}

#[test]
fn a_name_that_means_something_else_is_nobodys() {
    let net = Net::new();
    let (laptop, _desk) = net.pair();
    let _bob = net.joined("den", "bob");
    for name in ["anyone", "branch", "Host", "me"] {
        let ran = laptop.run(&["people", "add", name, "--yes", "--card", "den"]);
        assert!(ran.code != 0 && ran.err().contains("nobody can be called"), "{name}: {}", ran.err());
    }
    laptop.knows("bob", "den");
    let ran = laptop.run(&["people", "sandbox", "bob"]);
    assert_eq!(ran.code, 2, "{}", ran.out());
    assert!(ran.err().contains("bob is a person here, and no sandbox"), "{}", ran.err());
    let given = laptop.ok(&["people", "sandbox", "cloud"]);
    assert!(!given.contains("bob=") && !given.contains("earlier key"), "{given}");
    let again = laptop.ok(&["people", "sandbox", "cloud"]);
    assert!(again.contains("the earlier key of cloud counts on"), "{again}");
}
