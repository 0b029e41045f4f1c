//! Who looks into an inbox.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_agents::{HOSTS, Host};
use handoff_document::Timestamp;
use handoff_process::{Environment, ProcessId, process_space};
use handoff_state::StateDir;

/// How long a look at offers may take in all. What is not settled by then is settled by the next look.
const TIME: Duration = Duration::from_secs(2);

/// Whoever looks: the session and process that it belongs to, and what it can see.
#[derive(Clone, Debug)]
pub struct Looker {
    /// The session that it looks for, when it looks for one.
    pub session: Option<String>,
    /// The process that runs that session.
    pub process: Option<ProcessId>,
    /// The time.
    pub now: Timestamp,
    /// When to stop looking for evidence.
    pub until: Instant,
    /// Where the witnesses of offers are: outside of every directory that a sandboxed agent may write to.
    pub state: Option<StateDir>,
    /// Where the hosts keep transcripts, which no sandboxed agent may write to either.
    pub transcripts: Vec<PathBuf>,
    /// Where process ids mean the same ([`process_space`]).
    pub space: String,
    /// Whether to look for more than whether there was an answer: whether the session acknowledged the handoff.
    pub thorough: bool,
}

impl Looker {
    /// A person or a program at a shell, for whom no session is known.
    pub fn outside(environment: &Environment) -> Self {
        let transcripts = |host: &&'static Host| {
            let directory = host.directory?.of(Environment::variable, environment.home.as_deref())?;
            host.transcripts_in(&directory)
        };
        Self {
            session: None,
            process: None,
            now: Timestamp::now(),
            until: Instant::now() + TIME,
            state: StateDir::of(environment).ok(),
            transcripts: HOSTS.iter().filter_map(transcripts).collect(),
            space: process_space(),
            thorough: true,
        }
    }

    /// Whether `path` is where a host keeps its transcripts.
    pub(crate) fn is_transcript(&self, path: &Path) -> bool {
        let path = handoff_files::canonical(path);
        self.transcripts.iter().any(|dir| path.starts_with(handoff_files::canonical(dir)))
    }
}
