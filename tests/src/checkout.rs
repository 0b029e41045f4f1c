//! A machine with a clone, for tests of what goes from one machine to another.

use std::path::{Path, PathBuf};

use crate::{Ran, World};

/// A machine, with a HOME and a name of its own, and a clone of a repository.
#[derive(Debug)]
pub struct Checkout {
    /// Its HOME and all else of it.
    pub world: World,
    /// The clone.
    pub app: PathBuf,
}

impl Checkout {
    /// On a machine called `machine`, whose user is called `user` and has the mail address `<mail>@acme.io`; a clone of `origin`.
    #[track_caller]
    pub fn new(machine: &str, user: &str, mail: &str, origin: &Path) -> Self {
        let world = World::new();
        let config = format!("[user]\n\tname = {user}\n\temail = {mail}@acme.io\n[safe]\n\tdirectory = *\n");
        std::fs::write(world.home().join(".gitconfig"), config).unwrap();
        let app = world.path("src/app");
        world.git(world.top(), &["clone", "--quiet", origin.to_str().unwrap(), app.to_str().unwrap()]);
        let checkout = Self { world, app };
        checkout.ok(&["people", "--machine", machine]);
        checkout
    }

    /// Runs `handoff` in the clone.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.world.run("handoff", &self.app, args, "")
    }

    /// The same, which must succeed; what it prints.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out(), ran.err());
        ran.out().to_owned()
    }
}

/// The names in a directory, sorted; none where there is no such directory.
pub fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
