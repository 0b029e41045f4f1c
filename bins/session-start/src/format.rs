//! The message in the form that the reader takes.

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
        let text = handoff_text::Sanitised::line(text.as_bytes(), 1_000).to_string();
        Self { summary: text.clone(), text: text + "\n" }
    }

    pub(crate) fn plain(&self) -> String {
        self.text.clone()
    }

    /// One line of the JSON that Claude Code and Codex both take. Codex refuses any other field, and takes plain text
    /// that starts with `{` or `[` for broken JSON.
    pub(crate) fn json(&self) -> String {
        let output = json!({
            "hookSpecificOutput": { "hookEventName": "SessionStart", "additionalContext": self.text },
            "systemMessage": self.summary,
        });
        format!("{output}\n")
    }
}
