//! A real gitolite behind a real sshd: who may write which refs is decided by its rules, and refused in its words.

use std::path::PathBuf;

use tests::{World, can, has};

use crate::sshd::Sshd;
use crate::support::Machine;

/// Ann may write everything, Dan may rewind and remove nothing, Bob may write branches and tags, and Eve may read.
const RULES: &str = "repo app
    RW+ = ann
    RW = dan
    RW+ refs/heads/ = bob
    RW+ refs/tags/ = bob
    R = eve
";

struct Gitolite {
    world: World,
    sshd: Sshd,
    /// The bare repository.
    origin: PathBuf,
}

impl Gitolite {
    fn new() -> Option<Self> {
        if !can("run gitolite", has("gitolite")) {
            return None;
        }
        let world = World::new();
        let own = world.home().join(".gitolite");
        let sshd = Sshd::new(&world.dir("srv"), &world.path("authorized"), "")?;
        let gitolite = Self { origin: world.home().join("repositories/app.git"), world, sshd };
        let Self { world, sshd, origin } = &gitolite;
        for user in ["ann", "dan", "bob", "eve"] {
            sshd.key(user);
            sshd.config(user, "");
        }
        gitolite.setup(&["-a", "admin"]);
        std::fs::write(own.join("conf/gitolite.conf"), RULES).unwrap();
        let keys = own.join("keydir");
        std::fs::create_dir_all(&keys).unwrap();
        for user in ["ann", "dan", "bob", "eve"] {
            std::fs::copy(sshd.at(&format!("{user}.pub")), keys.join(format!("{user}.pub"))).unwrap();
        }
        gitolite.setup(&[]);
        // Its home is not that of the user whose shell sshd starts.
        let authorized = std::fs::read_to_string(world.home().join(".ssh/authorized_keys")).unwrap();
        let path = std::env::var("PATH").unwrap();
        let env = format!("command=\"HOME='{}' PATH='{path}' ", world.home().display());
        std::fs::write(world.path("authorized"), authorized.replace("command=\"", &env)).unwrap();
        let first = world.repo("first");
        world.git(origin, &["fetch", "--quiet", first.to_str().unwrap(), "main:main"]);
        world.git(origin, &["symbolic-ref", "HEAD", "refs/heads/main"]);
        Some(gitolite)
    }

    #[track_caller]
    fn setup(&self, args: &[&str]) {
        let mut setup = self.world.bare_command("gitolite");
        let ended = setup.env("USER", "git").current_dir(self.world.top()).arg("setup").args(args).output();
        let ended = ended.unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    fn machine(&self, name: &str, user: &str) -> Machine {
        let mut machine = Machine::new(name, user, &self.origin, "hub:app");
        self.sshd.give(&mut machine, user);
        machine
    }

    /// The refs of letters and their work.
    fn refs(&self) -> usize {
        let listed = self.world.git(&self.origin, &["for-each-ref", "--format=%(refname)", "refs/handoffs/"]);
        listed.lines().filter(|name| !name.contains("/card/")).count()
    }
}

#[test]
fn gitolite_takes_letters_of_those_who_may_write_and_its_words_are_told_to_all_others() {
    let Some(gitolite) = Gitolite::new() else { return };
    let join = ["join", "--private"];
    let (bob, eve) = (gitolite.machine("bob-pc", "bob"), gitolite.machine("eve-pc", "eve"));
    let said = bob.fails(&join);
    let words =
        "origin does not take letters: [remote rejected] (hook declined): FATAL: W refs/handoffs/v1/card/";
    assert!(said.contains(words) && said.contains("app bob DENIED by fallthru"), "{said}");
    let said = eve.fails(&join);
    assert!(said.contains("W any app eve DENIED by fallthru"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for other in [&bob, &eve] {
        assert!(other.fails(&["push"]).contains("no mailroom yet"));
    }
    // Of two who may write, one may also remove.
    let (ann, dan) = (gitolite.machine("ann-pc", "ann"), gitolite.machine("dan-pc", "dan"));
    ann.ok(&join);
    dan.ok(&join);
    ann.knows("dan", "dan-pc");
    dan.knows("ann", "ann-pc");
    for (from, to, left) in [(&ann, "dan", 0), (&dan, "ann", 2)] {
        std::fs::write(from.app.join("src/a.rs"), format!("for {to}\n")).unwrap();
        from.push("Quoted fields", &["--to", to]);
        let other = if to == "dan" { &dan } else { &ann };
        assert_eq!(other.json(&["pull"])["taken"].as_array().unwrap().len(), 1);
        assert_eq!((from.states(), gitolite.refs()), (vec!["delivered".to_owned()], left));
    }
}
