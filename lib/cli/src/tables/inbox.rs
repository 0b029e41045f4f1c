//! `inbox`, `handoff inbox`.

use super::{DRY_RUN, JSON, ROOT, YES};
use crate::table::{Audience, Count, Default, Example, Known, Operand, Opt, Program, Rule, Values, Verb};

/// `--all`.
pub static ALL: Opt = Opt::flag("all", "in every inbox, instead of this one");
/// `-n`.
pub static NUMBER: Opt = Opt::value("", "N", Values::Any, "how many; default 20").letter('n');
/// `--max-bytes`.
pub static MAX_BYTES: Opt = Opt::value("max-bytes", "N", Values::Any, "the most bytes of text; default 9500");
/// `--session-id`.
pub static SESSION_ID: Opt = Opt::value("session-id", "ID", Values::Any, "the session that reads");
/// `--peek`.
pub static PEEK: Opt = Opt::flag("peek", "show what a session would be given, and leave it unread");
/// `--receipt`.
pub static RECEIPT: Opt =
    Opt::flag("receipt", "archive only once standard input has a line: the reader has the text").hidden();
/// `--older-than`.
pub static OLDER_THAN: Opt = Opt::value("older-than", "AGE", Values::Any, "as 12h, 90d or 8w");
/// `--interactive`.
pub static INTERACTIVE: Opt =
    Opt::flag("interactive", "as a screen: read, search, archive, forward, edit, delete").letter('i');
/// `--to`.
pub static TO: Opt = Opt::value(
    "to",
    "NAME|PATH",
    Values::Known(Known::Worktrees),
    "a worktree of this repository, else the directory ../NAME; or any directory that exists, by a path with a /",
);
/// `--unread`.
pub static UNREAD: Opt = Opt::flag("unread", "only if it is unread");
/// `--archived`.
pub static ARCHIVED: Opt = Opt::flag("archived", "only if it is archived; a number is one of the log then");
/// `--file`.
pub static FILE: Opt = Opt::value(
    "file",
    "PATH",
    Values::File,
    "take the text from there, instead of an editor: a draft that was kept",
);
/// `--allow-secrets`.
pub static ALLOW_SECRETS: Opt = Opt::flag("allow-secrets", "leave secrets in it");

const ID: &str = "a number from the list, or any part of a file name that only one has";

const fn unread(count: Count) -> Operand {
    Operand { name: "ID", about: ID, count, values: Values::Known(Known::Unread) }
}

const fn either() -> Operand {
    Operand { name: "ID", about: ID, count: Count::One, values: Values::Known(Known::Handoffs) }
}

static LIST: Verb = Verb {
    options: &[&ALL, &INTERACTIVE],
    ..Verb::new("list", "shows what is unread here (also without a verb)")
};
static READ: Verb = Verb {
    operands: &[unread(Count::Any)],
    options: &[&MAX_BYTES, &SESSION_ID, &PEEK, &RECEIPT],
    rules: &[Rule::Exclusive(&[&PEEK, &RECEIPT])],
    ..Verb::new("read", "shows and archives: all that fits, or those named")
};
static SHOW: Verb = Verb {
    operands: &[either()],
    examples: &[Example { line: "show 1", about: "the newest, without taking it" }],
    ..Verb::new("show", "shows one, unread or archived, and leaves it where it is")
};
static ARCHIVE: Verb =
    Verb { operands: &[unread(Count::AtLeastOne)], ..Verb::new("archive", "archives without reading") };
static RESTORE: Verb = Verb {
    operands: &[Operand {
        name: "ID",
        about: "a number from the log, or any part of a file name; without one, what was taken last here: by a session, `read` or `archive`",
        count: Count::Any,
        values: Values::Known(Known::Archived),
    }],
    options: &[&UNREAD, &ARCHIVED],
    rules: &[Rule::Exclusive(&[&UNREAD, &ARCHIVED])],
    notes: "It also takes back what a session was offered and has not answered yet, by a part of its name.",
    ..Verb::new("restore", "makes archived handoffs unread again")
};
static SETTLE: Verb = Verb {
    audience: Audience::Ourselves,
    ..Verb::new("settle", "archives what earlier sessions used; the hook runs it")
};
static LOG: Verb =
    Verb { options: &[&ALL, &NUMBER], ..Verb::new("log", "shows what was archived, newest first") };
static SEARCH: Verb = Verb {
    operands: &[Operand {
        name: "TEXT",
        about: "in capitals or not",
        count: Count::One,
        values: Values::Any,
    }],
    options: &[&ALL],
    examples: &[Example { line: "search 'refresh token' --all", about: "" }],
    ..Verb::new("search", "shows where TEXT stands, unread and archived")
};
static WORKTREES: Verb =
    Verb::new("worktrees", "shows every inbox, its counts, and those whose path is gone");
static MOVE: Verb = Verb {
    operands: &[
        Operand { name: "OLD", about: "where it was", count: Count::One, values: Values::Directory },
        Operand {
            name: "NEW",
            about: "where it is; it must exist",
            count: Count::One,
            values: Values::Directory,
        },
    ],
    notes: "What another process holds stays where it is; then the exit code is 1.",
    ..Verb::new("move", "takes the handoffs of a renamed worktree to its new path")
};
static PRUNE: Verb = Verb {
    options: &[&OLDER_THAN, &ALL, &DRY_RUN],
    rules: &[Rule::Required(&OLDER_THAN)],
    examples: &[Example { line: "prune --older-than 90d --dry-run", about: "what would be deleted?" }],
    ..Verb::new("prune", "deletes archived handoffs for good")
};
static FORWARD: Verb = Verb {
    operands: &[either()],
    options: &[&TO, &super::write::NEW, &UNREAD, &ARCHIVED],
    rules: &[Rule::Required(&TO), Rule::Exclusive(&[&UNREAD, &ARCHIVED])],
    examples: &[Example { line: "forward 1 --to app-review", about: "" }],
    notes: "An unread one moves: it is unread there and gone here. Of an archived one an unread copy goes there. Text and sentinel stay. What a session has on offer is refused, and so is a NAME that no worktree has where one that is there is called nearly the same, or has that branch: --new says that it is meant.",
    ..Verb::new("forward", "gives one to another worktree, unread")
};
static EDIT: Verb = Verb {
    operands: &[unread(Count::One)],
    options: &[&FILE, &ALLOW_SECRETS],
    examples: &[Example { line: "edit 1", about: "in $VISUAL, $EDITOR or vi" }],
    notes: "Title, summary and text can be changed. The result is checked as `write` checks a draft; what is refused, or taken by a session meanwhile, is kept as a draft, and the message says where.",
    ..Verb::new("edit", "changes an unread one in an editor")
};
static DELETE: Verb = Verb {
    operands: &[either()],
    options: &[&UNREAD, &ARCHIVED, &YES],
    rules: &[Rule::Exclusive(&[&UNREAD, &ARCHIVED])],
    notes: "No copy is kept. It asks on a terminal, and needs --yes elsewhere; in the shell of an agent it refuses. So it does while a session has the handoff on offer.",
    ..Verb::new("delete", "deletes one for good, unread or archived")
};
static PATH: Verb = Verb::new("path", "prints where this inbox is");

/// The program.
pub static PROGRAM: Program = Program {
    name: "inbox",
    about: "the handoffs of this worktree",
    verbs: &[
        &LIST, &READ, &SHOW, &ARCHIVE, &RESTORE, &SETTLE, &LOG, &SEARCH, &FORWARD, &EDIT, &DELETE,
        &WORKTREES, &MOVE, &PRUNE, &PATH,
    ],
    default: Default::Verb("list"),
    globals: &[&ROOT, &JSON],
    notes: "An ID is a number from the list or any part of a file name that only one has.\nExit code: 0 done, 1 nothing found or refused, 2 usage.",
};
