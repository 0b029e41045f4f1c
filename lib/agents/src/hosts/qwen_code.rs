//! Its hooks and the instructions that it reads were measured of 0.24.4.

use crate::session::CLAUDE_SOURCES;
use crate::{Attendance, Guidance, Host, PayloadForm, Signs};

/// Qwen Code.
pub(crate) static QWEN_CODE: Host = Host {
    id: "qwen",
    also: &["qwen-code"],
    name: "Qwen Code",
    stamp: "qwen-code",
    signs: Signs { home: &[".qwen"], project: &[".qwen", "QWEN.md"], programs: &["qwen"] },
    shell_variables: &["QWEN_CODE"],
    // What its SessionStart hook prints is thrown away.
    payload: Some(PayloadForm {
        present: &["timestamp", "permission_mode"],
        absent: &[],
        sources: CLAUDE_SOURCES,
    }),
    attendance: Attendance::Argument(&["-p", "--prompt"]),
    guidance: Guidance::each_of(&["AGENTS.md", "QWEN.md"], "AGENTS.md"),
    ..Host::UNKNOWN
};
