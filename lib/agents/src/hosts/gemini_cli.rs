//! Documented in `github.com/google-gemini/gemini-cli`; its hooks and transcript were measured.

use crate::{Attendance, Delivers, Dialect, Guidance, Host, OutputForm, PayloadForm, Signs};

/// Gemini CLI.
pub(crate) static GEMINI_CLI: Host = Host {
    id: "gemini",
    also: &["gemini-cli"],
    name: "Gemini CLI",
    stamp: "gemini-cli",
    signs: Signs { home: &[".gemini"], project: &[".gemini", "GEMINI.md"], programs: &["gemini"] },
    shell_variables: &["GEMINI_CLI"],
    payloads: &[
        // In its terminal program the text of this hook is discarded after `/clear` and `/resume`.
        PayloadForm {
            present: &["timestamp", "transcript_path"],
            absent: &["permission_mode"],
            sources: &["startup"],
            ..PayloadForm::CLAUDE
        },
        // That of this one is not: it stands behind the prompt.
        PayloadForm {
            event: Some("BeforeAgent"),
            present: &["timestamp", "transcript_path", "prompt"],
            absent: &["permission_mode"],
            ..PayloadForm::CLAUDE
        },
    ],
    output: OutputForm::Nested,
    delivers: Delivers::Offers,
    runs_at_each_prompt: true,
    transcript: Some(Dialect::Gemini),
    attendance: Attendance::Argument(&["-p", "--prompt"]),
    guidance: Guidance::each_of(&["GEMINI.md"], "GEMINI.md"),
    ..Host::UNKNOWN
};
