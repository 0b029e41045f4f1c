//! In which form hooks print.

/// In which form a host's hook prints what the model is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputForm {
    /// Text, as it is.
    Plain,
    /// `{"hookSpecificOutput":{"hookEventName":…,"additionalContext":…},"systemMessage":…}`
    Nested,
    /// `{"additionalContext":…}`
    Context,
    /// `{"additional_context":…}`
    SnakeContext,
}
