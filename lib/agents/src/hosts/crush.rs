//! Documented in `github.com/charmbracelet/crush` (all of `AGENTS.md`, `CRUSH.md` and others in the project) and its
//! `docs/hooks/README.md`: no hook runs when a session starts.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpFormat, McpWiring, Signs};

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
    mcp: Some(McpWiring {
        directory: Directory {
            variable: "XDG_CONFIG_HOME",
            below_variable: "crush",
            below_home: ".config/crush",
        },
        file: "crush.json",
        format: McpFormat::Json { comments: false },
        object: "mcp",
        constants: &[("type", "stdio")],
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
