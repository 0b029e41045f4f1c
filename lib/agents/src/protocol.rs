//! How a host's program is given a whole task.

use std::fmt;

/// How a program is given a whole task, and what it prints meanwhile: the `type` of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `claude -p --output-format stream-json`, with or without `--include-partial-messages`, against Anthropic or any
    /// endpoint that speaks its protocol.
    Claude,
    /// `codex exec --json`.
    Codex,
}

impl Protocol {
    const ALL: [Self; 2] = [Self::Claude, Self::Codex];

    /// Their names.
    pub const NAMES: [&'static str; 2] = ["claude", "codex"];

    /// As in `type:`, and the name of the program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
        }
    }

    /// The protocol that [`Protocol::name`] calls so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
