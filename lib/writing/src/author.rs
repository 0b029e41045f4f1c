//! Which agent writes, and in which session.

use handoff_agents::Host;
use handoff_process::Environment;
use handoff_session::Agent;

use crate::{Fields, Note};

/// The writer of a handoff, as far as it is known.
#[derive(Debug)]
pub struct Author {
    /// The agent, as `session_tool` names it.
    pub tool: Option<String>,
    /// The id of its session.
    pub session_id: Option<String>,
    /// Why no session is named, where that may surprise.
    pub note: Option<Note>,
}

impl Author {
    /// The agent and the session that `fields` names, else those whose shell this is. A skill that several agents read
    /// cannot name one.
    pub fn find(fields: &Fields) -> Self {
        let (tool, is_ambiguous) = match (&fields.tool, agents_of_shell().as_slice()) {
            (Some(name), _) => (Some(name.clone()), false),
            (None, [only]) => (Some(only.stamp.to_owned()), false),
            (None, agents) => (None, !agents.is_empty()),
        };
        if let Some(id) = &fields.session_id {
            return Self { tool, session_id: Some(id.clone()), note: None };
        }
        let agents = Agent::all(tool.as_deref());
        let (session_id, note) = match agents.as_slice() {
            [] => (None, None),
            [one, other, ..] => {
                (None, Some(Note::TwoSessions { one: one.variable(), other: other.variable() }))
            }
            [_] if is_ambiguous => (None, None),
            [agent] => match agent.session() {
                Some(id) => (Some(id.to_owned()), None),
                None => (None, Some(Note::NoSessionId(agent.variable()))),
            },
        };
        Self { tool, session_id, note }
    }
}

/// The agents whose shell this may be.
pub(crate) fn agents_of_shell() -> Vec<&'static Host> {
    Host::of_shell(|name| Environment::variable(name).is_some())
}
