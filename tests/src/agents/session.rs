//! One run of an agent.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::model::{Model, Step, Text, text};
use super::{Host, process};
use crate::{Ran, World};

/// What a session that no person sits in front of is given.
pub(super) const UNATTENDED: &str = "AGENT_HANDOFF_UNATTENDED";

/// A session about to be run.
#[derive(Debug)]
pub struct Session<'w> {
    world: &'w World,
    host: Host,
    dir: PathBuf,
    steps: Vec<Step>,
    resume: Option<String>,
    args: Vec<String>,
    instead: Option<Vec<String>>,
    env: Vec<(String, OsString)>,
    more: Vec<String>,
}

/// A session that has ended.
#[derive(Debug)]
pub struct SessionEnd {
    /// What the agent's program did.
    pub ran: Ran,
    /// The lines of its standard output.
    pub lines: Vec<Value>,
    /// What the model was sent.
    pub model: Model,
    /// How long it took.
    pub took: Duration,
    host: Host,
}

impl<'w> Session<'w> {
    /// One of `host` in `dir`, whose model says "mock answer".
    pub fn new(world: &'w World, host: Host, dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref().to_owned();
        Self {
            world,
            host,
            dir,
            steps: vec![text("mock answer")],
            resume: None,
            args: Vec::new(),
            instead: None,
            env: Vec::new(),
            more: Vec::new(),
        }
    }

    /// What the model does, turn by turn; the last is repeated.
    pub fn steps(mut self, steps: impl Into<Vec<Step>>) -> Self {
        self.steps = steps.into();
        self
    }

    /// Goes on with the session `id`.
    pub fn resume(mut self, id: impl Into<String>) -> Self {
        self.resume = Some(id.into());
        self
    }

    /// More arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// These arguments instead of all, the prompt too.
    pub fn arguments(mut self, args: &[&str]) -> Self {
        self.instead = Some(args.iter().map(|arg| (*arg).to_owned()).collect());
        self
    }

    /// One more variable; all others of the environment are known.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Without `AGENT_HANDOFF_UNATTENDED`, as a script starts it.
    pub fn as_a_script(mut self) -> Self {
        self.env.retain(|(name, _)| name != UNATTENDED);
        self
    }

    /// What the user says after the prompt, one turn each: Claude Code only.
    pub fn then(mut self, prompt: &str) -> Self {
        assert_eq!(self.host, Host::Claude, "codex exec takes one prompt");
        self.more.push(prompt.to_owned());
        self
    }

    /// Runs it to its end. What it started and left behind is killed.
    #[track_caller]
    pub fn run(self, prompt: &str) -> SessionEnd {
        let model = self.host.model(self.steps);
        let mut command = self.world.bare_command(self.host.program());
        command.current_dir(&self.dir);
        let path = if self.host.about().needs_node { with_node(minimal_path()) } else { minimal_path() };
        command.env("PATH", path).env("LANG", "C.UTF-8").env("TMPDIR", self.world.dir("tmp"));
        self.host.point(self.world, &mut command, &model);
        command.envs(self.env);
        let (argument, lines) = match self.more.as_slice() {
            [] => (Some(prompt), vec![]),
            more => {
                (None, std::iter::once(prompt).chain(more.iter().map(String::as_str)).map(user).collect())
            }
        };
        let usual = || self.host.arguments(&model, self.resume.as_deref(), argument, &self.args);
        command.args(self.instead.clone().unwrap_or_else(usual));
        let start = Instant::now();
        let ran = process::run(command, &self.world.dir("tmp"), &lines);
        let took = start.elapsed();
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let is_json = self.host.about().prints_json;
        let lines = ran.out().lines().filter(|_| is_json).map(line).collect();
        SessionEnd { ran, lines, model, took, host: self.host }
    }
}

impl SessionEnd {
    /// The session's id, to resume it by.
    #[track_caller]
    pub fn id(&self) -> &str {
        let id = (self.host.about().session)(&self.lines);
        id.unwrap_or_else(|| panic!("no session: {:?}", self.ran))
    }

    /// Fails unless it ended well; gives it back.
    #[track_caller]
    pub fn ok(self) -> Self {
        // Codex's small talk; those that print no JSON say more.
        let err = self.ran.err().trim_start_matches("Reading additional input from stdin...\n");
        let err = if self.host.about().prints_json { err } else { "" };
        assert_eq!((self.ran.code, err), (0, ""), "{:?}", self.ran);
        self
    }

    /// The texts of the `turn`th main request.
    #[track_caller]
    pub fn texts(&self, turn: usize) -> Vec<Text> {
        self.model.texts(turn)
    }

    /// The texts of the `turn`th main request that hold `needle`.
    #[track_caller]
    pub fn with(&self, turn: usize, needle: &str) -> Vec<Text> {
        self.texts(turn).into_iter().filter(|text| text.text.contains(needle)).collect()
    }
}

/// A turn of the user's in Claude Code's stream of JSON lines.
fn user(prompt: &str) -> String {
    json!({ "type": "user", "message": { "role": "user", "content": prompt } }).to_string()
}

/// `path` with Node before it.
pub fn with_node(path: OsString) -> OsString {
    let all = std::env::var_os("PATH").unwrap_or_default();
    let node = std::env::split_paths(&all).find(|dir| dir.join("node").is_file());
    std::env::join_paths(node.into_iter().chain(std::env::split_paths(&path))).unwrap()
}

/// A `PATH`: where git is, and what every system has.
pub fn minimal_path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let git = std::env::split_paths(&path).find(|dir| dir.join("git").is_file());
    let dirs = git.into_iter().chain(["/usr/bin", "/bin"].map(PathBuf::from));
    std::env::join_paths(dirs).unwrap()
}
