//! Documented in `docs.continue.dev/customize/deep-dives/rules`.

use crate::{Certainties, Certainty, Guidance, Host, Signs};

/// Continue.
pub(crate) static CONTINUE: Host = Host {
    id: "continue",
    name: "Continue",
    stamp: "continue",
    signs: Signs { home: &[".continue"], project: &[".continue", ".continuerules"], programs: &["cn"] },
    guidance: Guidance::own(".continue/rules/handover.md", "---\nname: Handover\nalwaysApply: true\n---\n"),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Run("1.5.47"),
        mcp: Certainty::Run("1.5.47"),
    },
    ..Host::UNKNOWN
};
