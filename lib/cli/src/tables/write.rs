//! `handoff-write`, `handoff write`.

use super::{JSON, ROOT};
use crate::table::{Default, Example, Opt, Program, Rule, Values, Verb};

/// `--to`.
pub static TO: Opt = Opt::value(
    "to",
    "NAME",
    Values::Known(crate::table::Known::Worktrees),
    "another worktree: a linked one of this repository, else the directory ../NAME",
);
/// `--new`.
pub static NEW: Opt = Opt::flag("new", "--to names a worktree to come, though another is called nearly so");
/// `--topic`.
pub static TOPIC: Opt = Opt::value("topic", "SLUG", Values::Any, "what it is about, for the file name");
/// `--file`.
pub static FILE: Opt =
    Opt::value("file", "PATH", Values::File, "read the draft there; - is standard input (default)");
/// `--message`.
pub static MESSAGE: Opt =
    Opt::value("message", "TEXT", Values::Any, "the next action, which then is the whole handoff")
        .letter('m');
/// `--name`.
pub static NAME: Opt = Opt::value("name", "TITLE", Values::Any, "title; else the draft's, or its heading");
/// `--description`.
pub static DESCRIPTION: Opt =
    Opt::value("description", "S", Values::Any, "summary; else the draft's, or the start of the next action");
/// `--tool`.
pub static TOOL: Opt = Opt::value(
    "tool",
    "AGENT",
    Values::Any,
    "which agent writes: claude-code, codex-cli, …; else the one whose shell this is",
);
/// `--session-id`.
pub static SESSION_ID: Opt = Opt::value(
    "session-id",
    "ID",
    Values::Any,
    "the writing session; else CLAUDE_CODE_SESSION_ID or CODEX_THREAD_ID, by --tool",
);
/// `--check`.
pub static CHECK: Opt = Opt::flag("check", "judge the draft, write nothing");
/// `--redact`.
pub static REDACT: Opt = Opt::flag("redact", "replace secrets by [REDACTED:<rule>]");
/// `--allow-secrets`.
pub static ALLOW_SECRETS: Opt = Opt::flag("allow-secrets", "write secrets as they are");
/// `--dirty-files`.
pub static DIRTY_FILES: Opt =
    Opt::value("dirty-files", "N", Values::Any, "how many files are uncommitted, where it was counted");
/// `--length`.
pub static LENGTH: Opt =
    Opt::value("length", "BYTES", Values::Any, "refuse a draft of another length: it is not whole");
/// `--project-dir`.
pub static PROJECT_DIR: Opt = Opt::value(
    "project-dir",
    "DIR",
    Values::Directory,
    "where the session was started; else that of the session whose shell this is",
);
/// `--template`.
pub static TEMPLATE: Opt = Opt::flag("template", "print the sections of a handoff");
/// `--context`.
pub static CONTEXT: Opt =
    Opt::flag("context", "print what a writer should know: branch, changed files, siblings");

static ONLY: Verb = Verb {
    options: &[
        &TO,
        &NEW,
        &TOPIC,
        &FILE,
        &MESSAGE,
        &NAME,
        &DESCRIPTION,
        &TOOL,
        &SESSION_ID,
        &CHECK,
        &REDACT,
        &ALLOW_SECRETS,
        &DIRTY_FILES,
        &LENGTH,
        &ROOT,
        &PROJECT_DIR,
        &TEMPLATE,
        &CONTEXT,
        &JSON,
    ],
    rules: &[
        Rule::Exclusive(&[&REDACT, &ALLOW_SECRETS]),
        Rule::Exclusive(&[&MESSAGE, &FILE]),
        Rule::Requires(&NEW, &[&TO]),
    ],
    examples: &[
        Example { line: "--topic auth --to app-review < handoff.md", about: "" },
        Example { line: "-m 'next: run make test-auth'", about: "" },
    ],
    notes: "The text comes from standard input, --file or -m; on a terminal from an editor ($VISUAL, $EDITOR). It must have the heading `## Immediate next action`.\nExit code: 0 written, 1 refused (the draft is kept, the message says where), 2 usage.",
    ..Verb::new("", "")
};

/// The program.
pub static PROGRAM: Program = Program {
    name: "handoff-write",
    about: "leaves a handoff for the next session of a worktree",
    verbs: &[&ONLY],
    default: Default::Program,
    globals: &[],
    notes: "",
};
