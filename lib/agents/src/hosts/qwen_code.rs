//! Its hooks, its transcript and the instructions that it reads were measured of 0.24.4.

use crate::{Attendance, Delivers, Dialect, Guidance, Host, OutputForm, PayloadForm, Signs};

/// Qwen Code.
pub(crate) static QWEN_CODE: Host = Host {
    id: "qwen",
    also: &["qwen-code"],
    name: "Qwen Code",
    stamp: "qwen-code",
    signs: Signs { home: &[".qwen"], project: &[".qwen", "QWEN.md"], programs: &["qwen"] },
    shell_variables: &["QWEN_CODE"],
    session_variable: Some("QWEN_CODE_SESSION_ID"),
    // What its SessionStart hook prints is thrown away. This one runs behind each result of a tool too, without a prompt.
    payloads: &[PayloadForm {
        event: Some("UserPromptSubmit"),
        present: &["timestamp", "permission_mode", "transcript_path", "prompt"],
        ..PayloadForm::CLAUDE
    }],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    runs_at_each_prompt: true,
    transcript: Some(Dialect::Qwen),
    // `qwen "prompt"` answers and ends.
    attendance: Attendance::Prompt { without: &["-p", "--prompt"], with: &["-i", "--prompt-interactive"] },
    guidance: Guidance::each_of(&["AGENTS.md", "QWEN.md"], "AGENTS.md"),
    ..Host::UNKNOWN
};
