//! `session-start`. The program reads its own four options, so that it need not link this: a test compares them.

use super::ROOT;
use crate::table::{Default, Opt, Program, Values, Verb};

static FORMAT: Opt = Opt::value(
    "format",
    "F",
    Values::OneOf(&[
        "auto", "plain", "claude", "codex", "gemini", "droid", "qwen", "copilot", "opencode", "cursor", "amp",
    ]),
    "auto: as the host takes it whose JSON arrives, else plain text (default); plain; or as a host takes it",
);
static MAX_BYTES: Opt =
    Opt::value("max-bytes", "N", Values::Any, "the most bytes of text; default 9500, at least 2000");
static PEEK: Opt = Opt::flag("peek", "show what waits and leave it unread");

static ONLY: Verb = Verb {
    options: &[&FORMAT, &ROOT, &MAX_BYTES, &PEEK],
    notes: "Nothing waiting: no output. The exit code is always 0.",
    ..Verb::new("", "")
};

/// The program.
pub static PROGRAM: Program = Program {
    name: "session-start",
    about: "offers a new session the handoffs that wait for its worktree",
    verbs: &[&ONLY],
    default: Default::Program,
    globals: &[],
    notes: "The agent runs it as the hook of a session's start, with the hook's JSON on standard input. A handoff that was offered stays unread until the session has answered.",
};
