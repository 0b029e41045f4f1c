//! A machine on which agent-handoff is set up for both agents.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{Host, Session};
use crate::{Ran, World, program};

/// How the agents come to call our programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// The test writes the agents' files; Codex is told to trust the hook.
    ByHand,
    /// `installer install` does, with consent to the Codex hook.
    Installer,
}

/// A world with agent-handoff in it.
#[derive(Debug)]
pub struct Machine {
    /// Its HOME, store and repositories.
    pub world: World,
    wiring: Wiring,
    /// Nobody asked Codex to trust hooks that a test wrote.
    bypass: Cell<bool>,
}

impl Machine {
    /// A machine that is set up.
    #[track_caller]
    pub fn new(wiring: Wiring) -> Self {
        let machine = Self::bare(wiring);
        match wiring {
            Wiring::ByHand => {
                let command = machine.bin("session-start");
                machine.hook(
                    json!({ "type": "command", "command": command, "args": [], "timeout": 10 }),
                    Host::Claude,
                );
                machine.hook(json!({ "type": "command", "command": command, "timeout": 10 }), Host::Codex);
            }
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
        let world = World::new();
        let dist = world.dir("dist");
        let mut names = vec!["session-start", "handoff-write", "inbox"];
        if wiring == Wiring::Installer {
            names.extend(["handoff", "installer"]);
            build();
        }
        for name in names {
            let built = program(name);
            // A link is as good a file of its own, and takes no time.
            let copied = std::fs::hard_link(&built, dist.join(name))
                .or_else(|_| std::fs::copy(&built, dist.join(name)).map(drop));
            copied.unwrap_or_else(|error| panic!("{}: {error}", built.display()));
        }
        Self { world, wiring, bypass: Cell::new(false) }
    }

    /// Runs the installer from `dist/`, with the agents on its PATH.
    pub fn install(&self, args: &[&str]) -> Ran {
        let mut command = self.world.bare_command(self.world.path("dist/installer"));
        let agents = Host::ALL.map(|host| host.program().parent().expect("it is in a directory").to_owned());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(agents.into_iter().chain(std::env::split_paths(&path))).unwrap();
        command.env("PATH", path).env("TMPDIR", self.world.dir("tmp"));
        command.current_dir(self.world.path("dist")).args(args);
        Ran::of(command.output().unwrap())
    }

    /// A program where the agents call it.
    pub fn bin(&self, name: &str) -> PathBuf {
        match self.wiring {
            Wiring::ByHand => self.world.path("dist").join(name),
            Wiring::Installer => self.world.path("home/.agent-handoff/bin").join(name),
        }
    }

    /// Makes `hook` the only SessionStart hook of `host`, whatever the wiring.
    pub fn hook(&self, hook: Value, host: Host) {
        self.hooks(json!([hook]), host);
    }

    /// Makes `hooks` the only SessionStart hooks of `host`.
    pub fn hooks(&self, hooks: Value, host: Host) {
        self.bypass.set(self.bypass.get() || host == Host::Codex);
        let file = match host {
            Host::Claude => "home/.claude/settings.json",
            Host::Codex => "home/.codex/hooks.json",
        };
        let file = self.world.path(file);
        self.world.dir(file.parent().expect("it is in a directory"));
        let settings = json!({ "hooks": { "SessionStart": [{ "hooks": hooks }] } });
        std::fs::write(file, settings.to_string()).unwrap();
    }

    /// A session of `host` in `dir`.
    pub fn session(&self, host: Host, dir: impl AsRef<Path>) -> Session<'_> {
        let session = Session::new(&self.world, host, dir);
        match host {
            Host::Codex if self.bypass.get() => session.args(&["--dangerously-bypass-hook-trust"]),
            _ => session,
        }
    }
}

/// Builds what [`program`] does not, once.
fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        if std::env::var_os("HANDOFF_TESTS_PROGRAMS").is_none() {
            let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
            let mut cargo = Command::new(env!("CARGO"));
            cargo.current_dir(workspace).args([
                "build",
                "--quiet",
                "--bins",
                "--package",
                "installer",
                "--package",
                "handoff",
            ]);
            assert!(cargo.status().expect("cargo runs").success(), "the installer does not build");
        }
    });
}
