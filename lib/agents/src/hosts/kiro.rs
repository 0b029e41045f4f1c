//! Documented in `kiro.dev/docs/steering` (every file of `.kiro/steering`, unless its first lines say otherwise) and `…/docs/mcp`.
//! A hook when an agent starts stands in that agent's own file, so none is wired.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpWiring, Signs};

/// Kiro: its CLI and its IDE.
pub(crate) static KIRO: Host = Host {
    id: "kiro",
    name: "Kiro",
    stamp: "kiro",
    signs: Signs { home: &[".kiro"], project: &[".kiro"], programs: &["kiro", "kiro-cli"] },
    guidance: Guidance::own(".kiro/steering/handover.md", "---\ninclusion: always\n---\n"),
    mcp: Some(McpWiring {
        directory: Directory { variable: "", below_variable: "", below_home: ".kiro" },
        file: "settings/mcp.json",
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
