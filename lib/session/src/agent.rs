//! Which session a command runs in.

use std::ffi::OsStr;

use handoff_process::{Environment, is_session_id};

/// An agent that names its session to the commands that it runs.
#[derive(Clone, Copy, Debug)]
pub struct Agent<'e> {
    /// Which it is.
    pub kind: Kind,
    /// As in `--tool`.
    tool: &'static str,
    /// The variable that names its session.
    pub variable: &'static str,
    value: &'e OsStr,
}

/// The agents that do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
}

impl<'e> Agent<'e> {
    /// Those whose shell this may be.
    ///
    /// Only what an agent writes itself is that session's: another program that runs in its shell names the session that
    /// it tells of, or none.
    pub fn all(tool: Option<&str>, environment: &'e Environment) -> Vec<Self> {
        let claude = environment.claude_session_id.as_deref().map(|value| Self {
            kind: Kind::Claude,
            tool: "claude-code",
            variable: "CLAUDE_CODE_SESSION_ID",
            value,
        });
        let codex = environment.codex_thread_id.as_deref().map(|value| Self {
            kind: Kind::Codex,
            tool: "codex-cli",
            variable: "CODEX_THREAD_ID",
            value,
        });
        let can_write = |agent: &Self| tool.is_none_or(|tool| tool == agent.tool);
        claude.into_iter().chain(codex).filter(can_write).collect()
    }

    /// Its session's id, if it is one.
    pub fn session(&self) -> Option<&'e str> {
        self.value.to_str().filter(|id| is_session_id(id))
    }
}
