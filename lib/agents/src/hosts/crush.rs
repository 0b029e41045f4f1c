//! Documented in `github.com/charmbracelet/crush` (all of `AGENTS.md`, `CRUSH.md` and others in the project) and its
//! `docs/hooks/README.md`: no hook runs when a session starts.

use crate::{Certainties, Certainty, Guidance, Host, Signs};

/// Crush.
pub(crate) static CRUSH: Host = Host {
    id: "crush",
    name: "Crush",
    stamp: "crush",
    signs: Signs {
        home: &[".config/crush", ".local/share/crush"],
        project: &[".crush", ".crush.json", "crush.json", "CRUSH.md"],
        programs: &["crush"],
    },
    guidance: Guidance::each_of(&["AGENTS.md", "CRUSH.md"], "AGENTS.md"),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
