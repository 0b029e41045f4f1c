//! `<YYYYMMDD>T<HHMMSS>Z-from-<sender key>[-<topic>][-<5 hex>].md`.

use std::fmt;

use crate::time::Timestamp;

/// The longest key in a file name, in bytes: a claim's prefix must still fit into the 255 that a name may have.
const LONGEST_KEY: usize = 100;

/// A handoff's file name without its ending, so that a suffix can be added when it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

/// What the handoff is about, in its file name: `[a-z0-9][a-z0-9._-]*` in any case, at most 60 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic(String);

/// Why a topic is none, with one that would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a topic: use letters, digits, `.`, `_` and `-`, at most 60{}", suggestion.as_ref().map(|s| format!(", for example `{s}`")).unwrap_or_default())]
pub struct InvalidTopic {
    /// What was given.
    pub given: String,
    /// The nearest topic, when there is one.
    pub suggestion: Option<String>,
}

impl FileName {
    /// The name of a handoff written at `created` by the worktree `sender`.
    pub fn new(created: Timestamp, sender: &str, topic: Option<&Topic>) -> Self {
        let sender = &sender[..sender.floor_char_boundary(LONGEST_KEY)];
        let topic = topic.map(|topic| format!("-{topic}")).unwrap_or_default();
        Self(format!("{}-from-{sender}{topic}", created.compact()))
    }

    /// The name as it is first tried.
    pub fn plain(&self) -> String {
        format!("{}.md", self.0)
    }

    /// The name when the plain one is taken; `digits` should be 5 random hex digits.
    pub fn with_suffix(&self, digits: &str) -> String {
        format!("{}-{digits}.md", self.0)
    }
}

impl Topic {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`InvalidTopic`] when it is none.
    pub fn new(text: &str) -> Result<Self, InvalidTopic> {
        if is_topic(text) {
            return Ok(Self(text.to_owned()));
        }
        let words: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let mut suggestion = words.join("-");
        suggestion.truncate(60);
        let suggestion = suggestion.trim_end_matches('-').to_owned();
        Err(InvalidTopic { given: text.to_owned(), suggestion: is_topic(&suggestion).then_some(suggestion) })
    }
}

fn is_topic(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
