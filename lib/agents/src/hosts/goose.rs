//! Documented in `goose-docs.ai/docs/guides/context-engineering/using-goosehints` (`AGENTS.md` and `.goosehints`, both, unless
//! `CONTEXT_FILE_NAMES` names others) and `…/docs/getting-started/using-extensions`. It discards what a hook prints.

use crate::{Certainties, Certainty, Guidance, Host, Signs};

/// Goose.
pub(crate) static GOOSE: Host = Host {
    id: "goose",
    name: "Goose",
    stamp: "goose",
    // A tool for migrations of databases is called `goose` too, so the program is no sign.
    signs: Signs { home: &[".config/goose"], project: &[".goosehints"], programs: &[] },
    guidance: Guidance::each_of(&["AGENTS.md", ".goosehints"], "AGENTS.md"),
    certain: Certainties {
        hook: Certainty::Unknown,
        instructions: Certainty::Documented,
        mcp: Certainty::Documented,
    },
    ..Host::UNKNOWN
};
