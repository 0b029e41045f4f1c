//! The list: its columns, how wide they are, and what stands in them.

use handoff_board::parts::{Theme, put, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::{Row, State};

/// Before the selected row, and the space of it before the others.
const MARKER: &str = "▸ ";
/// The columns that it takes.
pub(crate) const MARGIN: u16 = 2;

/// The most that the columns beside the title get.
const MAX_AGE: usize = 13;
const MAX_NAME: usize = 20;

/// The least that a title gets before another column is shown beside it.
const MIN_TITLE: usize = 24;

/// How wide the columns are: 0 for one that is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Widths {
    to: usize,
    title: usize,
    from: usize,
    age: usize,
}

impl Widths {
    /// The columns that fit into `available`, by need: the title, for whom, how old, from whom.
    fn of(rows: &[&Row], available: usize, has_to: bool) -> Self {
        let widest = |cell: &dyn Fn(&Row) -> String, most: usize| {
            rows.iter().map(|row| text::width(&cell(row))).max().unwrap_or(0).min(most)
        };
        let mut left = available.saturating_sub(text::width(State::Waiting.symbol()) + 1);
        let mut room = |wanted: usize| {
            let fits = wanted > 0 && left >= wanted + 2 + MIN_TITLE;
            if fits {
                left -= wanted + 2;
            }
            if fits { wanted } else { 0 }
        };
        let to = if has_to { room(widest(&|row| text::cell(&row.to), MAX_NAME)) } else { 0 };
        let age = room(widest(&|row| text::cell(&row.age), MAX_AGE));
        let from = room(widest(&|row| text::cell(&row.from), MAX_NAME));
        Self { to, title: left, from, age }
    }

    fn line(self, row: &Row) -> String {
        let cell = |value: &str, width: usize, right: bool| {
            text::padded(&text::cut(&text::cell(value), width), width, right)
        };
        let mut cells = Vec::new();
        if self.to > 0 {
            cells.push(cell(&row.to, self.to, false));
        }
        cells.push(cell(&row.title, self.title, false));
        if self.from > 0 {
            cells.push(cell(&row.from, self.from, false));
        }
        if self.age > 0 {
            cells.push(cell(&row.age, self.age, true));
        }
        format!("{} {}", row.state.symbol(), cells.join("  "))
    }
}

/// Draws the rows, the one at `selected` of them marked.
pub(crate) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    rows: &[&Row],
    selected: usize,
    has_to: bool,
    theme: Theme,
) {
    let marker = usize::from(MARGIN);
    let widths = Widths::of(rows, usize::from(area.width).saturating_sub(marker), has_to);
    for ((index, row), y) in rows.iter().enumerate().zip(area.y..area.bottom()) {
        let is_selected = index == selected;
        let start = if is_selected { MARKER.to_owned() } else { " ".repeat(marker) };
        let style = if is_selected { theme.selected() } else { Style::new() };
        let line = text::padded(&(start + &widths.line(row)), area.width.into(), false);
        put(buffer, area, y, &line, style);
        if !is_selected {
            paint(buffer, area, y, widths, row.state, theme);
        }
    }
}

/// Gives the state its colour, and what stands beside the title less weight.
fn paint(buffer: &mut Buffer, area: Rect, y: u16, widths: Widths, state: State, theme: Theme) {
    let symbol = match state {
        State::Waiting => theme.accent(),
        State::Offered => theme.alert(),
        State::Acknowledged => theme.good(),
        State::Archived => theme.quiet(),
    };
    let mut x = area.x.saturating_add(MARGIN);
    let mut style = |width: usize, style: Style| {
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        buffer.set_style(Rect { x, y, width, height: 1 }.intersection(area), style);
        x = x.saturating_add(width);
    };
    style(2, symbol);
    if widths.to > 0 {
        style(widths.to + 2, theme.quiet());
    }
    let title = if state == State::Waiting { theme.strong() } else { Style::new() };
    style(widths.title, title);
    style(usize::from(area.width), theme.quiet());
}
