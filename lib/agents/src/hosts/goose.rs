//! Documented in `goose-docs.ai/docs/guides/context-engineering/using-goosehints` (`AGENTS.md` and `.goosehints`, both, unless
//! `CONTEXT_FILE_NAMES` names others) and `…/docs/getting-started/using-extensions`. It discards what a hook prints.

use crate::{Certainties, Certainty, Directory, Guidance, Host, McpFormat, McpWiring, Signs};

/// Goose.
pub(crate) static GOOSE: Host = Host {
    id: "goose",
    name: "Goose",
    stamp: "goose",
    // A tool for migrations of databases is called `goose` too, so the program is no sign.
    signs: Signs { home: &[".config/goose"], project: &[".goosehints"], programs: &[] },
    guidance: Guidance::each_of(&["AGENTS.md", ".goosehints"], "AGENTS.md"),
    mcp: Some(McpWiring {
        directory: Directory {
            variable: "XDG_CONFIG_HOME",
            below_variable: "goose",
            below_home: ".config/goose",
        },
        file: "config.yaml",
        format: McpFormat::Yaml,
        object: "extensions",
        constants: &[("type", "stdio")],
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
