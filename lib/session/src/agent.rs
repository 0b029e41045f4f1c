//! Which session a command runs in.

use std::ffi::OsString;

use handoff_agents::Host;
use handoff_process::{Environment, is_session_id};

/// An agent that names its session to the commands that it runs.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Which it is.
    pub host: &'static Host,
    value: OsString,
}

impl Agent {
    /// Those whose shell this may be.
    ///
    /// Only what an agent writes itself is that session's: another program that runs in its shell names the session that
    /// it tells of, or none.
    pub fn all(tool: Option<&str>) -> Vec<Self> {
        let agents =
            Host::sessions(Environment::variable).into_iter().map(|(host, value)| Self { host, value });
        agents.filter(|agent| tool.is_none_or(|tool| tool == agent.host.stamp)).collect()
    }

    /// Its session's id, if it is one.
    pub fn session(&self) -> Option<&str> {
        self.value.to_str().filter(|id| is_session_id(id))
    }

    /// The variable that names its session.
    pub fn variable(&self) -> &'static str {
        self.host.session_variable.unwrap_or_default()
    }
}
