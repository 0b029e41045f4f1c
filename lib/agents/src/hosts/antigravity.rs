//! Documented in `antigravity.google/docs/rules-workflows`. Whether workspace rules are in `.agent/rules` or `.agents/rules`
//! changed between versions, so neither is used.

use crate::{Certainties, Certainty, Guidance, Host, Signs};

/// Antigravity.
pub(crate) static ANTIGRAVITY: Host = Host {
    id: "antigravity",
    name: "Antigravity",
    stamp: "antigravity",
    signs: Signs { home: &[".gemini/antigravity"], project: &[], programs: &["agy", "antigravity"] },
    guidance: Guidance::each_of(&["GEMINI.md"], "GEMINI.md"),
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Unknown,
    },
    ..Host::UNKNOWN
};
