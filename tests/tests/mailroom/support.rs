//! Machines with clones of one repository, which a server of the test serves.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use serde_json::Value;
pub(crate) use tests::names;
use tests::{Checkout, World};

use crate::server::{Server, root};

/// What a handoff says.
pub(crate) const BODY: &str = "## Immediate next action\nRun `make test-quoted`.\n\n## What NOT to do on resume\n- Do not touch the lexer.\n";

/// A remote with a server.
pub(crate) struct Net {
    world: World,
    /// The bare repository.
    pub(crate) origin: PathBuf,
    pub(crate) server: Server,
}

/// A machine with a clone that reaches the repository by the server.
pub(crate) struct Machine(Checkout);

impl Deref for Machine {
    type Target = Checkout;

    fn deref(&self) -> &Checkout {
        &self.0
    }
}

impl DerefMut for Machine {
    fn deref_mut(&mut self) -> &mut Checkout {
        &mut self.0
    }
}

impl Net {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same, with the repository cloned with these options.
    pub(crate) fn with(options: &[&str]) -> Self {
        let world = World::new();
        let repository = world.repo("first");
        let root = root(&world, &repository, options);
        let origin = root.join("origin.git");
        let server = Server::start(&root);
        Self { world, origin, server }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("origin.git")
    }

    /// A machine of this name whose user has this name, with a clone by the server.
    pub(crate) fn machine(&self, name: &str, user: &str) -> Machine {
        Machine::new(name, user, &self.origin, &self.url())
    }

    /// The same, joined.
    pub(crate) fn joined(&self, name: &str, user: &str) -> Machine {
        let machine = self.machine(name, user);
        machine.ok(&["join", "--private"]);
        machine
    }

    /// Laptop and desk of one person, each of which takes the other's letters.
    pub(crate) fn pair(&self) -> (Machine, Machine) {
        let (laptop, desk) = (self.joined("laptop", "ann"), self.joined("desk", "ann"));
        desk.knows("@me", "laptop");
        laptop.knows("@me", "desk");
        (laptop, desk)
    }

    /// Runs git in the bare repository.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.world.git(&self.origin, args)
    }

    /// The refs of ours at the remote, but the cards.
    #[track_caller]
    pub(crate) fn refs(&self) -> Vec<String> {
        let listed = self.git(&["for-each-ref", "--format=%(refname)", "refs/handoffs/"]);
        listed.lines().filter(|name| !name.contains("/card/")).map(str::to_owned).collect()
    }

    /// The ref of the only letter at the remote.
    #[track_caller]
    pub(crate) fn letter(&self) -> String {
        let refs: Vec<_> = self.refs().into_iter().filter(|name| !name.contains("/parcel/")).collect();
        assert_eq!(refs.len(), 1, "{refs:?}");
        refs.into_iter().next().unwrap()
    }

    /// Has the remote run `script` as this hook.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.origin.join("hooks").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

impl Machine {
    pub(crate) fn new(name: &str, user: &str, origin: &Path, url: &str) -> Self {
        let machine = Self(Checkout::new(name, user, user, origin));
        machine.world.git(&machine.app, &["remote", "set-url", "origin", url]);
        machine
    }

    /// Takes letters of the machine that left a card under this name.
    #[track_caller]
    pub(crate) fn knows(&self, person: &str, machine: &str) {
        self.ok(&["people", "add", person, "--yes", "--card", machine]);
    }

    /// The same, which must fail; what it says.
    #[track_caller]
    pub(crate) fn fails(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out(), ran.err());
        format!("{}{}", ran.out(), ran.err())
    }

    /// Runs a verb with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat());
        serde_json::from_str(ran.out()).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out(), ran.err()))
    }

    /// Leaves a handoff here and pushes it; the letter's name.
    #[track_caller]
    pub(crate) fn push(&self, title: &str, more: &[&str]) -> String {
        self.world.write(&self.app, &["--name", title], BODY);
        let pushed = self.json(&[&["push"], more].concat());
        pushed["letter"].as_str().unwrap().to_owned()
    }

    /// What became of each letter that this machine sent, by `mail`.
    #[track_caller]
    pub(crate) fn states(&self) -> Vec<String> {
        let mail = self.json(&["mail"]);
        let sent = mail["sent"].as_array().unwrap();
        sent.iter().map(|letter| letter["state"].as_str().unwrap().to_owned()).collect()
    }

    /// How many letters wait for this user at the remote.
    #[track_caller]
    pub(crate) fn waiting(&self) -> usize {
        self.json(&["mail"])["waiting"].as_array().unwrap().len()
    }

    /// The handoffs that wait here.
    pub(crate) fn unread(&self) -> Vec<String> {
        let names = self.world.names(&self.app, "unread");
        names.into_iter().filter(|name| !name.starts_with('.')).collect()
    }

    /// What the mailroom keeps in `out`, `journal` or `sent`.
    pub(crate) fn records(&self, kind: &str) -> Vec<String> {
        let rooms = names(&self.world.root().join(".mail"));
        rooms.iter().flat_map(|room| names(&self.world.root().join(".mail").join(room).join(kind))).collect()
    }

    /// Has what this machine wrote down about its settled letters be of the day before.
    pub(crate) fn a_day_later(&self) {
        let root = self.world.root().join(".mail");
        for room in names(&root) {
            let sent = root.join(room).join("sent");
            for name in names(&sent).into_iter().filter(|name| name.ends_with(".json")) {
                let path = sent.join(name);
                let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                record["at"] = (record["at"].as_i64().unwrap() - 90_000).into();
                std::fs::write(&path, record.to_string()).unwrap();
            }
        }
    }

    /// The notice that the last look left.
    pub(crate) fn notice(&self) -> String {
        std::fs::read_to_string(self.world.inbox(&self.app).join("unread/.mail")).unwrap_or_default()
    }
}
