//! Which session writes.

use std::ffi::OsStr;

use handoff_process::{Environment, MAX_SESSION_ID_BYTES, Output, is_session_id};

use crate::args::Args;
use crate::tool::Tool;

/// An agent that names its session to the commands that it runs.
struct Agent<'e> {
    /// As in `--tool`.
    tool: &'static str,
    variable: &'static str,
    value: Option<&'e OsStr>,
}

/// The id of the writing session: `--session-id`, else what the agent whose shell this is has put into the environment.
///
/// Only what an agent writes itself is that session's: another program that runs in its shell names the session that it
/// tells of, or none.
pub(crate) fn id(args: &Args, tool: &Tool, environment: &Environment, output: &Output) -> Option<String> {
    if let Some(id) = &args.session_id {
        return Some(id.clone());
    }
    let agents = [
        Agent {
            tool: "claude-code",
            variable: "CLAUDE_CODE_SESSION_ID",
            value: environment.claude_session_id.as_deref(),
        },
        Agent {
            tool: "codex-cli",
            variable: "CODEX_THREAD_ID",
            value: environment.codex_thread_id.as_deref(),
        },
    ];
    let can_write = |agent: &&Agent<'_>| tool.name.as_deref().is_none_or(|name| name == agent.tool);
    let mut named = agents.iter().filter(can_write).filter_map(|agent| Some((agent, agent.value?)));
    let (agent, value) = named.next()?;
    if let Some((other, _)) = named.next() {
        output.note(&format!(
            "note: no session is named as the writer, since both {} and {} are set; --tool or --session-id says which\n",
            agent.variable, other.variable
        ));
        return None;
    }
    if tool.is_ambiguous {
        return None;
    }
    let id = value.to_str().filter(|id| is_session_id(id));
    if id.is_none() {
        output.note(&format!(
            "note: {} was ignored: a session id has letters, digits, `_` and `-`, at most {MAX_SESSION_ID_BYTES}\n",
            agent.variable
        ));
    }
    id.map(str::to_owned)
}
