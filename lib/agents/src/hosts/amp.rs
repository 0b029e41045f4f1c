//! Documented in `ampcode.com/manual` (the first of `AGENTS.md`, `AGENT.md`, `CLAUDE.md`).

use crate::{Certainties, Certainty, Guidance, Host, Signs};

/// Amp.
pub(crate) static AMP: Host = Host {
    id: "amp",
    name: "Amp",
    stamp: "amp",
    signs: Signs { home: &[".config/amp"], project: &[".amp"], programs: &["amp"] },
    guidance: Guidance::first_of(&["AGENTS.md", "AGENT.md", "CLAUDE.md"], "AGENTS.md"),
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Unknown,
    },
    ..Host::UNKNOWN
};
