//! Why a handoff is not written.

use std::fmt;

use handoff_document::{Draft, InvalidTopic};
use handoff_process::NoStore;
use handoff_secrets::Finding;
use handoff_store::StoreError;
use handoff_surface::size;

use crate::{Cut, MAX_HANDOFF_BYTES, NextActionFault, PlaceError};

/// One reason against a handoff. Displayed it says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The draft did not arrive whole.
    #[error(transparent)]
    Cut(#[from] Cut),
    /// The draft has so many bytes, more than [`MAX_HANDOFF_BYTES`].
    #[error(
        "it has {}, a handoff may have {}: name large files instead of quoting them",
        size(*.0 as u64),
        size(MAX_HANDOFF_BYTES as u64)
    )]
    TooLarge(usize),
    /// There is nothing in it.
    #[error("it is empty: begin with the template's sections")]
    Empty,
    /// Its frontmatter has so many bytes of unknown fields, more than [`Draft::MAX_UNKNOWN_BYTES`].
    #[error(
        "its frontmatter has {} of fields that handoff-write does not know, a handoff may have {}: move what is long into the body",
        size(*.0 as u64),
        size(Draft::MAX_UNKNOWN_BYTES as u64)
    )]
    UnknownFields(usize),
    /// It does not say what to do first.
    #[error(transparent)]
    NextAction(#[from] NextActionFault),
    /// The topic in its frontmatter is none.
    #[error(transparent)]
    Topic(#[from] InvalidTopic),
    /// Secrets, and the writer did not say what to do about them.
    #[error("it holds what looks like a secret: {}; take it out, redact it, or allow it if it is none", list(.0))]
    Secret(Vec<SecretAt>),
    /// Secrets in fields that are written as they are: they are not redacted.
    #[error("it holds what looks like a secret: {}; give another value", list(.0))]
    SecretInFixedField(Vec<SecretAt>),
    /// It is not known where handoffs are kept.
    #[error(transparent)]
    NoStore(#[from] NoStore),
    /// It is not known from which worktree it is, or for which.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reason {
    /// Whether the request itself is wrong, so that no other draft would help.
    pub fn is_misuse(&self) -> bool {
        matches!(self, Self::Place(error) if error.is_misuse())
    }
}

/// What looks like a secret, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretAt {
    /// The rule that found it, for example `github-token`.
    pub rule: &'static str,
    /// Where it is.
    pub place: Place,
}

/// Where a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this field.
    Field(Field),
    /// In this line of the draft, counted from 1.
    Line(usize),
    /// In the next action that the draft was made of.
    NextAction {
        /// In this line of it, counted from 1; `None` where it has only one.
        line: Option<usize>,
    },
}

/// A field that a writer gives beside the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of `Fields`")]
pub enum Field {
    Name,
    Description,
    Topic,
    Tool,
    SessionId,
}

impl SecretAt {
    pub(crate) fn new(finding: &Finding, place: Place) -> Self {
        Self { rule: finding.rule, place }
    }
}

impl fmt::Display for SecretAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.rule, self.place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "{field}"),
            Self::Line(line) | Self::NextAction { line: Some(line) } => write!(f, "line {line}"),
            Self::NextAction { line: None } => f.write_str("the next action"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name",
            Self::Description => "the description",
            Self::Topic => "the topic",
            Self::Tool => "the tool",
            Self::SessionId => "the session's id",
        })
    }
}

fn list(found: &[SecretAt]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
