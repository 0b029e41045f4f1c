//! What a host's sessions say of themselves.

/// What tells a host's SessionStart payload from those of the others. No payload fits two rows.
#[derive(Clone, Copy, Debug)]
pub struct PayloadForm {
    /// Fields that it always has, beside `hook_event_name` and `session_id`.
    pub present: &'static [&'static str],
    /// Fields that it never has.
    pub absent: &'static [&'static str],
    /// The values that its `source` may have. One that is not there fits too.
    pub sources: &'static [&'static str],
}

/// The sources of Claude Code, which others took over.
pub(crate) const CLAUDE_SOURCES: &[&str] = &["startup", "resume", "clear", "compact", "fork"];

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
}
