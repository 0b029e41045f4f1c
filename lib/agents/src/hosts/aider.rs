//! Documented in `aider.chat/docs/usage/conventions.html` and `…/docs/config/aider_conf.html` (nothing is read that
//! `.aider.conf.yml` does not name).

use crate::{Certainties, Certainty, Guidance, Host, Reader, Signs};

/// Aider.
pub(crate) static AIDER: Host = Host {
    id: "aider",
    name: "Aider",
    stamp: "aider",
    signs: Signs {
        home: &[".aider", ".aider.conf.yml"],
        project: &[".aider.conf.yml"],
        programs: &["aider"],
    },
    guidance: Guidance {
        reader: Some(Reader { file: ".aider.conf.yml", line: "read: CONVENTIONS.md" }),
        ..Guidance::each_of(&["CONVENTIONS.md"], "CONVENTIONS.md")
    },
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Run("0.86.2"),
        mcp: Certainty::Unknown,
    },
    ..Host::UNKNOWN
};
