//! Which session writes.

use handoff_process::{MAX_SESSION_ID_BYTES, Output};
use handoff_session::Agent;

use crate::args::Args;
use crate::tool::Tool;

/// The id of the writing session: `--session-id`, else what the agent whose shell this is has put into the environment.
///
/// Only what an agent writes itself is that session's: another program that runs in its shell names the session that it
/// tells of, or none.
pub(crate) fn id(args: &Args, tool: &Tool, output: &Output) -> Option<String> {
    if let Some(id) = &args.session_id {
        return Some(id.clone());
    }
    let agents = Agent::all(tool.name.as_deref());
    let (agent, others) = agents.split_first()?;
    if let Some(other) = others.first() {
        output.note(&format!(
            "note: no session is named as the writer, since both {} and {} are set; --tool or --session-id says which\n",
            agent.variable(), other.variable()
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
            agent.variable()
        ));
    }
    id.map(str::to_owned)
}
