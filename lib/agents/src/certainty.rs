//! How sure it is that what is put into a host works there.

use std::fmt;

/// How sure it is that one way into a host works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was run in the real program, of this version.
    Run(&'static str),
    /// The host's documentation describes it; the program was not run.
    Documented,
    /// Neither is so, or the host has no such way.
    Unknown,
}

/// How sure it is for each way into a host. What was seen is in `docs/hosts.md` and `docs/mcp.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certainties {
    /// A hook or plugin, by which a session is given its handoffs, and captured where [`Host::hooks`](crate::Host::hooks)
    /// says how.
    pub hook: Certainty,
    /// The files of instructions in [`Host::guidance`](crate::Host::guidance).
    pub instructions: Certainty,
    /// The server of the Model Context Protocol.
    pub mcp: Certainty,
}

impl Certainties {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Self =
        Self { hook: Certainty::Unknown, instructions: Certainty::Unknown, mcp: Certainty::Unknown };

    /// All three were run in the real program, of this version.
    pub(crate) const fn run(version: &'static str) -> Self {
        let run = Certainty::Run(version);
        Self { hook: run, instructions: run, mcp: run }
    }
}

impl Certainty {
    /// The word for programs: `run`, `documented` or `unknown`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::Documented => "documented",
            Self::Unknown => "unknown",
        }
    }

    /// The version that was run.
    pub fn version(self) -> Option<&'static str> {
        match self {
            Self::Run(version) => Some(version),
            Self::Documented | Self::Unknown => None,
        }
    }
}

/// For people: `run in 2.1.329`, `documented`, `unknown`.
impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version() {
            Some(version) => write!(f, "run in {version}"),
            None => f.write_str(self.word()),
        }
    }
}
