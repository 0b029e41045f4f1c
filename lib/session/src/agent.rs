//! Which session a command runs in.

use std::ffi::OsString;

use handoff_agents::{HOSTS, Host};
use handoff_process::{Environment, is_session_id};

/// An agent that names its session to the commands that it runs.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Which it is.
    pub host: &'static Host,
    /// The variable that names its session.
    pub variable: &'static str,
    value: OsString,
}

impl Agent {
    /// Those whose shell this may be.
    ///
    /// Only what an agent writes itself is that session's: another program that runs in its shell names the session that
    /// it tells of, or none.
    pub fn all(tool: Option<&str>) -> Vec<Self> {
        let agent = |host: &&'static Host| {
            let variable = host.session_variable?;
            Some(Self { host, variable, value: Environment::of_host(variable)? })
        };
        let can_write = |agent: &Self| tool.is_none_or(|tool| tool == agent.host.stamp);
        HOSTS.iter().filter_map(agent).filter(can_write).collect()
    }

    /// Its session's id, if it is one.
    pub fn session(&self) -> Option<&str> {
        self.value.to_str().filter(|id| is_session_id(id))
    }
}
