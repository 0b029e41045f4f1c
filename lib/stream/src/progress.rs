//! What is worth a line while a run goes on.

use std::fmt;

use handoff_text::Sanitised;

use crate::SessionId;
use crate::state::Tell;

/// One line of progress: no line end, nothing that a terminal obeys, at most [`crate::LINE_LIMIT`] bytes.
///
/// Its text may still be `RESULT=/etc/passwd`. [`fmt::Display`] puts the kind before it, so that no line that is
/// written with it begins with the backend's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The conversation has this id; a later one takes its place.
    Session(SessionId),
    /// The agent said something; the last of it is often the result.
    Text(Sanitised),
    /// The agent thought something.
    Thought(Sanitised),
    /// The agent uses a tool or has used one: `Bash: ls`, `$ ls`, `exit 2: $ ls`.
    Tool(Sanitised),
    /// The backend asks its service again, after an error that is none yet.
    Retry(Sanitised),
    /// Something was refused or is not as it should be, and the run goes on.
    Warning(Sanitised),
    /// The backend reported an error. Unless it recovers, it is the [`crate::Outcome`]'s reason.
    Error(Sanitised),
    /// Something about the stream itself.
    Note(Sanitised),
}

impl Progress {
    /// Tells a line unless it is empty.
    pub(crate) fn line(kind: fn(Sanitised) -> Self, line: Sanitised, tell: Tell<'_>) {
        if !line.is_empty() {
            tell(kind(line));
        }
    }

    /// One word for what it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Text(_) => "text",
            Self::Thought(_) => "thought",
            Self::Tool(_) => "tool",
            Self::Retry(_) => "retry",
            Self::Warning(_) => "warning",
            Self::Error(_) => "error",
            Self::Note(_) => "note",
        }
    }

    /// The line without its kind.
    pub fn text(&self) -> &str {
        match self {
            Self::Session(id) => id.as_str(),
            Self::Text(line)
            | Self::Thought(line)
            | Self::Tool(line)
            | Self::Retry(line)
            | Self::Warning(line)
            | Self::Error(line)
            | Self::Note(line) => line,
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind(), self.text())
    }
}
