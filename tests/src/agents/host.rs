//! The agents.

use std::path::PathBuf;
use std::process::Command;

use super::hosts::{About, CLAUDE, CODEX, COPILOT, DROID, GEMINI, OPENCODE, QWEN, Start};
use super::install;
use super::model::{Model, Step};
use crate::World;

/// An agent that runs sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Claude Code, `claude -p`.
    Claude,
    /// Codex, `codex exec`.
    Codex,
    /// Gemini CLI, `gemini -p`.
    Gemini,
    /// Factory droid, `droid exec`.
    Droid,
    /// Qwen Code, `qwen -p`.
    Qwen,
    /// GitHub Copilot CLI, `copilot -p`.
    Copilot,
    /// OpenCode, `opencode run`.
    OpenCode,
}

impl Host {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Claude, Self::Codex, Self::Gemini, Self::Droid, Self::Qwen, Self::Copilot, Self::OpenCode];

    /// Claude Code and Codex, of which most tests are.
    pub const BOTH: [Self; 2] = [Self::Claude, Self::Codex];

    pub(super) fn about(self) -> &'static About {
        match self {
            Self::Claude => &CLAUDE,
            Self::Codex => &CODEX,
            Self::Gemini => &GEMINI,
            Self::Droid => &DROID,
            Self::Qwen => &QWEN,
            Self::Copilot => &COPILOT,
            Self::OpenCode => &OPENCODE,
        }
    }

    /// Its row.
    pub fn row(self) -> &'static handoff_agents::Host {
        handoff_agents::Host::named(self.about().id).expect("every agent here has a row")
    }

    /// The release of it that the tests run, which its row names.
    pub fn version(self) -> &'static str {
        self.row().certain.hook.version().expect("the row of an agent here says which version was run")
    }

    /// Whether it is here, installed with npm by the first test that asks; says so where it cannot be.
    pub fn ready(self) -> bool {
        install::ready(self)
    }

    /// Its program.
    pub fn program(self) -> PathBuf {
        install::installed(self, &(self.about().program)())
    }

    /// A model for it: each turn takes one step, the last is repeated.
    pub fn model(self, steps: impl Into<Vec<Step>>) -> Model {
        Model::start(self.about().api, steps.into())
    }

    /// Arguments with which it runs every command, outside of any sandbox.
    pub fn unrestricted(self) -> &'static [&'static str] {
        self.about().unrestricted
    }

    /// Points a command of it to `model`, and keeps it from everything else: what is not for the model is refused.
    pub fn point(self, world: &World, command: &mut Command, model: &Model) {
        command.env("HTTPS_PROXY", model.url()).env("NO_PROXY", "127.0.0.1,localhost");
        (self.about().point)(world, command, model);
    }

    /// The arguments of a session that is not interactive. `resume` is a session to go on with; without a prompt, it reads
    /// JSON lines.
    pub(super) fn arguments(
        self,
        model: &Model,
        resume: Option<&str>,
        prompt: Option<&str>,
        args: &[String],
    ) -> Vec<String> {
        (self.about().arguments)(&Start { model, resume, prompt, args })
    }
}
