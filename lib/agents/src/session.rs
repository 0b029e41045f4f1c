//! What a host's sessions say of themselves.

/// What tells the payload that a host sends to its hook when a session starts from those of the others. No payload fits
/// two rows.
#[derive(Clone, Copy, Debug)]
pub struct PayloadForm {
    /// Its `hook_event_name`; `None` where it has no such field.
    pub event: Option<&'static str>,
    /// The field that has the session's id.
    pub session: &'static str,
    /// Fields that it always has beside these. A text that is empty does not count.
    pub present: &'static [&'static str],
    /// Fields that it never has.
    pub absent: &'static [&'static str],
    /// The values that its `source` may have. One that is not there fits too.
    pub sources: &'static [&'static str],
}

impl PayloadForm {
    /// The form of Claude Code, which others took over.
    pub(crate) const CLAUDE: Self = Self {
        event: Some("SessionStart"),
        session: "session_id",
        present: &[],
        absent: &[],
        sources: &["startup", "resume", "clear", "compact", "fork"],
    };
}

/// What a host's sessions are told of what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivers {
    /// Everything, and it counts as an offer: what the hook prints was seen to reach the model.
    Offers,
    /// One line, and nothing changes: that it reaches the model is documented, and was not seen.
    Mentions,
    /// Nothing: it discards what the hook prints, or it is not known whether it does.
    Nothing,
}

/// The format that a host's transcripts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The sessions of Claude Code, `~/.claude/projects/*/*.jsonl`.
    ClaudeCode,
    /// The rollouts of Codex, `~/.codex/sessions/**/rollout-*.jsonl`.
    Codex,
    /// The chats of Gemini CLI, `~/.gemini/tmp/*/chats/session-*.jsonl`.
    Gemini,
    /// The sessions of Factory droid, `~/.factory/sessions/*/*.jsonl`.
    Droid,
    /// The chats of Qwen Code, `~/.qwen/projects/*/chats/*.jsonl`.
    Qwen,
    /// The events of GitHub Copilot CLI, `~/.copilot/session-state/*/events.jsonl`.
    Copilot,
}

/// What to do with a handoff that was offered where no transcript can show what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// It counts as delivered: the real host was seen to pass each such text on with the first request.
    Archive,
    /// It keeps waiting: a session may end before its first request.
    Wait,
}

/// What tells whether a person sits in front of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// `CLAUDE_CODE_SESSION_ATTENDED`, and `CLAUDE_CODE_ENTRYPOINT`.
    ClaudeEnvironment,
    /// The newest `turn_trigger` of the rollout: `exec` where no person is there.
    CodexRollout,
    /// An argument of the host's process.
    Argument(&'static [&'static str]),
    /// An argument of the host's process, or the prompt itself on its command line, unless an argument says that the
    /// session goes on behind it.
    Prompt {
        /// The arguments that say that no person is there.
        without: &'static [&'static str],
        /// Those that say that one is.
        with: &'static [&'static str],
    },
}
