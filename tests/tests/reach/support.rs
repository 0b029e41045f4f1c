//! Two machines with clones of one repository.

use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub(crate) use tests::names;
use tests::{Checkout, World};

/// A handoff that names the machine it was written on.
pub(crate) const BODY: &str = "## Immediate next action\nRun `make test-quoted`.\n\n## What NOT to do on resume\n- Do not touch the lexer.\n";

/// A machine with a clone.
pub(crate) struct Machine(Checkout);

/// Two of them, and the repository that both cloned.
pub(crate) struct Pair {
    pub(crate) laptop: Machine,
    pub(crate) desk: Machine,
}

impl Deref for Machine {
    type Target = Checkout;

    fn deref(&self) -> &Checkout {
        &self.0
    }
}

impl Machine {
    /// A machine of this name whose user has this mail address, with a clone of `origin`.
    pub(crate) fn new(name: &str, user: &str, origin: &Path) -> Self {
        Self(Checkout::new(name, &capitalised(user), user, origin))
    }

    /// The same, which must fail with exit code 1 and leave neither handoff nor work; what it says.
    #[track_caller]
    pub(crate) fn refuses(&self, args: &[&str]) -> String {
        let before = (self.unread(), self.bundles());
        let ran = self.run(args);
        assert_eq!((ran.code, ran.out()), (1, ""), "{args:?}: {}", ran.err());
        assert_eq!((self.unread(), self.bundles()), before, "{args:?}: {}", ran.err());
        ran.err().to_owned()
    }

    /// Leaves a handoff here.
    #[track_caller]
    pub(crate) fn leave(&self, body: &str) -> PathBuf {
        self.world.write(&self.app, &["--name", "Quoted fields"], body)
    }

    /// Leaves a handoff here and makes a letter of it.
    #[track_caller]
    pub(crate) fn letter(&self, name: &str) -> PathBuf {
        self.leave(BODY);
        self.export(name, &[])
    }

    /// Makes a letter of the newest handoff here.
    #[track_caller]
    pub(crate) fn export(&self, name: &str, more: &[&str]) -> PathBuf {
        let path = self.world.path(name);
        self.ok(&[&["export", path.to_str().unwrap()], more].concat());
        path
    }

    /// Takes a letter in.
    #[track_caller]
    pub(crate) fn import(&self, letter: &Path, more: &[&str]) -> String {
        self.ok(&[&["import", letter.to_str().unwrap()], more].concat())
    }

    /// Takes letters of the machine that signed `letter` as those of `name`.
    #[track_caller]
    pub(crate) fn add(&self, name: &str, letter: &Path, more: &[&str]) {
        self.ok(&[&["people", "add", name, "--yes", "--from", letter.to_str().unwrap()], more].concat());
    }

    /// What waits here.
    pub(crate) fn unread(&self) -> Vec<String> {
        self.world.names(&self.app, "unread")
    }

    /// The only handoff that waits here.
    #[track_caller]
    pub(crate) fn only(&self) -> String {
        let names = self.unread();
        assert_eq!(names.len(), 1, "{names:?}");
        std::fs::read_to_string(self.world.inbox(&self.app).join("unread").join(&names[0])).unwrap()
    }

    /// The names in `.handover/bundles`, hidden ones included, sorted.
    pub(crate) fn bundles(&self) -> Vec<String> {
        names(&self.app.join(".handover/bundles"))
    }

    /// Runs git in the clone.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.world.git(&self.app, args)
    }

    /// Runs what a message says in a shell there, with these programs first on its PATH; what it prints.
    #[track_caller]
    pub(crate) fn shell(&self, commands: &str) -> String {
        let shell = self.world.command("handoff", &self.app);
        let program = PathBuf::from(shell.get_program());
        let path = std::env::var("PATH").unwrap();
        let mut command = std::process::Command::new("/bin/sh");
        command.env_clear().envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
        let ran = command.current_dir(&self.app).args(["-ec", commands]).output().unwrap();
        let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
        assert!(ran.status.success(), "{commands}: {said}");
        said
    }

    /// Writes a file of the clone.
    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.app.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Everything that git sees of the clone: HEAD, the branch, what is staged, and each file's bytes and mode.
    pub(crate) fn tree(&self) -> String {
        let head = self.git(&["rev-parse", "HEAD"]);
        let branch = self.git(&["branch", "--show-current"]);
        let status = self.git(&["status", "--porcelain", "--untracked-files=all"]);
        let staged = self.git(&["ls-files", "--stage"]);
        let mut text = format!("{head} {branch}\n{status}\n{staged}\n");
        walk(&self.app, &self.app, &mut text);
        text
    }
}

fn walk(top: &Path, dir: &Path, text: &mut String) {
    for name in names(dir).into_iter().filter(|name| name != ".git" && name != ".handover") {
        let path = dir.join(&name);
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            walk(top, &path, text);
            continue;
        }
        let content = match path.read_link() {
            Ok(target) => format!("-> {}", target.display()),
            Err(_) => blake3::hash(&std::fs::read(&path).unwrap()).to_string(),
        };
        let mode = metadata.permissions().mode() & 0o111;
        text.push_str(&format!("{} {mode:o} {content}\n", path.strip_prefix(top).unwrap().display()));
    }
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

impl Pair {
    /// Two machines of one person that do not know each other.
    pub(crate) fn strangers() -> Self {
        Self::of("ann", "ann")
    }

    /// The same, of two people.
    pub(crate) fn of(one: &str, other: &str) -> Self {
        let world = World::new();
        let repo = world.repo("first");
        let bare = world.path("origin.git");
        world.git(
            world.top(),
            &["clone", "--quiet", "--bare", repo.to_str().unwrap(), bare.to_str().unwrap()],
        );
        let pair =
            Self { laptop: Machine::new("laptop", one, &bare), desk: Machine::new("desk", other, &bare) };
        // Each clone has all that it needs.
        drop(world);
        pair
    }

    /// Two machines of one person, of which the desk takes the laptop's letters.
    pub(crate) fn new() -> Self {
        let pair = Self::strangers();
        pair.introduce("@me", &[]);
        pair
    }

    /// Has the desk take the laptop's letters as those of `name`.
    pub(crate) fn introduce(&self, name: &str, more: &[&str]) {
        let key = self.laptop.ok(&["people"]);
        let key = key.lines().nth(1).unwrap().trim().to_owned();
        let file = self.desk.world.path("laptop.pub");
        std::fs::write(&file, format!("{key}\n")).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let add = ["people", "add", name, "--machine", "laptop", "--mail", "ann@acme.io", "--key", &file];
        self.desk.ok(&[&add, more].concat());
    }
}
