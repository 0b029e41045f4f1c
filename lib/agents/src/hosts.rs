//! The rows.

use crate::{Attendance, Dialect, Host, PayloadForm, Unproven};

/// Every host whose SessionStart payload is known. The first row that fits a payload is the one that sent it.
pub const HOSTS: &[Host] = &[
    Host {
        name: "GitHub Copilot CLI",
        stamp: "copilot",
        payload: PayloadForm { present: &[], absent: &[], sources: &["new"] },
        // It takes a form of its own only.
        delivers: false,
        transcript: None,
        unproven: Unproven::Wait,
        attendance: Attendance::Argument(&["-p", "--prompt"]),
        server_argument: None,
    },
    Host {
        name: "Qwen Code",
        stamp: "qwen-code",
        payload: PayloadForm {
            present: &["timestamp", "permission_mode"],
            absent: &[],
            sources: CLAUDE_SOURCES,
        },
        // What its transcript holds does not show whether a text arrived.
        delivers: false,
        transcript: None,
        unproven: Unproven::Wait,
        attendance: Attendance::Argument(&["-p", "--prompt"]),
        server_argument: None,
    },
    Host {
        name: "Gemini CLI",
        stamp: "gemini-cli",
        // In its terminal program the text of a hook after `/clear` and `/resume` is discarded.
        payload: PayloadForm {
            present: &["timestamp", "transcript_path"],
            absent: &["permission_mode"],
            sources: &["startup"],
        },
        delivers: true,
        transcript: Some(Dialect::Gemini),
        unproven: Unproven::Wait,
        attendance: Attendance::Argument(&["-p", "--prompt"]),
        server_argument: None,
    },
    Host {
        name: "Codex",
        stamp: "codex-cli",
        payload: PayloadForm {
            present: &["permission_mode", "model"],
            absent: &["timestamp", "CLAUDE_ENV_FILE"],
            sources: CLAUDE_SOURCES,
        },
        delivers: true,
        transcript: Some(Dialect::Codex),
        // It runs the hook with the first prompt, so the request that carries the text follows at once.
        unproven: Unproven::Archive,
        attendance: Attendance::CodexRollout,
        server_argument: Some("app-server"),
    },
    Host {
        name: "Factory droid",
        stamp: "droid",
        payload: PayloadForm {
            present: &["permission_mode", "CLAUDE_ENV_FILE"],
            absent: &["timestamp"],
            sources: CLAUDE_SOURCES,
        },
        delivers: true,
        transcript: Some(Dialect::Droid),
        unproven: Unproven::Wait,
        attendance: Attendance::Argument(&["exec"]),
        server_argument: None,
    },
    Host {
        name: "Claude Code",
        stamp: "claude-code",
        payload: PayloadForm {
            present: &[],
            absent: &["permission_mode", "timestamp"],
            sources: CLAUDE_SOURCES,
        },
        delivers: true,
        transcript: Some(Dialect::ClaudeCode),
        // It runs the hook when it is opened, and may be closed again before the first prompt.
        unproven: Unproven::Wait,
        attendance: Attendance::ClaudeEnvironment,
        server_argument: None,
    },
];

/// The sources of Claude Code, which the others took over.
const CLAUDE_SOURCES: &[&str] = &["startup", "resume", "clear", "compact", "fork"];

/// The row whose stamp this is.
pub fn by_stamp(stamp: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.stamp == stamp)
}
