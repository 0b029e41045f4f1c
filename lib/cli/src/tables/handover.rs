//! `handover`; most of its verbs are verbs of `handoff` too.

use super::{DRY_RUN, JSON, ROOT, YES, mail};
use crate::table::{
    Audience, Count, Default, Example, Known, Operand, Opt, Program, Rule, Tail, Takes, Values, Verb,
};

const SAVING: &str = "saving";
const TAKING: &str = "taking over";
const SETTING_UP: &str = "setting up";

/// `--title`.
pub static TITLE: Opt = Opt::value("title", "TITLE", Values::Any, "one line; else the newest request");
/// `--summary`.
pub static SUMMARY: Opt = Opt::value("summary", "TEXT", Values::Any, "what was done");
/// `--next-step`.
pub static NEXT_STEP: Opt = Opt::value("next-step", "TEXT", Values::Any, "what comes next");
/// `--to`.
pub static TO: Opt = Opt::value(
    "to",
    "NAME",
    Values::Known(Known::Worktrees),
    "the worktree in whose inbox it is announced, instead of this one",
);
/// `--tool`, of `capture` and `on-event`.
pub static TOOL: Opt = Opt::value("tool", "TOOL", Values::Any, "whose session it is: claude, codex, …");
/// `--session-id`.
pub static SESSION_ID: Opt = Opt::value("session-id", "ID", Values::Any, "the session that is summarised");
/// `--transcript`.
pub static TRANSCRIPT: Opt = Opt::value("transcript", "FILE", Values::File, "its transcript");
/// `--tool`, of what is wired.
pub static TOOLS: Opt = Opt {
    takes: Takes::Each("TOOL", Values::Any),
    ..Opt::flag("tool", "only this one; may be given more than once")
};
/// `--remove`.
pub static REMOVE: Opt = Opt::flag("remove", "take it away again");
/// `--detached`.
pub static DETACHED: Opt = Opt::flag("detached", "the host may be gone by now").hidden();
/// `--format`.
pub static FORMAT: Opt = Opt::value(
    "format",
    "F",
    Values::OneOf(&["plain", "claude", "codex"]),
    "plain: text (default); claude, codex: the JSON of a hook",
);
/// `--all`.
pub static ALL: Opt = Opt::flag("all", "also what was taken already");
/// `--from`.
pub static FROM: Opt = Opt::value("from", "DIR", Values::Directory, "out of another worktree or clone");
/// `--again`.
pub static AGAIN: Opt = Opt::flag("again", "also one that was taken already");
/// `--apply`.
pub static APPLY: Opt = Opt::flag("apply", "make its changes here");
/// `--onto-head`.
pub static ONTO_HEAD: Opt = Opt::flag("onto-head", "also on another commit, by a three-way merge");
/// `--allow-config`.
pub static ALLOW_CONFIG: Opt = Opt::flag("allow-config", "also files that programs run or obey");
/// `--undo`.
pub static UNDO: Opt = Opt::flag("undo", "put back what the last --apply changed");
/// `--pickup`.
pub static PICKUP_FIRST: Opt = Opt::flag("pickup", "take what waits here for it");
/// `--out`.
pub static OUT: Opt = Opt::value("out", "DIR", Values::Directory, "there, instead of .handover/rendered");
/// `--allow-secrets`.
pub static ALLOW_SECRETS: Opt = Opt::flag("allow-secrets", "also where the patch holds secrets");
/// `--config`.
pub static CONFIG: Opt = Opt::flag("config", "the settings that came with the clone");

const ID: Operand = Operand {
    name: "ID",
    about: "a capture's name, or a part of it that no other has; without one, the newest that waits here",
    count: Count::Optional,
    values: Values::Known(Known::Captures),
};

/// `capture`.
pub static CAPTURE: Verb = Verb {
    group: SAVING,
    options: &[&TITLE, &SUMMARY, &NEXT_STEP, &TO, &TOOL, &SESSION_ID, &TRANSCRIPT, &JSON],
    examples: &[Example {
        line: "capture --summary 'half of the parser' --next-step 'the tests'",
        about: "",
    }],
    ..Verb::new("capture", "saves the session's state and every uncommitted change, now")
};
/// `on-event`.
pub static ON_EVENT: Verb = Verb {
    group: SAVING,
    options: &[&TOOL, &DETACHED],
    audience: Audience::Hosts,
    notes: "Exit code: always 0.",
    ..Verb::new(
        "on-event",
        "captures when a usage limit is near or hit; a hook runs it, with the event on standard input",
    )
};
/// `pending`.
pub static PENDING: Verb = Verb {
    group: TAKING,
    options: &[&ALL, &JSON],
    ..Verb::new("pending", "shows the captures that wait here")
};
/// `pickup`.
pub static PICKUP: Verb = Verb {
    group: TAKING,
    operands: &[ID],
    options: &[&FROM, &AGAIN, &APPLY, &ONTO_HEAD, &ALLOW_CONFIG, &UNDO],
    rules: &[
        Rule::Requires(&ONTO_HEAD, &[&APPLY]),
        Rule::Requires(&ALLOW_CONFIG, &[&APPLY]),
        Rule::Alone(&UNDO, &[]),
    ],
    examples: &[
        Example { line: "pickup", about: "its summary, and takes it; inspect only shows" },
        Example { line: "pickup --apply", about: "and its changes, in this worktree" },
    ],
    ..Verb::new("pickup", "takes a capture: its summary, with --apply its changes")
};
/// `run`.
pub static RUN: Verb = Verb {
    group: TAKING,
    operands: &[Operand { name: "COMMAND", about: "", count: Count::One, values: Values::Any }],
    options: &[&PICKUP_FIRST],
    tail: Tail::Command("COMMAND"),
    examples: &[Example { line: "run --pickup -- codex", about: "" }],
    ..Verb::new("run", "starts a tool, with HANDOVER_SUMMARY and HANDOVER_BUNDLE set")
};
/// `inspect`.
pub static INSPECT: Verb = Verb {
    group: TAKING,
    operands: &[ID],
    options: &[&JSON],
    ..Verb::new("inspect", "shows what is in a capture, and whether it applies here")
};
/// `allow`.
pub static ALLOW: Verb = Verb {
    group: TAKING,
    operands: &[Operand { about: "a capture's name, or a part of it that no other has", ..ID }],
    options: &[&CONFIG, &YES],
    ..Verb::new("allow", "trusts a capture, or settings, that came with a clone")
};
/// `render`.
pub static RENDER: Verb = Verb {
    group: TAKING,
    operands: &[ID],
    options: &[&OUT, &ALLOW_SECRETS],
    ..Verb::new("render", "writes a capture as files for other tools")
};
/// `session-start`.
pub static SESSION_START: Verb = Verb {
    group: TAKING,
    options: &[&FORMAT],
    audience: Audience::Hosts,
    notes: "Exit code: always 0.",
    ..Verb::new("session-start", "tells a session that begins of the captures that wait")
};
/// `init`.
pub static INIT: Verb =
    Verb { group: SETTING_UP, ..Verb::new("init", "makes the directory .handover and its config.toml") };
/// `enable`.
pub static ENABLE: Verb = Verb {
    group: SETTING_UP,
    options: &[&TOOLS, &DRY_RUN],
    examples: &[Example { line: "enable --tool claude", about: "" }],
    ..Verb::new("enable", "wires captures into the tools of this project")
};
/// `disable`.
pub static DISABLE: Verb = Verb {
    group: SETTING_UP,
    options: &[&TOOLS, &DRY_RUN],
    ..Verb::new("disable", "takes that away again, byte for byte")
};
/// `install`.
pub static INSTALL: Verb = Verb {
    group: SETTING_UP,
    options: &[&REMOVE, &TOOLS, &DRY_RUN],
    ..Verb::new("install", "wires captures for every project of this user")
};
/// `adapters`.
pub static ADAPTERS: Verb = Verb {
    group: SETTING_UP,
    options: &[&JSON],
    ..Verb::new(
        "adapters",
        "shows the tools: which are found, what is wired, and how sure it is that it works",
    )
};
/// `status`.
pub static STATUS: Verb = Verb {
    group: SETTING_UP,
    options: &[&JSON],
    ..Verb::new("status", "shows what waits, the usage windows, what is wired")
};
/// `print-config`.
pub static PRINT_CONFIG: Verb = Verb {
    group: SETTING_UP,
    ..Verb::new("print-config", "prints every setting of captures, with its value")
};
/// `statusline-tap`.
pub static STATUSLINE_TAP: Verb = Verb {
    group: SETTING_UP,
    operands: &[Operand { name: "COMMAND", about: "", count: Count::Optional, values: Values::Any }],
    tail: Tail::Command("COMMAND"),
    audience: Audience::Hosts,
    ..Verb::new(
        "statusline-tap",
        "notes Claude Code's usage windows from its statusline; runs COMMAND, or prints them",
    )
};

/// The program.
pub static PROGRAM: Program = Program {
    name: "handover",
    about: "saves the work itself before a usage limit, and puts it back anywhere, once",
    verbs: &[
        &CAPTURE,
        &ON_EVENT,
        &PENDING,
        &PICKUP,
        &RUN,
        &INSPECT,
        &ALLOW,
        &SESSION_START,
        &RENDER,
        &mail::EXPORT,
        &mail::IMPORT,
        &mail::SEND,
        &mail::PEOPLE,
        &mail::JOIN,
        &mail::PUSH,
        &mail::PULL,
        &mail::SYNC,
        &mail::MAIL_VERB,
        &mail::RECALL,
        &mail::GIVE_BACK,
        &INIT,
        &ENABLE,
        &DISABLE,
        &INSTALL,
        &ADAPTERS,
        &STATUS,
        &PRINT_CONFIG,
        &STATUSLINE_TAP,
    ],
    default: Default::Program,
    globals: &[&ROOT],
    notes: "Exit code: 0 success, 1 not done, 2 usage. What hooks run never fails its host: 0.",
};
