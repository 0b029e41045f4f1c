//! The page with all keys.

use ratatui::text::{Line, Span};

use crate::text;
use crate::theme::Theme;

pub(crate) const KEYS: &[(&str, &str)] = &[
    ("", "in the table"),
    ("↑ ↓  k j", "select a run"),
    ("pgup pgdn", "a page up, a page down"),
    ("home end  g G", "the newest, the oldest"),
    ("enter", "look into the run: its prompt, progress and result"),
    ("/", "filter by id, state, backend, cwd and prompt; esc clears"),
    ("", "in a run"),
    ("← →  tab  1 2 3", "prompt, progress, result"),
    ("↑ ↓  k j  space", "scroll"),
    ("end  G", "to the end, and stay there while it grows"),
    ("esc", "back to the table"),
    ("", "with the run"),
    ("o", "open: go on in its conversation, with the agent itself"),
    ("f", "follow: leave the view and watch its progress"),
    ("s", "stop it, after a question"),
    ("y", "copy its id, where the terminal allows it"),
    ("", "anywhere"),
    ("?", "this page"),
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
    let keys = if width >= 48 { keys } else { 0 };
    let mut lines = Vec::new();
    for (key, does) in entries {
        if key.is_empty() {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(*does, theme.strong()));
        } else {
            let key = text::padded(key, keys, false);
            lines.push(Line::from(vec![
                Span::raw("  "),
                Span::styled(key, theme.accent()),
                Span::raw("  "),
                Span::raw(*does),
            ]));
        }
    }
    lines
}
