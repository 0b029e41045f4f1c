//! Documented in `zed.dev/docs/ai/instructions` (the first file of the list).

use crate::{Certainties, Certainty, Guidance, Host, Signs};

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
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
