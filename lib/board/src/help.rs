//! The page with all keys.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::pager::{Piece, wrap};
use crate::text;
use crate::theme::Theme;

/// The columns in which the keys have a column of their own.
const WIDE: usize = 48;

pub(crate) const KEYS: &[(&str, &str)] = &[
    ("", "in the table"),
    ("↑ ↓  k j", "select a run; so do the wheel and a click"),
    ("pgup pgdn", "a page up, a page down"),
    ("home end  g G", "the first, the last"),
    ("enter", "look into the run: prompt, progress, result, changes"),
    ("a", "the runs of all worktrees, or of this one"),
    ("/", "filter by words: id, state, backend, project, prompt, reason; esc clears"),
    ("S  r", "sort by age, state, time, tokens, cost, project; reverse"),
    ("t", "totals by day and in all, of the runs that are listed"),
    ("X", "prune: delete what ended long ago, after a question"),
    ("", "in a run"),
    ("← →  tab  1 2 3 4", "prompt, progress, result, changes"),
    ("↑ ↓  k j  space", "scroll"),
    ("end  G", "to the end, and stay there while it grows"),
    ("esc", "back to the table"),
    ("", "with the run"),
    ("f", "follow its progress; esc comes back"),
    ("d", "changed files and differences in its worktree since it began"),
    ("o", "open: go on in its conversation, with the agent itself"),
    ("p  e", "its result, or what is in sight, in $PAGER or $EDITOR"),
    ("s", "stop it, after a question"),
    ("x", "delete it for good, after a question; not while it runs"),
    ("y", "copy its id, where the terminal allows it"),
    ("", "signs"),
    ("● ✓ ✗ ■ ?", "running, success, error, interrupted, lost"),
    ("↳  +pro", "continues a conversation; with the larger model"),
    ("", "anywhere"),
    ("?", "this page"),
    ("shift", "held down, the mouse selects text"),
    ("q  ctrl-c", "quit; the runs go on"),
];

/// A page of keys and what they do. An entry without a key is the title of those after it.
pub fn help_lines(
    entries: &[(&'static str, &'static str)],
    theme: Theme,
    width: usize,
) -> Vec<Line<'static>> {
    let keys = entries.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
    // Where a column of keys would leave no room, the words follow directly.
    let keys = if width >= WIDE { keys } else { 0 };
    let mut lines = Vec::new();
    let piece = |text: &str, style| Piece { text: text.to_owned(), style };
    let plain = Style::new();
    for (key, does) in entries {
        if key.is_empty() {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(*does, theme.strong()));
            continue;
        }
        let key = piece(&text::padded(key, keys, false), theme.accent());
        let (indent, words) = (piece("  ", plain), piece(does, plain));
        if width >= WIDE {
            let rest = piece(&" ".repeat(keys + 4), plain);
            wrap(&[words], &[indent.clone(), key, indent], &[rest], width, &mut lines);
        } else {
            // A key is followed by its words at once, and these go on below it.
            let rest = piece("    ", plain);
            wrap(&[key, indent.clone(), words], &[indent], &[rest], width, &mut lines);
        }
    }
    lines
}
