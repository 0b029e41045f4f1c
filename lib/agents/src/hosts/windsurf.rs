//! Documented in `docs.windsurf.com/windsurf/cascade/memories` (`trigger: always_on`; still read since it is called Devin
//! Desktop).

use crate::{Certainties, Certainty, Guidance, Host, Signs};

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
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
