//! Documented in `cursor.com/docs/rules` (`.cursor/rules/*.mdc` with `alwaysApply: true`) and `cursor.com/docs/hooks`. Whether
//! what a hook prints reaches the model depends on the version, and was not seen. Its editor and its command line share their
//! MCP servers (`cursor.com/docs/mcp`); the command line starts one once its user agreed.

use crate::{
    Certainties, Certainty, Delivers, Directory, Guidance, Host, McpWiring, OutputForm, PayloadForm, Signs,
};

/// Cursor.
pub(crate) static CURSOR: Host = Host {
    id: "cursor",
    name: "Cursor",
    stamp: "cursor",
    signs: Signs {
        home: &[".cursor"],
        project: &[".cursor", ".cursorrules"],
        programs: &["cursor", "cursor-agent"],
    },
    payloads: &[PayloadForm {
        event: Some("sessionStart"),
        session: "conversation_id",
        present: &["cursor_version"],
        ..PayloadForm::CLAUDE
    }],
    output: OutputForm::SnakeContext,
    delivers: Delivers::Mentions,
    guidance: Guidance::own(
        ".cursor/rules/handover.mdc",
        "---\ndescription: Work that other agents left in this repository\nalwaysApply: true\n---\n",
    ),
    mcp: Some(McpWiring {
        directory: Directory { variable: "", below_variable: "", below_home: ".cursor" },
        switch: None,
        then: "allow it in Cursor: Settings, MCP, or `agent mcp enable agent-handoff`",
        ..McpWiring::COMMON
    }),
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
