//! Documented in `cursor.com/docs/rules` (`.cursor/rules/*.mdc` with `alwaysApply: true`).

use crate::{Guidance, Host, Signs};

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
    guidance: Guidance::own(
        ".cursor/rules/handover.mdc",
        "---\ndescription: Work that other agents left in this repository\nalwaysApply: true\n---\n",
    ),
    ..Host::UNKNOWN
};
