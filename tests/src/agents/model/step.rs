//! What the model does in one turn.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Text;

/// One turn of the script, made by [`text`], [`call`], [`shell`], [`refuse`] or [`reading`].
#[derive(Debug, Clone)]
pub struct Step {
    pub(super) reader: Option<Reader>,
    pub(super) pause: Duration,
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
    pub(super) refusal: Option<Refusal>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) is_held: bool,
}

/// Makes a step of the texts that the model was sent.
type Read = dyn Fn(&[Text]) -> Step + Send + Sync;

/// A step that depends on what was sent.
#[derive(Clone)]
pub(super) struct Reader(Arc<Read>);

impl fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reader")
    }
}

/// An agent's shell, as a tool of its model.
#[derive(Debug, Clone, Copy)]
pub(in crate::agents) struct Shell {
    /// The tool's name.
    pub(in crate::agents) name: &'static str,
    /// What it is called with for a command line.
    pub(in crate::agents) input: fn(&str) -> Value,
}

/// A tool call.
#[derive(Debug, Clone)]
pub(super) enum Call {
    /// A tool by the name that the agent gave it.
    Tool { name: String, input: Value },
    /// The tool whose name ends so.
    Ending { end: String, input: Value },
    /// The agent's shell, whatever its name.
    Shell(String),
}

impl Call {
    /// The tool's name and what it is called with, where the shell is this one.
    pub(super) fn named(&self, shell: Shell) -> (&str, Value) {
        match self {
            Self::Tool { name, input } | Self::Ending { end: name, input } => (name, input.clone()),
            Self::Shell(line) => (shell.name, (shell.input)(line)),
        }
    }
}

/// An HTTP error.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) message: String,
}

/// Says `words` and ends the turn.
pub fn text(words: impl Into<String>) -> Step {
    Step {
        reader: None,
        pause: Duration::ZERO,
        text: words.into(),
        calls: Vec::new(),
        refusal: None,
        headers: Vec::new(),
        is_held: false,
    }
}

/// Does what `read` makes of all that the model was sent. A panic in it ends the connection, and is printed.
pub fn reading(read: impl Fn(&[Text]) -> Step + Send + Sync + 'static) -> Step {
    Step { reader: Some(Reader(Arc::new(read))), ..text("") }
}

/// Calls the tool `name`. For Codex, a string as input makes it a free-form call.
pub fn call(name: impl Into<String>, input: Value) -> Step {
    let mut step = text("");
    step.calls.push(Call::Tool { name: name.into(), input });
    step
}

/// Calls the tool whose name ends in `end`: agents put the name of its server before that.
pub fn call_ending(end: impl Into<String>, input: Value) -> Step {
    let mut step = text("");
    step.calls.push(Call::Ending { end: end.into(), input });
    step
}

/// Runs a command line in the agent's shell.
pub fn shell(line: impl Into<String>) -> Step {
    let mut step = text("");
    step.calls.push(Call::Shell(line.into()));
    step
}

/// Answers with an HTTP error: `kind` as the API names it, such as `overloaded_error`.
pub fn refuse(status: u16, kind: impl Into<String>, message: impl Into<String>) -> Step {
    let (kind, message) = (kind.into(), message.into());
    Step { refusal: Some(Refusal { status, kind, message }), ..text("") }
}

/// Every name in `tools`, whatever the protocol.
fn names(tools: &Value) -> Vec<String> {
    match tools {
        Value::Array(all) => all.iter().flat_map(names).collect(),
        Value::Object(fields) => {
            let own = fields.get("name").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(names)).collect()
        }
        _ => Vec::new(),
    }
}

impl Step {
    /// The same with the names of tools that a model was offered in `body`.
    pub(super) fn with_names_of(mut self, body: &Value) -> Self {
        for call in &mut self.calls {
            if let Call::Ending { end, input } = call {
                let name = names(&body["tools"]).into_iter().find(|name| name.ends_with(end.as_str()));
                let name = name
                    .unwrap_or_else(|| panic!("no tool ends in {end}: {}", names(&body["tools"]).join(" ")));
                *call = Call::Tool { name, input: input.take() };
            }
        }
        self
    }

    /// What it comes to for a model that was sent `texts`.
    pub(super) fn resolved(self, texts: impl FnOnce() -> Vec<Text>) -> Self {
        match &self.reader {
            Some(Reader(read)) => read(&texts()),
            None => self,
        }
    }

    /// Answers only after `pause`.
    pub fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Stops in the middle of its words and says no more: until [`super::Model::go_on`], or the end of the model.
    pub fn held(mut self) -> Self {
        self.is_held = true;
        self
    }

    /// Says this before its tool calls.
    pub fn saying(mut self, words: impl Into<String>) -> Self {
        self.text = words.into();
        self
    }

    /// Makes the calls of `other` too, in the same turn.
    pub fn and(mut self, other: Self) -> Self {
        self.calls.extend(other.calls);
        self
    }

    /// A header of the answer, such as `retry-after`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
