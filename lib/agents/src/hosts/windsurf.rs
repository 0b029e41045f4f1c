//! Documented in `docs.windsurf.com/windsurf/cascade/memories` (`trigger: always_on`; still read since it is called Devin
//! Desktop) and `docs.windsurf.com/windsurf/cascade/mcp`.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpWiring, Signs};

/// Windsurf.
pub(crate) static WINDSURF: Host = Host {
    id: "windsurf",
    also: &["devin-desktop"],
    name: "Windsurf",
    stamp: "windsurf",
    signs: Signs {
        home: &[".codeium/windsurf"],
        project: &[".windsurf", ".windsurfrules"],
        programs: &["windsurf"],
    },
    guidance: Guidance::own(".windsurf/rules/handover.md", "---\ntrigger: always_on\n---\n"),
    mcp: Some(McpWiring {
        directory: Directory { variable: "", below_variable: "", below_home: ".codeium/windsurf" },
        file: "mcp_config.json",
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
