//! The message in the form that the reader takes.

use handoff_surface::SUMMARY;
use serde_json::json;

/// What to tell the session, and what its person.
#[derive(Debug)]
pub(crate) struct Message {
    text: String,
    summary: String,
}

impl Message {
    pub(crate) fn new(text: String, summary: String) -> Self {
        Self { text, summary }
    }

    /// One line, the same for both.
    pub(crate) fn notice(text: String) -> Self {
        let line = |limit| handoff_text::Sanitised::line(text.as_bytes(), limit).to_string();
        Self { summary: line(SUMMARY), text: line(1_000) + "\n" }
    }

    /// Why nothing could be looked for.
    pub(crate) fn failure(error: &dyn std::error::Error) -> Self {
        Self::notice(format!("agent-handoff: could not look for handoffs: {error}"))
    }

    /// The same with `text` behind it.
    pub(crate) fn followed_by(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn plain(&self) -> String {
        self.text.clone()
    }

    /// One line of the JSON that all hosts take to which anything is offered. Codex refuses any other field, and takes plain text
    /// that starts with `{` or `[` for broken JSON.
    pub(crate) fn json(&self) -> String {
        let output = json!({
            "hookSpecificOutput": { "hookEventName": "SessionStart", "additionalContext": self.text },
            "systemMessage": self.summary,
        });
        format!("{output}\n")
    }
}
