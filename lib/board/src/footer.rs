//! The last line: which keys there are, a question, or what just happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::text;
use crate::theme::Theme;

/// A key and what it does. The lower its rank, the longer it stays while the terminal gets narrower.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    /// The key, as it is shown: `enter`, `↑↓`.
    pub key: &'static str,
    /// What it does, in one or two ASCII words.
    pub does: &'static str,
    /// Its place in the order of need; 0 stays longest.
    pub rank: u8,
}

impl Hint {
    /// A key, what it does, and its rank.
    pub const fn new(key: &'static str, does: &'static str, rank: u8) -> Self {
        Self { key, does, rank }
    }

    fn width(self) -> usize {
        text::width(self.key) + 1 + self.does.len()
    }
}

pub(crate) const TABLE: &[Hint] = &[
    Hint::new("enter", "look", 0),
    Hint::new("/", "filter", 3),
    Hint::new("a", "all or here", 4),
    Hint::new("f", "follow", 5),
    Hint::new("d", "changes", 6),
    Hint::new("o", "open", 7),
    Hint::new("s", "stop", 8),
    Hint::new("x", "delete", 9),
    Hint::new("t", "totals", 10),
    Hint::new("S", "sort", 11),
    Hint::new("p", "pager", 12),
    Hint::new("y", "copy id", 13),
    Hint::new("?", "help", 2),
    Hint::new("q", "quit", 1),
];

/// While words to look for are typed.
pub const FILTER: &[Hint] = &[Hint::new("enter", "keep", 1), Hint::new("esc", "clear", 0)];

pub(crate) const PRUNE: &[Hint] = &[Hint::new("enter", "count", 1), Hint::new("esc", "cancel", 0)];

pub(crate) const NOTHING: &[Hint] = &[Hint::new("?", "help", 1), Hint::new("q", "quit", 0)];

pub(crate) const NOTHING_HERE: &[Hint] =
    &[Hint::new("a", "all worktrees", 0), Hint::new("?", "help", 2), Hint::new("q", "quit", 1)];

pub(crate) const NO_MATCH: &[Hint] = &[
    Hint::new("esc", "clear filter", 0),
    Hint::new("a", "all or here", 3),
    Hint::new("?", "help", 2),
    Hint::new("q", "quit", 1),
];

pub(crate) const DETAIL: &[Hint] = &[
    Hint::new("esc", "back", 0),
    Hint::new("←→", "tabs", 2),
    Hint::new("f", "follow", 4),
    Hint::new("o", "open", 5),
    Hint::new("s", "stop", 6),
    Hint::new("p", "pager", 7),
    Hint::new("e", "editor", 8),
    Hint::new("x", "delete", 9),
    Hint::new("y", "copy id", 10),
    Hint::new("?", "help", 3),
    Hint::new("q", "quit", 1),
];

/// On a page that covers the screen.
pub const PAGE: &[Hint] =
    &[Hint::new("esc", "back", 0), Hint::new("↑↓", "scroll", 2), Hint::new("q", "quit", 1)];

const GAP: usize = 2;

/// As many hints as fit into `available` columns, in their order.
pub(crate) fn hints(hints: &[Hint], available: usize, theme: Theme) -> Line<'static> {
    let mut by_rank: Vec<Hint> = hints.to_vec();
    by_rank.sort_by_key(|hint| hint.rank);
    let mut used = 0;
    let fitting = by_rank.iter().take_while(|hint| {
        used += hint.width() + GAP;
        used <= available + GAP
    });
    let last = fitting.map(|hint| hint.rank).last();
    let mut spans = Vec::new();
    for hint in hints.iter().filter(|hint| last.is_some_and(|last| hint.rank <= last)) {
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        spans.push(Span::styled(hint.key, theme.accent()));
        spans.push(Span::raw(format!(" {}", hint.does)));
    }
    Line::from(spans)
}

/// Draws as many of `of` as fit into the last line, and at its right end `position`, unless that is empty.
pub fn draw_hints(buffer: &mut Buffer, area: Rect, of: &[Hint], position: &str, theme: Theme) {
    let width = usize::from(area.width);
    let taken = if position.is_empty() { 0 } else { text::width(position) + 2 };
    let line = hints(of, width.saturating_sub(taken), theme);
    let room = width - line.width().min(width);
    buffer.set_line(area.x, area.y, &line, area.width);
    if taken > 0 && room >= taken {
        let line = Line::styled(text::padded(position, room, true), theme.quiet());
        buffer.set_line(area.right() - u16::try_from(room).unwrap_or(0), area.y, &line, area.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(available: usize) -> String {
        hints(TABLE, available, Theme::new(false)).to_string()
    }

    #[test]
    fn the_way_in_and_out_stays_longest() {
        assert_eq!(
            fitted(78),
            "enter look  / filter  a all or here  f follow  d changes  o open  ? help  q quit"
                .replace("  o open", "")
        );
        assert_eq!(fitted(38), "enter look  / filter  ? help  q quit");
        assert_eq!(fitted(18), "enter look  q quit");
        assert_eq!(fitted(10), "enter look");
        assert_eq!(fitted(0), "");
    }
}
