//! What each agent host is, as far as giving a session its handoffs goes: one row for each.
//!
//! A host is known by what it sends to its SessionStart hook, never by a guess: several hosts run hooks that were wired
//! for another one and discard what they print, and a handoff that is offered to nobody must stay where it is. So a
//! payload that fits no row is no session start. What was observed of each host, and with which version, is in
//! `docs/hosts.md`.

mod hosts;
mod payload;

pub use hosts::{HOSTS, by_stamp};
pub use payload::{SessionStart, Source};

/// One agent host.
#[derive(Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, for people.
    pub name: &'static str,
    /// Its name in the field `session_tool` of a handoff, and in offers.
    pub stamp: &'static str,
    /// What tells its payload.
    pub payload: PayloadForm,
    /// Whether what its SessionStart hook prints reaches the model. Nothing is offered where it does not.
    pub delivers: bool,
    /// How its transcript shows that a session used what it was given; `None` where no form is known.
    pub transcript: Option<Dialect>,
    /// What to do with a handoff where no transcript can show that.
    pub unproven: Unproven,
    /// What tells a session without a person in front of it.
    pub attendance: Attendance,
    /// An argument of a process that serves several sessions at once. Such a process says nothing of one session's end.
    pub server_argument: Option<&'static str>,
}

/// What tells a host's SessionStart payload from those of the others.
#[derive(Debug, PartialEq, Eq)]
pub struct PayloadForm {
    /// Fields that it always has, beside `hook_event_name` and `session_id`.
    pub present: &'static [&'static str],
    /// Fields that it never has.
    pub absent: &'static [&'static str],
    /// The values that its `source` may have. One that is not there fits too.
    pub sources: &'static [&'static str],
}

/// The format of a transcript.
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
