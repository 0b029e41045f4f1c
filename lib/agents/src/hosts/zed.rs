//! Documented in `zed.dev/docs/ai/instructions` (the first file of the list) and `zed.dev/docs/ai/mcp`.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpWiring, Signs};

/// Zed.
pub(crate) static ZED: Host = Host {
    id: "zed",
    name: "Zed",
    stamp: "zed",
    signs: Signs { home: &[".config/zed"], project: &[".zed", ".rules"], programs: &["zed", "zeditor"] },
    guidance: Guidance::first_of(
        &[
            ".rules",
            ".cursorrules",
            ".windsurfrules",
            ".clinerules",
            ".github/copilot-instructions.md",
            "AGENT.md",
            "AGENTS.md",
            "CLAUDE.md",
            "GEMINI.md",
        ],
        "AGENTS.md",
    ),
    mcp: Some(McpWiring {
        directory: Directory {
            variable: "XDG_CONFIG_HOME",
            below_variable: "zed",
            below_home: ".config/zed",
        },
        file: "settings.json",
        object: "context_servers",
        switch: Some(("enabled", false)),
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
