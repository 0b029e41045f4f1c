//! `handoff`, the front door.

use super::{DRY_RUN, JSON, YES, handover, inbox, installer, mail, mcp, write};
use crate::table::{
    Audience, Count, Default, Example, Known, Operand, Opt, Program, Rule, Tail, Takes, Target, Values, Verb,
};

const SESSION: &str = "the next session of this worktree";
const AGENT: &str = "another agent, now";
const WORK: &str = "captures: a summary and the uncommitted changes";
const ELSEWHERE: &str = "another machine, other people";
const SETTING_UP: &str = "setting up";
const ALSO: &str = crate::help::ALSO;

/// `--backend`.
pub static BACKEND: Opt = Opt::value(
    "backend",
    "B",
    Values::Known(Known::Backends),
    "which agent, by its name in config.yaml; else the first there",
);
/// `--pro`.
pub static PRO: Opt = Opt::flag("pro", "with its pro_model");
/// `--no-pro`.
pub static NO_PRO: Opt = Opt::flag("no-pro", "with its model, also where the conversation had pro_model");
/// `--fast`.
pub static FAST: Opt = Opt::flag("fast", "in the agent's fast mode, for a higher price: codex");
/// `--dry-run` of a task.
pub static NO_RUN: Opt = Opt::flag("dry-run", "show the backend's command, and start nothing");
/// `--cwd`.
pub static CWD: Opt = Opt::value("cwd", "DIR", Values::Directory, "where it works, instead of here");
/// `--session-id`.
pub static SESSION_ID: Opt = Opt::value(
    "session-id",
    "ID",
    Values::Any,
    "the conversation by the agent's own id of it, instead of a run's; it need not be listed",
);
/// `--backend` of a conversation.
pub static ITS_BACKEND: Opt = Opt::value(
    "backend",
    "B",
    Values::Known(Known::Backends),
    "which agent has the conversation; needed where no run is listed of it",
);
/// `--slug`.
pub static SLUG: Opt = Opt::value("slug", "S", Values::Any, "words for the run's id");
/// `--print`.
pub static PRINT: Opt = Opt::flag("print", "the result on standard output too");
/// `--timeout` of a run.
pub static TIMEOUT: Opt = Opt::value("timeout", "T", Values::Any, "end it after 90s, 10m or 2h");
/// `--to-inbox`.
pub static TO_INBOX: Opt = Opt::flag(
    "to-inbox",
    "the result as a handoff for this worktree too; also done when the caller ends first",
);
/// `--quiet`.
pub static QUIET: Opt = Opt::flag("quiet", "no progress on standard error");
/// `--verbose`.
pub static VERBOSE: Opt = Opt::flag("verbose", "the backend's command on standard error");
/// `--text`.
pub static TEXT: Opt = Opt {
    takes: Takes::Line("PROMPT"),
    ..Opt::flag("text", "the rest of the line is the prompt; -- before words that look like options")
};
/// `--write`.
pub static WRITE: Opt = Opt::flag("write", "fill it from standard input");
/// `--all`.
pub static ALL: Opt = Opt::flag("all", "all of them, instead of the newest 50");
/// `--older-than`.
pub static OLDER_THAN: Opt = Opt::value("older-than", "AGE", Values::Any, "as 12h, 30d or 8w");
/// `-n`.
pub static NUMBER: Opt = Opt::value("", "N", Values::Any, "how many").letter('n');
/// `--follow`.
pub static FOLLOW: Opt = Opt::flag("follow", "until it ends").letter('f');
/// `--timeout` of `wait`.
pub static WAIT_TIMEOUT: Opt = Opt::value(
    "timeout",
    "T",
    Values::Any,
    "give up after 90s, 10m or 2h (exit code 124); what runs goes on",
);

const ID: Operand = Operand {
    name: "ID",
    about: "a run's id, its number, its UUID, or a part that no other has; without one, the newest of this worktree",
    count: Count::Optional,
    values: Values::Known(Known::Runs),
};
const PROMPT: Operand = Operand {
    name: "FILE",
    about: "a file with the prompt; - is standard input",
    count: Count::Optional,
    values: Values::File,
};

/// `run`.
pub static RUN: Verb = Verb {
    group: AGENT,
    operands: &[PROMPT],
    options: &[
        &BACKEND, &PRO, &NO_PRO, &FAST, &CWD, &SLUG, &PRINT, &TIMEOUT, &TO_INBOX, &QUIET, &VERBOSE, &NO_RUN,
        &TEXT,
    ],
    rules: &[Rule::Exclusive(&[&PRO, &NO_PRO])],
    examples: &[Example { line: "run --backend codex --text fix the tests", about: "" }],
    ..Verb::new("run", "gives another agent a task, and waits for its result")
};
/// `resume`.
pub static RESUME: Verb = Verb {
    group: AGENT,
    operands: &[ID, PROMPT],
    options: &[
        &SESSION_ID,
        &ITS_BACKEND,
        &PRO,
        &NO_PRO,
        &FAST,
        &CWD,
        &SLUG,
        &PRINT,
        &TIMEOUT,
        &TO_INBOX,
        &QUIET,
        &VERBOSE,
        &NO_RUN,
        &TEXT,
    ],
    rules: RUN.rules,
    examples: &[
        Example { line: "resume --text and document it", about: "" },
        Example {
            line: "resume --session-id ID --backend opus --text go on",
            about: "one that no run began",
        },
    ],
    ..Verb::new("resume", "goes on in the conversation of a run")
};
/// `new`.
pub static NEW: Verb = Verb {
    group: ALSO,
    options: &[&WRITE, &BACKEND, &SLUG],
    examples: &[Example { line: "new --write < task.md", about: "prints the file; `run` it then" }],
    ..Verb::new("new", "makes a prompt file to fill in, then run")
};
static LIST: Verb = Verb {
    operands: &[Operand { about: "only this one", ..ID }],
    options: &[&ALL, &NUMBER, &JSON],
    ..Verb::new("list", "shows what was run; on a terminal a live board (also without a verb)")
};
static DELETE: Verb = Verb {
    operands: &[Operand { about: "runs that have ended", count: Count::AtLeastOne, ..ID }],
    ..Verb::new("delete", "deletes runs for good: prompt, progress, result")
};
static PRUNE: Verb = Verb {
    options: &[&OLDER_THAN, &DRY_RUN],
    rules: &[Rule::Required(&OLDER_THAN)],
    examples: &[Example { line: "prune --older-than 30d --dry-run", about: "what would be deleted?" }],
    ..Verb::new("prune", "deletes the runs that ended long ago")
};
/// The verbs behind `runs`.
pub static RUNS_PROGRAM: Program = Program {
    name: "runs",
    about: "what was run",
    verbs: &[&LIST, &DELETE, &PRUNE],
    default: Default::Words("list"),
    globals: &[],
    notes: "",
};
/// `runs`.
pub static RUNS: Verb = Verb {
    group: AGENT,
    aliases: &["list", "ls"],
    target: Target::Verbs(&RUNS_PROGRAM),
    ..Verb::new("runs", "shows what was run; on a terminal a live board")
};
/// `tail`.
pub static TAIL: Verb = Verb {
    group: AGENT,
    operands: &[ID],
    options: &[&FOLLOW],
    ..Verb::new("tail", "shows the progress of a run, or its result")
};
/// `wait`.
pub static WAIT: Verb = Verb {
    group: ALSO,
    operands: &[Operand {
        about: "runs; without one, those that work in this worktree",
        count: Count::Any,
        ..ID
    }],
    options: &[&WAIT_TIMEOUT],
    ..Verb::new("wait", "waits until runs have ended")
};
/// `stop`.
pub static STOP: Verb = Verb { group: AGENT, operands: &[ID], ..Verb::new("stop", "ends a run") };
/// `open`.
pub static OPEN: Verb = Verb {
    group: ALSO,
    operands: &[ID],
    options: &[&SESSION_ID, &ITS_BACKEND, &CWD],
    rules: &[Rule::Requires(&ITS_BACKEND, &[&SESSION_ID]), Rule::Requires(&CWD, &[&SESSION_ID])],
    ..Verb::new("open", "starts the agent itself in the conversation of a run")
};
/// `init`.
pub static INIT: Verb =
    Verb { group: ALSO, options: &[&YES], ..Verb::new("init", "writes config.yaml, and installs") };
/// `env`.
pub static ENV: Verb = Verb { group: ALSO, ..Verb::new("env", "shows where everything is") };
/// `completions`.
pub static COMPLETIONS: Verb = Verb {
    group: ALSO,
    operands: &[
        Operand {
            name: "SHELL",
            about: "",
            count: Count::One,
            values: Values::OneOf(&["bash", "zsh", "fish"]),
        },
        Operand {
            name: "PROGRAM",
            about: "",
            count: Count::Optional,
            values: Values::OneOf(&["handoff", "handover"]),
        },
    ],
    notes: "The first lines of the script say where to put it.",
    ..Verb::new("completions", "prints the completions for bash, zsh or fish, of handoff or of handover")
};
/// `man`.
pub static MAN: Verb = Verb {
    group: ALSO,
    operands: &[Operand {
        name: "PROGRAM",
        about: "",
        count: Count::Optional,
        values: Values::OneOf(&[
            "handoff",
            "handover",
            "inbox",
            "handoff-write",
            "handoff-mcp",
            "session-start",
        ]),
    }],
    examples: &[Example { line: "man | man -l -", about: "" }],
    ..Verb::new("man", "prints the man page, of handoff or of another program")
};
/// `complete`: the names for completions.
pub static COMPLETE: Verb = Verb {
    audience: Audience::Ourselves,
    operands: &[Operand { name: "KIND", about: "", count: Count::One, values: Values::Any }],
    ..Verb::new(crate::complete::NAMES_VERB, "prints the names for completions")
};
/// `inbox-screen`: `handoff inbox --interactive` becomes it.
pub static INBOX_SCREEN: Verb = Verb {
    audience: Audience::Ourselves,
    options: &[&super::ROOT, &inbox::ALL],
    ..Verb::new("inbox-screen", "shows the handoffs as a screen")
};
/// `leash`: a backend is started through it.
pub static LEASH: Verb =
    Verb { audience: Audience::Ourselves, tail: Tail::Raw, ..Verb::new("leash", "starts a backend") };
/// `guard`: a run is started through it.
pub static GUARD: Verb =
    Verb { audience: Audience::Ourselves, tail: Tail::Raw, ..Verb::new("guard", "starts a run") };

static INBOX: Verb =
    Verb::whole(SESSION, "inbox", "shows what waits here, and what was read", &inbox::PROGRAM);
static WRITE_VERB: Verb = Verb::whole(SESSION, "write", "leaves a handoff for it", &write::PROGRAM);

static MCP: Verb =
    Verb::whole(ALSO, "mcp", "serves the handoffs of a worktree to an MCP client", &mcp::PROGRAM);

static CAPTURE: Verb = Verb::of(WORK, &handover::PROGRAM, &handover::CAPTURE);
static PENDING: Verb = Verb::of(WORK, &handover::PROGRAM, &handover::PENDING);
static PICKUP: Verb = Verb::of(WORK, &handover::PROGRAM, &handover::PICKUP);
static INSPECT: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::INSPECT);
static ALLOW: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::ALLOW);
static RENDER: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::RENDER);
static STATUS: Verb = Verb::of(WORK, &handover::PROGRAM, &handover::STATUS);
static ENABLE: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::ENABLE);
static DISABLE: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::DISABLE);
static ADAPTERS: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::ADAPTERS);
static PRINT_CONFIG: Verb = Verb::of(ALSO, &handover::PROGRAM, &handover::PRINT_CONFIG);

static EXPORT: Verb = Verb::of(ELSEWHERE, &handover::PROGRAM, &mail::EXPORT);
static IMPORT: Verb = Verb::of(ELSEWHERE, &handover::PROGRAM, &mail::IMPORT);
static SEND: Verb = Verb::of(ALSO, &handover::PROGRAM, &mail::SEND);
static PEOPLE: Verb = Verb::of(ALSO, &handover::PROGRAM, &mail::PEOPLE);
static JOIN: Verb = Verb::of(ELSEWHERE, &handover::PROGRAM, &mail::JOIN);
static PUSH: Verb = Verb::of(ELSEWHERE, &handover::PROGRAM, &mail::PUSH);
static PULL: Verb = Verb::of(ELSEWHERE, &handover::PROGRAM, &mail::PULL);
static SYNC: Verb = Verb::of(ALSO, &handover::PROGRAM, &mail::SYNC);
static MAIL_VERB: Verb = Verb::of(ELSEWHERE, &handover::PROGRAM, &mail::MAIL_VERB);
static RECALL: Verb = Verb::of(ALSO, &handover::PROGRAM, &mail::RECALL);
static GIVE_BACK: Verb = Verb::of(ALSO, &handover::PROGRAM, &mail::GIVE_BACK);

static INSTALL: Verb = Verb::of(SETTING_UP, &installer::PROGRAM, &installer::INSTALL);
static UNINSTALL: Verb = Verb::of(SETTING_UP, &installer::PROGRAM, &installer::UNINSTALL);
static DOCTOR: Verb = Verb::of(SETTING_UP, &installer::PROGRAM, &installer::DOCTOR);
static UPGRADE: Verb = Verb::of(SETTING_UP, &installer::PROGRAM, &installer::UPGRADE);
static UPGRADE_CHECK: Verb = Verb::of(ALSO, &installer::PROGRAM, &installer::UPGRADE_CHECK);

/// The program.
pub static PROGRAM: Program = Program {
    name: "handoff",
    about: "hands work to the next session, or to another agent",
    verbs: &[
        &WRITE_VERB,
        &INBOX,
        &RUN,
        &RESUME,
        &RUNS,
        &TAIL,
        &STOP,
        &CAPTURE,
        &PENDING,
        &PICKUP,
        &STATUS,
        &JOIN,
        &PUSH,
        &PULL,
        &MAIL_VERB,
        &EXPORT,
        &IMPORT,
        &INSTALL,
        &UNINSTALL,
        &DOCTOR,
        &UPGRADE,
        &NEW,
        &WAIT,
        &OPEN,
        &INSPECT,
        &ALLOW,
        &SEND,
        &PEOPLE,
        &SYNC,
        &RECALL,
        &GIVE_BACK,
        &INIT,
        &ENABLE,
        &DISABLE,
        &ENV,
        &RENDER,
        &ADAPTERS,
        &PRINT_CONFIG,
        &UPGRADE_CHECK,
        &MCP,
        &COMPLETIONS,
        &MAN,
        &COMPLETE,
        &INBOX_SCREEN,
        &LEASH,
        &GUARD,
    ],
    default: Default::Program,
    globals: &[],
    notes: "Without a verb: what waits and what runs here. Exit code: 0 success, 1 not done, 2 usage, 128+n ended by a signal.",
};
