//! Documented in `docs.cline.bot/features/cline-rules` (its editor extension reads `AGENTS.md` beside `.clinerules`; its
//! command line reads only the former, measured of 3.0.65) and `docs.cline.bot/getting-started/config`: all its programs share
//! one file of MCP servers, from which 3.0.65 was seen to start ours.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpFormat, McpWiring, Signs};

/// Cline.
pub(crate) static CLINE: Host = Host {
    id: "cline",
    name: "Cline",
    stamp: "cline",
    signs: Signs {
        home: &[".cline", "Documents/Cline", ".vscode/extensions/saoudrizwan.claude-dev*"],
        project: &[".clinerules", ".cline"],
        programs: &["cline"],
    },
    guidance: Guidance {
        formerly: &[".clinerules/handover.md"],
        ..Guidance::each_of(&["AGENTS.md"], "AGENTS.md")
    },
    mcp: Some(McpWiring {
        directory: Directory { variable: "CLINE_DIR", below_variable: "", below_home: ".cline" },
        file: "data/settings/cline_mcp_settings.json",
        format: McpFormat::Json { comments: false },
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Run("3.0.65"),
        mcp: Certainty::Run("3.0.65"),
    },
    ..Host::UNKNOWN
};
