//! Documented in `antigravity.google/docs/rules-workflows`. Whether workspace rules are in `.agent/rules` or `.agents/rules`
//! changed between versions, so neither is used. Its command line and its editor share their MCP servers since 2.0
//! (`antigravity.google/docs/cli/mcp`).

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpWiring, Signs};

/// Antigravity.
pub(crate) static ANTIGRAVITY: Host = Host {
    id: "antigravity",
    name: "Antigravity",
    stamp: "antigravity",
    signs: Signs { home: &[".gemini/antigravity"], project: &[], programs: &["agy", "antigravity"] },
    guidance: Guidance::each_of(&["GEMINI.md"], "GEMINI.md"),
    mcp: Some(McpWiring {
        directory: Directory { variable: "", below_variable: "", below_home: ".gemini/config" },
        file: "mcp_config.json",
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
