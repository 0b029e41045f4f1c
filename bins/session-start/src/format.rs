//! The message in the form that the reader takes.

use handoff_agents::OutputForm;
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

    /// The same, of which its person is told nothing.
    pub(crate) fn without_summary(mut self) -> Self {
        self.summary.clear();
        self
    }

    /// What the session is told.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// In the form that the reader takes, for a hook of this event.
    pub(crate) fn printed(&self, form: OutputForm, event: &str) -> String {
        let output = match form {
            OutputForm::Plain => return self.text.clone(),
            OutputForm::Nested if self.summary.is_empty() => json!({
                "hookSpecificOutput": { "hookEventName": event, "additionalContext": self.text },
            }),
            OutputForm::Nested => json!({
                "hookSpecificOutput": { "hookEventName": event, "additionalContext": self.text },
                "systemMessage": self.summary,
            }),
            OutputForm::Context => json!({ "additionalContext": self.text }),
            OutputForm::SnakeContext => json!({ "additional_context": self.text }),
        };
        // One line of JSON.
        format!("{output}\n")
    }
}
