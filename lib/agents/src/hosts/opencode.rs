//! Documented in `opencode.ai/docs/rules` (the first of a directory's `AGENTS.md`, `CLAUDE.md`, `CONTEXT.md`).

use crate::{Guidance, Host, Signs};

/// OpenCode.
pub(crate) static OPENCODE: Host = Host {
    id: "opencode",
    name: "OpenCode",
    stamp: "opencode",
    signs: Signs {
        home: &[".config/opencode"],
        project: &[".opencode", "opencode.json", "opencode.jsonc"],
        programs: &["opencode"],
    },
    shell_variables: &["OPENCODE"],
    guidance: Guidance::first_of(&["AGENTS.md", "CLAUDE.md", "CONTEXT.md"], "AGENTS.md"),
    ..Host::UNKNOWN
};
