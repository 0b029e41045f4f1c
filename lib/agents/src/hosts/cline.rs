//! Documented in `docs.cline.bot/features/cline-rules` (its editor extension reads `AGENTS.md` beside `.clinerules`; its
//! command line reads only the former, measured of 3.0.65).

use crate::{Certainties, Certainty, Guidance, Host, Signs};

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
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Run("3.0.65"),
        mcp: Certainty::Run("3.0.65"),
    },
    ..Host::UNKNOWN
};
