//! Documented in `kiro.dev/docs/steering` (`.kiro/steering/*.md`, always loaded without a frontmatter) and
//! `kiro.dev/docs/mcp/configuration`. Its editor takes comments in its file of servers; its command line passes over such a
//! file (kirodotdev/Kiro#5968).

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpWiring, Signs};

/// Kiro.
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
