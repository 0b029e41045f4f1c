//! Documented in `docs.continue.dev/customize/deep-dives/rules`.

use crate::{Guidance, Host, Signs};

/// Continue.
pub(crate) static CONTINUE: Host = Host {
    id: "continue",
    name: "Continue",
    stamp: "continue",
    signs: Signs { home: &[".continue"], project: &[".continue", ".continuerules"], programs: &["cn"] },
    guidance: Guidance::own(".continue/rules/handover.md", "---\nname: Handover\nalwaysApply: true\n---\n"),
    ..Host::UNKNOWN
};
