//! Documented in `docs.continue.dev/customize/deep-dives/rules` and `…/mcp`. Its extensions read every file in
//! `~/.continue/mcpServers`, JSON in Claude Desktop's form too (`core/context/mcp/json/loadJsonMcpConfigs.ts`); its command
//! line, measured of 1.5.47, reads `config.yaml` alone.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpWiring, Signs};

/// Continue.
pub(crate) static CONTINUE: Host = Host {
    id: "continue",
    name: "Continue",
    stamp: "continue",
    signs: Signs { home: &[".continue"], project: &[".continue", ".continuerules"], programs: &["cn"] },
    guidance: Guidance::own(".continue/rules/handover.md", "---\nname: Handover\nalwaysApply: true\n---\n"),
    mcp: Some(McpWiring {
        directory: Directory { variable: "CONTINUE_GLOBAL_DIR", below_variable: "", below_home: ".continue" },
        file: "mcpServers/agent-handoff.json",
        switch: None,
        then: "its command line `cn` reads config.yaml alone: docs/mcp.md has the lines for it",
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Run("1.5.47"),
        mcp: Certainty::Run("1.5.47"),
    },
    ..Host::UNKNOWN
};
