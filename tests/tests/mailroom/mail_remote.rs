//! A repository for letters alone, which several repositories share.

use crate::support::{BODY, Machine, Net, names};
use crate::web;

/// A mail remote, and two repositories on the same server.
struct Shared {
    net: Net,
    mail: String,
}

impl Shared {
    fn new() -> Self {
        let net = Net::new();
        let root = net.origin.parent().unwrap().to_owned();
        for name in ["mail.git", "other.git"] {
            let target = root.join(name);
            net.git(&["clone", "--quiet", "--bare", net.origin.to_str().unwrap(), target.to_str().unwrap()]);
        }
        let mail = net.server.url("mail.git");
        Self { net, mail }
    }

    /// A machine with a clone of the repository `code`, which has a name as it has at a host. Git takes that host for the server
    /// here: what is on this machine has no name.
    fn machine(&self, name: &str, user: &str, code: &str) -> Machine {
        let origin = self.net.origin.with_file_name(code);
        let machine = Machine::new(name, user, &origin, &named(code));
        let key = format!("url.{}.insteadOf", self.net.server.url(""));
        machine.world.git(&machine.app, &["config", "--global", &key, "https://code.test/"]);
        machine
    }

    fn joined(&self, name: &str, user: &str, code: &str) -> Machine {
        let machine = self.machine(name, user, code);
        let said = machine.ok(&["join", "--private", "--mail", &self.mail]);
        assert!(said.contains(&self.mail) && said.contains("origin     no letter goes there"), "{said}");
        machine
    }

    /// The refs of ours in a repository.
    fn refs(&self, repository: &str) -> Vec<String> {
        let path = self.net.origin.with_file_name(repository);
        let git = format!("--git-dir={}", path.display());
        let listed = self.net.git(&[&git, "for-each-ref", "--format=%(refname)", "refs/handoffs/"]);
        listed.lines().map(str::to_owned).collect()
    }
}

/// The URL of a repository at a host.
fn named(repository: &str) -> String {
    format!("https://code.test/{repository}")
}

#[test]
fn letters_and_cards_go_to_the_mail_remote_and_those_of_two_repositories_stay_apart() {
    let shared = Shared::new();
    let (laptop, desk) =
        (shared.joined("laptop", "ann", "origin.git"), shared.joined("desk", "ann", "origin.git"));
    let (other_laptop, other_desk) =
        (shared.joined("laptop2", "ann", "other.git"), shared.joined("desk2", "ann", "other.git"));
    desk.knows("@me", "laptop");
    other_desk.knows("@me", "laptop2");
    let said = other_desk.fails(&["people", "add", "@me", "--yes", "--card", "laptop"]);
    assert!(said.contains("no machine called \"laptop\" left a card"), "{said}");
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    let id = laptop.push("About origin", &[]);
    let other = other_laptop.push("About other", &[]);
    assert_eq!((shared.refs("origin.git"), shared.refs("other.git")), (vec![], vec![]));
    let mail = desk.ok(&["mail"]);
    assert!(mail.contains("About origin") && !mail.contains("About other"), "{mail}");
    assert!(desk.notice().contains(&format!("waits at {}", shared.mail)), "{}", desk.notice());
    let mail = other_desk.ok(&["mail"]);
    assert!(mail.contains("About other") && !mail.contains("About origin"), "{mail}");
    // Whoever can push moves a letter into the other repository's mailbox, where it does not belong.
    other_desk.knows_key_of(&laptop);
    let refs = shared.refs("mail.git");
    let find =
        |id: &str| refs.iter().find(|name| name.ends_with(id) && !name.contains("parcel")).unwrap().clone();
    let target = find(&other).replace(&other, &id);
    let git = format!("--git-dir={}", shared.net.origin.with_file_name("mail.git").display());
    shared.net.git(&[&git, "update-ref", &target, &find(&id)]);
    let mail = other_desk.ok(&["mail"]);
    assert!(mail.contains("left alone") && !mail.contains("\"About origin\""), "{mail}");
    shared.net.git(&[&git, "update-ref", "-d", &target]);
    desk.ok(&["pull", "--apply"]);
    assert_eq!(std::fs::read_to_string(desk.app.join("src/a.rs")).unwrap(), "changed\n");
    assert_eq!(other_desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(
        (laptop.states(), other_laptop.states()),
        (vec!["delivered".to_owned()], vec!["delivered".to_owned()])
    );
    assert!(shared.refs("mail.git").iter().all(|name| name.contains("/card/")));
}

#[test]
fn a_letter_through_a_mail_remote_may_be_encrypted() {
    let shared = Shared::new();
    let (laptop, desk) =
        (shared.joined("laptop", "ann", "origin.git"), shared.joined("desk", "ann", "origin.git"));
    desk.knows("@me", "laptop");
    laptop.knows("@me", "desk");
    std::fs::write(laptop.app.join("src/a.rs"), "changed\n").unwrap();
    laptop.push("Quoted fields", &["--encrypt"]);
    desk.ok(&["pull", "--apply"]);
    assert_eq!(std::fs::read_to_string(desk.app.join("src/a.rs")).unwrap(), "changed\n");
    assert_eq!(laptop.states(), ["delivered"]);
}

#[test]
fn when_the_repository_becomes_another_one_such_as_a_fork_nothing_goes_to_its_mail_remote() {
    let shared = Shared::new();
    let laptop = shared.joined("laptop", "ann", "origin.git");
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    laptop.world.git(&laptop.app, &["remote", "set-url", "origin", &named("other.git")]);
    let before = shared.net.server.connections();
    for args in [&["push"][..], &["mail"], &["pull"], &["sync"]] {
        let said = laptop.fails(args);
        assert!(said.contains("changed since you joined") && said.contains("handoff join --mail "), "{said}");
    }
    laptop.run(&["sync", "--background"]);
    assert_eq!((shared.net.server.connections(), laptop.unread().len()), (before, 1));
    // A clone of its own is joined to nothing: nothing that is in a repository names a mail remote.
    let said = laptop.fails(&["push"]);
    assert!(said.contains("changed since you joined"), "{said}");
    laptop.ok(&["join", "--private", "--mail", &shared.mail]);
    assert_eq!(laptop.ok(&["push", "--to", "bob@acme.io"]).split(' ').next(), Some("sent"));
}

#[test]
fn what_was_queued_for_one_remote_goes_to_the_one_that_is_joined_later() {
    let shared = Shared::new();
    let code = &shared.net;
    let laptop = shared.machine("laptop", "ann", "origin.git");
    laptop.ok(&["join", "--private"]);
    let desk = shared.joined("desk", "ann", "origin.git");
    code.server.set(crate::server::Mode::Down);
    laptop.push("Quoted fields", &[]);
    code.server.set(crate::server::Mode::Up);
    laptop.ok(&["join", "--private", "--mail", &shared.mail]);
    desk.knows("@me", "laptop");
    assert_eq!(shared.refs("origin.git").iter().filter(|name| !name.contains("/card/")).count(), 0);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
}

#[test]
fn a_mail_remote_that_answers_strangers_is_asked_as_any_other_and_a_repository_without_a_name_has_none() {
    let shared = Shared::new();
    let (_scratch, root) = web::repositories();
    let server = web::Server::start(&root, None);
    let public = root.join("public.git");
    let laptop = shared.machine("laptop", "ann", "origin.git");
    laptop.world.git(&public, &["config", "http.receivepack", "true"]);
    let said = laptop.ok(&["join", "--mail", &server.url("public.git")]);
    assert!(said.contains("/public.git answers to strangers; so letters go there encrypted"), "{said}");
    laptop.world.write(&laptop.app, &["--name", "Quoted fields"], BODY);
    assert!(laptop.fails(&["push"]).contains("no other machine of yours is known"));
    let path = shared.net.origin.to_str().unwrap();
    let nameless = Machine::new("desk", "ann", &shared.net.origin, path);
    let said = nameless.fails(&["join", "--mail", &shared.mail]);
    assert!(said.contains("has no URL with a host"), "{said}");
    assert_eq!(
        names(&nameless.world.home().join(".local/state/agent-handoff/mailrooms")),
        Vec::<String>::new()
    );
}

impl Machine {
    /// Takes letters of another by its key alone.
    fn knows_key_of(&self, other: &Self) {
        let key = other.ok(&["people"]).lines().nth(1).unwrap().trim().to_owned();
        let file = self.world.path("other.keys");
        std::fs::write(&file, key).unwrap();
        self.ok(&["people", "add", "@me", "--key", file.to_str().unwrap()]);
    }
}
