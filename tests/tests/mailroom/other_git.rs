//! Other versions of git, other formats of repositories, other protocols. All tests of letters run with the git that is first on
//! PATH, as client and server: `PATH=/opt/git/bin:$PATH cargo test -p tests --test mailroom`.

use std::path::Path;

use tests::can;

use crate::races::{end, spawn};
use crate::server::Mode;
use crate::support::{Machine, Net};

/// A letter with work goes from `from` to `to`, another one is given back, taken and answered, and nothing is left at the remote.
fn all_ways(net: &Net, from: &Machine, to: &Machine) {
    let before = to.unread().len();
    std::fs::write(from.app.join("src/a.rs"), "changed\n").unwrap();
    let id = from.push("Quoted fields", &[]);
    from.world.git(&from.app, &["checkout", "--quiet", "."]);
    assert_eq!(to.json(&["pull"])["taken"][0]["letter"], id.as_str());
    to.ok(&["give-back", &id]);
    assert_eq!((to.unread().len() - before, from.states()), (0, vec!["waiting".to_owned()]));
    to.ok(&["pull", "--apply"]);
    assert_eq!(std::fs::read_to_string(to.app.join("src/a.rs")).unwrap(), "changed\n");
    assert_eq!(from.states(), ["delivered"]);
    from.a_day_later();
    let id = from.push("Taken back", &[]);
    from.ok(&["recall", &id]);
    from.ok(&["sync"]);
    assert_eq!((to.waiting(), net.refs()), (0, Vec::new()));
    to.world.git(&to.app, &["checkout", "--quiet", "."]);
}

/// Where Debian's git is, if another one is first on PATH.
fn debians() -> Option<&'static Path> {
    let dir = Path::new("/usr/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = std::env::split_paths(&path).find(|dir| dir.join("git").is_file())?;
    let is_another = first.canonicalize().ok()? != dir.canonicalize().ok()?;
    (is_another && dir.join("git").is_file()).then_some(dir)
}

#[test]
fn letters_go_both_ways_between_two_versions_of_git() {
    let Some(other) = debians() else { return };
    let net = Net::new();
    let mut laptop = net.machine("laptop", "ann");
    laptop.world.put_first(other);
    laptop.ok(&["join", "--private"]);
    let desk = net.joined("desk", "ann");
    desk.knows("@me", "laptop");
    laptop.knows("@me", "desk");
    all_ways(&net, &laptop, &desk);
    all_ways(&net, &desk, &laptop);
}

/// Has the clone be one whose references lie in a reftable.
fn with_reftable(net: &Net, name: &str) -> Machine {
    let machine = net.machine(name, "ann");
    std::fs::remove_dir_all(&machine.app).unwrap();
    let clone = ["clone", "--quiet", "--ref-format=reftable", &net.url(), machine.app.to_str().unwrap()];
    machine.world.git(machine.world.top(), &clone);
    machine.ok(&["join", "--private"]);
    machine
}

#[test]
fn letters_go_through_reftables_and_of_those_who_pull_at_once_one_has_it() {
    let world = tests::World::new();
    let mut init = world.bare_command("git");
    init.args(["init", "--quiet", "--ref-format=reftable"]).arg(world.path("tried"));
    if !can("git init --ref-format=reftable", init.output().unwrap().status.success()) {
        return;
    }
    let net = Net::with(&["--ref-format=reftable"]);
    let machines = ["laptop", "desk", "tower", "den"].map(|name| with_reftable(&net, name));
    let [laptop, others @ ..] = &machines;
    for other in others {
        other.knows("@me", "laptop");
    }
    laptop.world.git(&laptop.app, &["switch", "--quiet", "--create", "fix/q"]);
    all_ways(&net, laptop, &others[0]);
    laptop.push("For the branch", &["--to", "branch:fix/x"]);
    let pulls = |others: &[Machine]| {
        let pulls: Vec<_> = others.iter().map(|other| spawn(other, &["pull"])).collect();
        let said: Vec<_> = pulls.into_iter().map(end).collect();
        let taken = said.iter().filter(|ran| ran.out().contains("yours alone now")).count();
        let told: Vec<_> =
            said.iter().map(|ran| format!("{} {}{}", ran.code, ran.out(), ran.err())).collect();
        (taken, told)
    };
    assert_eq!(pulls(others).0, 0, "none has the branch");
    for other in others {
        other.world.git(&other.app, &["switch", "--quiet", "--create", "fix/x"]);
    }
    let (taken, told) = pulls(others);
    assert_eq!(taken, 1, "{told:?}");
    assert!(laptop.states().iter().any(|state| state == "delivered"));
    assert_eq!(net.refs(), Vec::<String>::new());
}

#[test]
fn letters_go_through_a_server_that_speaks_the_first_protocol_alone() {
    let net = Net::new();
    net.server.set(Mode::First);
    let (laptop, desk) = net.pair();
    all_ways(&net, &laptop, &desk);
    // What was broken there is left alone in this protocol too.
    laptop.push("Quoted fields", &[]);
    let mailbox = net.letter().rsplit_once('/').unwrap().0.to_owned();
    net.git(&["update-ref", &format!("{mailbox}/0193f0000000123456789ab"), "main"]);
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
    assert_eq!(laptop.states()[0], "delivered");
}

#[test]
fn a_git_that_is_too_old_is_named_and_nothing_is_joined() {
    let net = Net::new();
    let mut laptop = net.machine("laptop", "ann");
    let old = "#!/bin/sh\nPATH=${PATH#*:}\n[ \"$1\" != --version ] || exec echo git version 2.30.2\nexec git \"$@\"\n";
    laptop.world.wrap("git", old);
    let before = net.server.connections();
    let said = laptop.fails(&["join", "--private"]);
    assert!(said.contains("git 2.30.2 is too old for letters through a remote: they need 2.31"), "{said}");
    assert_eq!((said.lines().count(), net.server.connections()), (1, before), "{said}");
}
