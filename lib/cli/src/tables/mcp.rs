//! `handoff-mcp`, `handoff mcp`.

use super::ROOT;
use crate::table::{Default, Program, Verb};

static ONLY: Verb = Verb {
    options: &[&ROOT],
    notes: "It reads and writes MCP messages, one JSON object a line, until its input ends.\n\
            Without --root it is the client's root, else the directory that it was started in.",
    ..Verb::new("", "")
};

/// The program.
pub static PROGRAM: Program = Program {
    name: "handoff-mcp",
    about: "an MCP server: the handoffs of a worktree, for hosts without a hook",
    verbs: &[&ONLY],
    default: Default::Program,
    globals: &[],
    notes: "",
};
