//! Documented in `docs.github.com/en/copilot/how-tos/configure-custom-instructions` (it also reads `AGENTS.md`); the hooks of
//! its CLI were measured.

use crate::{Attendance, Guidance, Host, PayloadForm, Signs};

/// GitHub Copilot: its CLI, and the editors' extension.
pub(crate) static COPILOT: Host = Host {
    id: "copilot",
    also: &["github-copilot"],
    name: "GitHub Copilot",
    stamp: "copilot",
    signs: Signs {
        home: &[".copilot", ".vscode/extensions/github.copilot*"],
        project: &[".github/copilot-instructions.md"],
        programs: &["copilot"],
    },
    shell_variables: &["COPILOT_CLI"],
    // It takes a form of output of its own only.
    payload: Some(PayloadForm { present: &[], absent: &[], sources: &["new"] }),
    attendance: Attendance::Argument(&["-p", "--prompt"]),
    // An AGENTS.md that is there gets our lines: Zed would read a new copilot-instructions.md instead of it.
    guidance: Guidance::each_of(
        &[".github/copilot-instructions.md", "AGENTS.md"],
        ".github/copilot-instructions.md",
    ),
    ..Host::UNKNOWN
};
