//! A user's machine: a HOME, programs that lie ready to be installed, and what is compared before and after.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use handoff_agents::Wirable;
use serde_json::Value;
use tests::{PROGRAMS, Ran, World, feed, program, take};

/// The programs without what is only there for debuggers, which is most of their bytes; made once.
fn stripped() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("installer-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        for name in PROGRAMS.into_iter().chain(Some(ALONE)) {
            let (from, to) = (program(name), dir.join(name));
            let strip = Command::new("strip").arg("-o").arg(&to).arg(&from).status();
            if from.is_file() && !strip.is_ok_and(|status| status.success()) {
                take(&from, &to);
            }
        }
        // Those of earlier runs, whose processes are gone.
        for entry in std::fs::read_dir(env!("CARGO_TARGET_TMPDIR")).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let pid = name.strip_prefix("installer-").map(|pid| Path::new("/proc").join(pid));
            if pid.is_some_and(|pid| !pid.exists()) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        dir
    })
}

/// The installer as a program of its own, half as large as `handover`; there is none among released programs.
const ALONE: &str = "installer";

/// What stands in for the programs of the proof where only the installer's own steps matter: they pass a handoff on as far
/// as the proof looks.
const STAND_INS: [(&str, &str); 4] = [
    (
        "handoff-write",
        "#!/bin/sh\n[ \"$1\" = --version ] && exit\ncat >/dev/null\nmkdir -p \"$HOME/read\"\n: >\"$HOME/new\"\necho 'sentinel: 1234'\n",
    ),
    (
        "session-start",
        "#!/bin/sh\n[ \"$1\" = --version ] && exit\n[ -f \"$HOME/new\" ] || exit 0\nmv \"$HOME/new\" \"$HOME/read/\"\necho '1234 Nothing: this handoff proves the installation.'\n",
    ),
    ("inbox", "#!/bin/sh\n[ \"$1\" = --version ] && exit\necho '[{\"acknowledged\":true}]'\n"),
    ("handoff-mcp", "#!/bin/sh\n[ \"$1\" = --version ] && exit\n:\n"),
];

/// The one of them that is installed only where it is there.
pub(crate) const STAND_IN_SERVER: &str = "handoff-mcp";

/// A machine of one user.
pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) home: PathBuf,
    pub(crate) dist: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Machine {
    /// With Claude Code and Codex.
    pub(crate) fn new() -> Self {
        Self::empty().with_agents()
    }

    /// With neither.
    pub(crate) fn empty() -> Self {
        let world = World::new();
        let (home, dist) = (world.path("home"), world.dir("dist"));
        std::fs::create_dir_all(home.join(".local/state")).unwrap();
        for name in PROGRAMS {
            take(&stripped().join(name), &dist.join(name));
        }
        Self { world, home, dist, environment: Vec::new() }
    }

    /// With both, and programs that cost next to nothing.
    pub(crate) fn small() -> Self {
        let machine = Self::new();
        machine.stand_ins("");
        machine
    }

    /// Puts the stand-ins into the dist, as the version `comment`.
    pub(crate) fn stand_ins(&self, comment: &str) {
        for (name, script) in STAND_INS {
            replace(&self.dist.join(name), &format!("{script}# {comment}\n"));
        }
        // The programs that are run here are not written here: see `take`.
        for name in ["handoff", "handover"].into_iter().filter(|_| stripped().join(ALONE).is_file()) {
            std::fs::remove_file(self.dist.join(name)).unwrap();
            take(&stripped().join(ALONE), &self.dist.join(name));
        }
    }

    /// With another HOME, `name` in the world's directory.
    pub(crate) fn with_home(mut self, name: &str) -> Self {
        self.home = self.world.dir(name);
        self
    }

    pub(crate) fn with_agents(self) -> Self {
        for agent in [".claude", ".codex"] {
            std::fs::create_dir(self.home.join(agent)).unwrap();
        }
        self
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Without a variable that was set.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// A path in HOME.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.home.join(name)
    }

    /// Writes a file in HOME, its directories made.
    pub(crate) fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn text(&self, name: impl AsRef<Path>) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A link in HOME.
    pub(crate) fn link(&self, name: impl AsRef<Path>, target: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, &path).unwrap();
        path
    }

    /// A program with this user's environment, in HOME.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Command {
        let mut command = self.world.bare_command(program);
        command.env("HOME", &self.home).env("PATH", path_without_agents()).args(args);
        command.env("TMPDIR", self.world.dir("tmp"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.home);
        command
    }

    /// The installer of the dist.
    pub(crate) fn installer(&self, args: &[&str]) -> Command {
        self.command(self.dist.join("handoff"), args)
    }

    /// The program that names itself in messages of the installer: the front door runs `handover`, but for a stand-in.
    pub(crate) fn itself(&self) -> PathBuf {
        self.dist.join(if stripped().join(ALONE).is_file() { "handoff" } else { "handover" })
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        feed(self.installer(args), b"")
    }

    /// Runs the installer of the dist, which must succeed; gives what it printed.
    #[track_caller]
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!((ran.code, ran.err()), (0, ""), "{args:?}: {}", ran.out());
        ran.out().to_owned()
    }

    #[track_caller]
    pub(crate) fn install(&self) -> String {
        self.done(&["install"])
    }

    #[track_caller]
    pub(crate) fn uninstall(&self) -> String {
        self.done(&["uninstall"])
    }

    /// Runs the installer, which must refuse with `problem` in its words and leave HOME as it is.
    #[track_caller]
    pub(crate) fn refuses(&self, args: &[&str], problem: &str) {
        let before = Tree::of(&self.home);
        let ran = self.run(args);
        assert_eq!((ran.code, ran.out()), (1, ""), "{args:?}: {}", ran.err());
        assert!(ran.err().contains(problem), "{args:?}: {problem:?} is not in: {}", ran.err());
        before.is(&Tree::of(&self.home));
    }

    /// A line of a shell, as a user pastes it.
    pub(crate) fn shell(&self, line: &str) -> Ran {
        feed(self.command("sh", &["-c", line]), b"")
    }

    /// The one object that `args` print.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str], code: i32) -> Value {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.err());
        let value: Value =
            serde_json::from_slice(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out()));
        assert!(value.is_object());
        value
    }

    /// The installed program `name`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.path(".agent-handoff/bin").join(name)
    }

    pub(crate) fn tree(&self) -> Tree {
        let tree = Tree::of(&self.home).without(STATE);
        tree.without_empty(".local/state").without_empty(".local")
    }

    pub(crate) fn manifest(&self) -> Value {
        serde_json::from_str(&self.text(".agent-handoff/manifest.json")).unwrap()
    }
}

/// That no agent is here, with all that can be wired, as a sentence of the installer begins.
pub(crate) fn none_was_found() -> String {
    let names: Vec<&str> = Wirable::all().map(|host| host.row().name).collect();
    let (last, others) = names.split_last().unwrap();
    format!("none of {} and {last} was found", others.join(", "))
}

/// The machine's own PATH without the directories that an agent's program is in.
fn path_without_agents() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_agent = |dir: &PathBuf| {
        Wirable::all().flat_map(|host| host.signs.programs).any(|program| dir.join(program).exists())
    };
    let dirs = std::env::split_paths(&path).filter(|dir| !has_agent(dir));
    std::env::join_paths(dirs).unwrap()
}

/// Puts a program in the place of what may be a link to another's bytes.
pub(crate) fn replace(path: &Path, script: &str) {
    let _ = std::fs::remove_file(path);
    std::fs::write(path, script).unwrap();
    mode(path, 0o755);
}

pub(crate) fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Notes something of a file, as users and their programs do, where its file system can.
pub(crate) fn note(path: &Path, value: &[u8]) {
    let _ = rustix::fs::setxattr(path, "user.note", value, rustix::fs::XattrFlags::empty());
}

/// The extended attributes of a file, its access control list among them.
fn attributes(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut buffer = [0; 1 << 16];
    let length = rustix::fs::listxattr(path, &mut buffer[..]).unwrap_or(0);
    let names: Vec<_> = buffer[..length].split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    let value = |name: Vec<u8>| {
        let mut buffer = [0; 1 << 16];
        let length = rustix::fs::getxattr(path, &name, &mut buffer[..]).ok()?;
        Some((name, buffer[..length].to_vec()))
    };
    names.into_iter().filter(|name| !name.is_empty()).filter_map(value).collect()
}

/// Whether two paths are names of one file.
pub(crate) fn is_one_file(one: &Path, two: &Path) -> bool {
    let [one, two] = [one, two].map(|path| std::fs::metadata(path).unwrap());
    (one.dev(), one.ino()) == (two.dev(), two.ino())
}

/// What stands at a path.
#[derive(Clone, PartialEq, Eq)]
enum Node {
    Directory(u32),
    File(u32, Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>),
    Link(PathBuf),
    Other,
}

/// Everything below a directory: names, kinds, modes, bytes, extended attributes, links; and with it, when it was changed last.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<PathBuf, (Node, Option<SystemTime>)>);

impl Tree {
    pub(crate) fn of(dir: &Path) -> Self {
        let mut tree = Self(BTreeMap::new());
        tree.walk(dir, Path::new(""), false);
        tree
    }

    pub(crate) fn with_times(dir: &Path) -> Self {
        let mut tree = Self(BTreeMap::new());
        tree.walk(dir, Path::new(""), true);
        tree
    }

    fn walk(&mut self, dir: &Path, below: &Path, times: bool) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let below = below.join(path.file_name().unwrap());
            let found = std::fs::symlink_metadata(&path).unwrap();
            let mode = found.mode() & 0o7777;
            let node = if found.is_dir() {
                self.walk(&path, &below, times);
                Node::Directory(mode)
            } else if found.is_symlink() {
                Node::Link(std::fs::read_link(&path).unwrap())
            } else if found.is_file() {
                Node::File(mode, std::fs::read(&path).unwrap(), attributes(&path))
            } else {
                Node::Other
            };
            self.0.insert(below, (node, times.then(|| found.modified().unwrap())));
        }
    }

    /// Without what is at or below `path`.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.0.retain(|other, _| !other.starts_with(path));
        self
    }

    /// Without the directory `path`, when nothing is below it.
    pub(crate) fn without_empty(self, path: &str) -> Self {
        let is_below = |other: &PathBuf| other.starts_with(path) && other != Path::new(path);
        if self.0.keys().any(is_below) { self } else { self.without(path) }
    }

    /// Only what is at or below one of `paths`.
    pub(crate) fn only(mut self, paths: &[&str]) -> Self {
        self.0.retain(|other, _| paths.iter().any(|path| other.starts_with(path)));
        self
    }

    /// The names, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(|path| path.to_str().unwrap()).collect()
    }

    /// Fails unless `other`, what is there now, is the same.
    #[track_caller]
    pub(crate) fn is(&self, other: &Self) {
        self.is_after("", other);
    }

    #[track_caller]
    pub(crate) fn is_after(&self, what: &str, other: &Self) {
        let mut differences = String::new();
        for path in self.0.keys().chain(other.0.keys()) {
            let (was, is) = (self.0.get(path), other.0.get(path));
            if was != is {
                let _ = writeln!(differences, "{}: {} is now {}", path.display(), shown(was), shown(is));
            }
        }
        assert!(differences.is_empty(), "{what}: HOME is another:\n{differences}");
    }
}

fn shown(node: Option<&(Node, Option<SystemTime>)>) -> String {
    match node {
        None => "nothing".to_owned(),
        Some((Node::Directory(mode), time)) => format!("a directory {mode:o} {time:?}"),
        Some((Node::File(mode, content, attributes), time)) if content.len() < 3000 => {
            let attributes = attributes.keys().map(|name| String::from_utf8_lossy(name)).collect::<Vec<_>>();
            format!("{mode:o} {attributes:?} {time:?} {:?}", String::from_utf8_lossy(content))
        }
        Some((Node::File(mode, content, _), time)) => format!("{mode:o} {time:?}, {} bytes", content.len()),
        Some((Node::Link(target), _)) => format!("a link to {}", target.display()),
        Some((Node::Other, _)) => "something else".to_owned(),
    }
}

/// The store, which stays.
pub(crate) const STORE: &str = ".agent-handoffs";

/// The user's state directory, which stays too: below `~/.local/state`.
pub(crate) const STATE: &str = ".local/state/agent-handoff";

/// Everything of HOME but the store and the state directory.
pub(crate) fn apart_from_store(machine: &Machine) -> Tree {
    machine.tree().without(STORE)
}

impl Tree {
    /// This one with what `other` has at or below `path`.
    pub(crate) fn with_only_of(mut self, other: &Self, path: &str) -> Self {
        self.0.extend(other.clone().only(&[path]).0);
        self
    }
}
