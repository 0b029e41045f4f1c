//! Which session writes.

use std::ffi::OsStr;

use handoff_process::{Environment, MAX_SESSION_ID_BYTES, Output, is_session_id};

use crate::args::Args;
use crate::tool::Tool;

/// An agent that names its session to the commands that it runs.
pub(crate) struct Agent<'e> {
    pub(crate) kind: Kind,
    /// As in `--tool`.
    tool: &'static str,
    variable: &'static str,
    value: &'e OsStr,
}

/// The agents that do.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Claude,
    Codex,
}

impl<'e> Agent<'e> {
    /// Those whose shell this may be.
    ///
    /// Only what an agent writes itself is that session's: another program that runs in its shell names the session that
    /// it tells of, or none.
    pub(crate) fn all(tool: Option<&str>, environment: &'e Environment) -> Vec<Self> {
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
    pub(crate) fn session(&self) -> Option<&'e str> {
        self.value.to_str().filter(|id| is_session_id(id))
    }
}

/// The id of the writing session: `--session-id`, else what the agent whose shell this is has put into the environment.
///
/// Only what an agent writes itself is that session's: another program that runs in its shell names the session that it
/// tells of, or none.
pub(crate) fn id(args: &Args, tool: &Tool, environment: &Environment, output: &Output) -> Option<String> {
    if let Some(id) = &args.session_id {
        return Some(id.clone());
    }
    let agents = Agent::all(tool.name.as_deref(), environment);
    let (agent, others) = agents.split_first()?;
    if let Some(other) = others.first() {
        output.note(&format!(
            "note: no session is named as the writer, since both {} and {} are set; --tool or --session-id says which\n",
            agent.variable, other.variable
        ));
        return None;
    }
    if tool.is_ambiguous {
        return None;
    }
    let id = agent.session();
    if id.is_none() {
        output.note(&format!(
            "note: {} was ignored: a session id has letters, digits, `_` and `-`, at most {MAX_SESSION_ID_BYTES}\n",
            agent.variable
        ));
    }
    id.map(str::to_owned)
}
