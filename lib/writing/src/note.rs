//! What the writer of a handoff should know of how it was written.

use handoff_process::MAX_SESSION_ID_BYTES;
use handoff_text::Sanitised;

use crate::parts::Unusable;

/// One thing that the writer should know. Displayed it is a line.
#[derive(Debug, thiserror::Error)]
pub enum Note {
    /// The draft's frontmatter stayed in the body.
    #[error("{0}: it was kept in the body, whole")]
    KeptInBody(Unusable),
    /// Which worktree it is for, where another one may have been meant.
    #[error("{0}")]
    Recipient(Sanitised),
    /// Two agents name a session.
    #[error("no session is named as the writer, since both {one} and {other} are set")]
    TwoSessions {
        /// The variable of the one.
        one: &'static str,
        /// The variable of the other.
        other: &'static str,
    },
    /// What this variable holds can be no session's id.
    #[error("{0} was ignored: a session id has letters, digits, `_` and `-`, at most {MAX_SESSION_ID_BYTES}")]
    NoSessionId(&'static str),
}
