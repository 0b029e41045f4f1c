//! Documented in `opencode.ai/docs/rules` (the first of a directory's `AGENTS.md`, `CLAUDE.md`, `CONTEXT.md`) and
//! `opencode.ai/docs/plugins`; what a plugin is given, and what becomes of what it adds, was measured of 1.18.33.

use crate::{Attendance, Certainties, Delivers, Guidance, Host, PayloadForm, Signs, Unproven};

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
    // Our plugin sets it.
    session_variable: Some("OPENCODE_SESSION_ID"),
    // Our plugin, `plugins/opencode/agent-handoff.js`, sends it.
    payloads: &[PayloadForm { event: Some("chat.message"), present: &["cwd"], ..PayloadForm::CLAUDE }],
    delivers: Delivers::Offers,
    // Its sessions are in a database. What is put into a message stays there, and the message is what it sends next.
    unproven: Unproven::Archive,
    attendance: Attendance::Argument(&["run"]),
    guidance: Guidance::first_of(&["AGENTS.md", "CLAUDE.md", "CONTEXT.md"], "AGENTS.md"),
    certain: Certainties::run("1.18.33"),
    ..Host::UNKNOWN
};
