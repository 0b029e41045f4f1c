//! A machine on which agent-handoff is set up for the agents.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::session::UNATTENDED;
use super::{Host, Session};
use crate::{Ran, World, program};

/// How the agents come to call our programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// The test writes the agents' files; Codex is told to trust the hook.
    ByHand,
    /// `installer install` does, for each agent; with consent to the Codex hook.
    Installer,
}

/// A world with agent-handoff in it.
#[derive(Debug)]
pub struct Machine {
    /// Its HOME, store and repositories.
    pub world: World,
    wiring: Wiring,
    /// What its user's shell sets.
    environment: Vec<(String, OsString)>,
    /// Nobody asked Codex to trust hooks that a test wrote.
    bypass: AtomicBool,
}

impl Machine {
    /// A machine that is set up.
    #[track_caller]
    pub fn new(wiring: Wiring) -> Self {
        let machine = Self::bare(wiring);
        match wiring {
            Wiring::ByHand => Host::BOTH.into_iter().for_each(|host| machine.wire(host)),
            Wiring::Installer => {
                let ran = machine.install(&["install", "--codex-hook", "--trust-codex-hook"]);
                assert_eq!(ran.code, 0, "{ran:?}");
            }
        }
        machine
    }

    /// A machine with the programs in `dist/`, as a release unpacks, and nothing set up.
    #[track_caller]
    pub fn bare(wiring: Wiring) -> Self {
        Self::in_world(World::new(), wiring)
    }

    /// The same in `world`.
    #[track_caller]
    pub fn in_world(world: World, wiring: Wiring) -> Self {
        let dist = world.dir("dist");
        let mut names = vec!["session-start", "handoff-write", "inbox"];
        if wiring == Wiring::Installer {
            names.extend(["handoff", "handoff-mcp", "handover"]);
        }
        for name in names {
            crate::take(&stripped(name), &dist.join(name));
        }
        Self { world, wiring, environment: Vec::new(), bypass: AtomicBool::new(false) }
    }

    /// The same machine, whose user sets one more variable.
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Runs the installer from `dist/`, with the agents on its PATH.
    pub fn install(&self, args: &[&str]) -> Ran {
        let mut command = self.user(self.world.path("dist/handoff"));
        command.current_dir(self.world.path("dist")).args(args);
        Ran::of(command.output().unwrap())
    }

    /// Runs a command line as the user does.
    pub fn shell(&self, line: &str) -> Ran {
        Ran::of(self.user("sh").current_dir(self.world.top()).args(["-c", line]).output().unwrap())
    }

    /// Runs the program of `host` outside of a session. It reaches nothing beyond this machine.
    pub fn agent(&self, host: Host, args: &[&str]) -> Ran {
        let mut command = self.user(host.program());
        let nowhere = "http://127.0.0.1:9";
        command
            .env("HTTPS_PROXY", nowhere)
            .env("HTTP_PROXY", nowhere)
            .current_dir(self.world.top())
            .args(args);
        Ran::of(command.output().unwrap())
    }

    /// A command of the user's, who has the agents on PATH.
    pub(super) fn user(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.world.bare_command(program);
        let agents = Host::BOTH.into_iter().filter(|host| host.ready());
        let agents = agents.map(|host| host.program().parent().expect("it is in a directory").to_owned());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(agents.chain(std::env::split_paths(&path))).unwrap();
        command.env("PATH", path).env("TMPDIR", self.world.dir("tmp")).envs(self.environment.iter().cloned());
        command
    }

    /// What its user's shell sets.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }

    /// A program where the agents call it.
    pub fn bin(&self, name: &str) -> PathBuf {
        match self.wiring {
            Wiring::ByHand => self.world.path("dist").join(name),
            Wiring::Installer => self.world.home().join(".agent-handoff/bin").join(name),
        }
    }

    /// Has `host` run our hook.
    #[track_caller]
    pub fn wire(&self, host: Host) {
        self.wire_all(&[host]);
    }

    /// Has each of `hosts` run our hook.
    #[track_caller]
    pub fn wire_all(&self, hosts: &[Host]) {
        if self.wiring == Wiring::Installer {
            let ids: Vec<&str> = hosts.iter().map(|host| host.row().id).collect();
            let ids = ids.join(",");
            let trust: &[&str] =
                if hosts.contains(&Host::Codex) { &["--codex-hook", "--trust-codex-hook"] } else { &[] };
            let ran = self.install(&[&["install", "--only", ids.as_str()], trust].concat());
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        let program = self.bin("session-start");
        for &host in hosts {
            let noting = self.noting(host, &program);
            if self.wiring == Wiring::ByHand {
                self.bypass.fetch_or(host == Host::Codex, Ordering::Relaxed);
                self.wire_to(host, noting.as_ref().unwrap_or(&program));
            } else if let Some(noting) = noting {
                self.wire_to(host, &noting);
            }
        }
    }

    /// Has `host` run `program` as its hook.
    pub fn wire_to(&self, host: Host, program: &Path) {
        (host.about().wire)(&self.world, program);
    }

    /// Makes `hook` the only SessionStart hook of `host`, whatever the wiring.
    pub fn hook(&self, hook: Value, host: Host) {
        self.hooks(json!([hook]), host);
    }

    /// Makes `hooks` the only SessionStart hooks of `host`, Claude Code or Codex.
    pub fn hooks(&self, hooks: Value, host: Host) {
        self.bypass.fetch_or(host == Host::Codex, Ordering::Relaxed);
        let file = if host == Host::Claude { ".claude/settings.json" } else { ".codex/hooks.json" };
        let file = self.world.home().join(file);
        self.world.dir(file.parent().expect("it is in a directory"));
        let settings = json!({ "hooks": { "SessionStart": [{ "hooks": hooks }] } });
        std::fs::write(file, settings.to_string()).unwrap();
    }

    /// A session of `host` in `dir`. No person sits in front of it; it is to be given handoffs in full all the same.
    pub fn session(&self, host: Host, dir: impl AsRef<Path>) -> Session<'_> {
        let session = Session::new(&self.world, host, dir).env(UNATTENDED, "full");
        let session =
            self.environment.iter().fold(session, |session, (name, value)| session.env(name, value));
        let recording = self.recording(host);
        let bypass = ["--dangerously-bypass-hook-trust".to_owned()];
        let args = if recording.is_empty() && host == Host::Codex && self.bypass.load(Ordering::Relaxed) {
            &bypass[..]
        } else {
            &recording
        };
        session.args(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// A program without what is only there for debuggers, which is most of its bytes, where this machine has `strip`.
/// Installing writes, reads and hashes every byte.
fn stripped(name: &str) -> PathBuf {
    static STRIPPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let built = program(name);
    if std::env::var_os("HANDOFF_TESTS_PROGRAMS").is_some() {
        return built;
    }
    let dir = built.with_file_name("stripped");
    let to = dir.join(name);
    let mut done = STRIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if done.insert(name.to_owned()) {
        std::fs::create_dir_all(&dir).unwrap();
        // Other test processes do the same.
        let new = dir.join(format!(".{name}.{}", std::process::id()));
        let strip = Command::new("strip").arg("-o").arg(&new).arg(&built).stdin(Stdio::null()).output();
        if !strip.is_ok_and(|strip| strip.status.success()) {
            crate::take(&built, &new);
        }
        std::fs::rename(new, &to).unwrap();
    }
    to
}
