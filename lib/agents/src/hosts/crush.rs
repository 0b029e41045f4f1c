//! Documented in `github.com/charmbracelet/crush` (`README.md` and `docs/config`). Its settings are a script, `crushrc`, by
//! now; the file of JSON that it read before is read and merged with it.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpFormat, McpWiring, Signs};

/// Crush.
pub(crate) static CRUSH: Host = Host {
    id: "crush",
    name: "Crush",
    stamp: "crush",
    signs: Signs {
        home: &[".config/crush"],
        project: &[".crush", "crush.json", ".crush.json", "crushrc", ".crushrc"],
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
