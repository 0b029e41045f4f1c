//! The keys: the page that explains them, and the last line.

use handoff_board::parts::Hint;

pub(crate) const KEYS: &[(&str, &str)] = &[
    ("", "in the list"),
    ("↑ ↓  k j", "select a handoff"),
    ("pgup pgdn", "a page up, a page down"),
    ("home end  g G", "the newest, the oldest"),
    ("space  b", "scroll the preview"),
    ("enter", "read it on the whole screen; that takes it from no session"),
    ("← →  1 2", "unread, archived"),
    ("tab", "this worktree, all worktrees"),
    ("/", "search titles, worktrees and texts; esc clears"),
    ("", "with the handoff"),
    ("a", "archive an unread one"),
    ("u", "unread again: an archived one, or one that a session was offered"),
    ("f", "forward: moves an unread one to a worktree, copies an archived one"),
    ("e", "edit an unread one in $VISUAL, $EDITOR or vi"),
    ("x  d", "delete it for good, after a question"),
    ("y", "copy its path, where the terminal allows it"),
    ("", "while reading"),
    ("↑ ↓  k j  space  b", "scroll"),
    ("esc", "back to the list"),
    ("", "anywhere"),
    ("?", "this page"),
    ("q  ctrl-c", "quit"),
    ("", "marks"),
    ("●  ◐  ·  ✓", "unread; offered to a session; archived; acknowledged by a session"),
    ("shift", "held, the mouse selects text, in most terminals"),
];

pub(crate) const UNREAD: &[Hint] = &[
    Hint::new("enter", "read", 0),
    Hint::new("a", "archive", 3),
    Hint::new("f", "forward", 6),
    Hint::new("e", "edit", 5),
    Hint::new("x", "delete", 7),
    Hint::new("/", "search", 4),
    Hint::new("→", "archived", 8),
    Hint::new("tab", "all worktrees", 9),
    Hint::new("?", "help", 2),
    Hint::new("q", "quit", 1),
];

pub(crate) const OFFERED: &[Hint] = &[
    Hint::new("enter", "read", 0),
    Hint::new("a", "archive", 5),
    Hint::new("u", "take back", 3),
    Hint::new("/", "search", 4),
    Hint::new("→", "archived", 8),
    Hint::new("tab", "all worktrees", 9),
    Hint::new("?", "help", 2),
    Hint::new("q", "quit", 1),
];

pub(crate) const ARCHIVED: &[Hint] = &[
    Hint::new("enter", "read", 0),
    Hint::new("u", "unread again", 3),
    Hint::new("f", "forward", 5),
    Hint::new("x", "delete", 6),
    Hint::new("/", "search", 4),
    Hint::new("←", "unread", 7),
    Hint::new("tab", "all worktrees", 9),
    Hint::new("?", "help", 2),
    Hint::new("q", "quit", 1),
];

pub(crate) const NOTHING: &[Hint] = &[
    Hint::new("tab", "all worktrees", 2),
    Hint::new("← →", "unread, archived", 3),
    Hint::new("?", "help", 1),
    Hint::new("q", "quit", 0),
];

pub(crate) const NO_MATCH: &[Hint] =
    &[Hint::new("esc", "clear search", 0), Hint::new("?", "help", 2), Hint::new("q", "quit", 1)];

pub(crate) const FORWARD: &[Hint] = &[Hint::new("tab", "completes", 1), Hint::new("esc", "cancel", 0)];
