//! Documented in `cursor.com/docs/rules` (`.cursor/rules/*.mdc` with `alwaysApply: true`) and `cursor.com/docs/hooks`. Whether
//! what a hook prints reaches the model depends on the version, and was not seen.

use crate::{Certainties, Certainty, Delivers, Guidance, Host, OutputForm, PayloadForm, Signs};

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
    certain: Certainties {
        hook: Certainty::Documented,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
