//! From a draft to a handoff in an inbox: judged, composed and written, or kept with the reasons against it.
//!
//! Typed requests in, typed results out. A reason says what is wrong and what to do about it in words that hold for every
//! caller; a program that knows better words (the flags of its command line) matches the variant.

mod author;
mod context;
mod deliver;
mod judge;
mod next_action;
mod note;
mod parts;
mod reason;
mod secrets;
mod sender;
mod source;
mod template;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use handoff_address::{Address, WorktreeName};
use handoff_document::Topic;
use handoff_process::Environment;

pub use author::Author;
pub use context::Context;
pub use next_action::{HeadingAt, NextActionFault};
pub use note::Note;
pub use parts::Unusable;
pub use reason::{Field, Place, Reason, SecretAt};
pub use secrets::Secrets;
pub use sender::{PlaceError, Sender, Start};
pub use source::{Cut, Kept, MAX_DRAFT_BYTES, Source};

/// The largest handoff, in bytes.
pub const MAX_HANDOFF_BYTES: usize = 1 << 20;

/// A handoff that is to be written.
#[derive(Debug, Default)]
pub struct Request {
    /// The draft.
    pub source: Source,
    /// What the writer gives beside it.
    pub fields: Fields,
    /// Where the writer is.
    pub start: Start,
    /// The worktree that it is for; `None` is the writer's own.
    pub to: Option<WorktreeName>,
    /// Whether `to` may name a worktree that does not exist yet.
    pub is_new: bool,
}

/// What a writer gives beside the draft. Each counts before what the draft's frontmatter says.
#[derive(Debug, Default)]
pub struct Fields {
    /// The title.
    pub name: Option<String>,
    /// The summary, one line.
    pub description: Option<String>,
    /// The topic in the file's name.
    pub topic: Option<Topic>,
    /// The agent that writes, as `session_tool` names it.
    pub tool: Option<String>,
    /// The id of its session.
    pub session_id: Option<String>,
    /// How many files are uncommitted, where the caller has counted them.
    pub dirty_files: Option<usize>,
    /// What to do about secrets.
    pub secrets: Secrets,
}

/// A handoff in its inbox.
#[derive(Debug)]
pub struct Written {
    /// Its file.
    pub path: PathBuf,
    /// The inbox.
    pub to: Address,
    /// What a reader repeats to show that it read this text.
    pub sentinel: String,
    /// Its title.
    pub name: String,
    /// How many secrets were replaced in the draft.
    pub redacted: usize,
    /// What the writer should know of how it was written.
    pub notes: Vec<Note>,
}

/// A handoff that was not written.
#[derive(Debug)]
pub struct Refused {
    /// Why, each with what to do.
    pub reasons: Vec<Reason>,
    /// Where the draft is now.
    pub kept: Kept,
}

impl Refused {
    /// Whether the request itself is wrong, so that no other draft would help.
    pub fn is_misuse(&self) -> bool {
        self.reasons.iter().any(Reason::is_misuse)
    }
}

/// Judges the draft of `request` and keeps nothing: what a writer should know of a good one.
///
/// # Errors
/// Each [`Reason`] against it.
pub fn check(request: &Request) -> Result<Vec<Note>, Vec<Reason>> {
    judge::accept(request).map(|accepted| accepted.notes)
}

/// Writes the handoff of `request`. A draft that lies where drafts are kept is removed then; a user's own file stays.
///
/// # Errors
/// [`Refused`]: the draft is kept.
pub fn write(request: &Request, environment: &Environment) -> Result<Written, Refused> {
    let written = judge::accept(request)
        .and_then(|accepted| deliver::deliver(accepted, request, environment).map_err(|reason| vec![reason]));
    match written {
        Ok(written) => {
            request.source.discard(environment);
            Ok(written)
        }
        Err(reasons) => Err(Refused { reasons, kept: request.source.keep(environment) }),
    }
}
