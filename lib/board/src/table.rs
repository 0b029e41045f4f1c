//! The columns of the table: which there are, how wide, and what stands in them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::{Row, State, Tokens};
use crate::text;
use crate::theme::Theme;

/// Before the selected row, and the space of it before the others.
const MARKER: &str = "▸ ";
/// The columns that it takes.
pub(crate) const MARGIN: u16 = 2;
const GAP: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Id,
    Started,
    Age,
    State,
    Backend,
    Tokens,
    Cost,
    Cwd,
    Prompt,
}

impl Column {
    /// As they stand from left to right.
    const ALL: [Self; 9] = [
        Self::Id,
        Self::Started,
        Self::Age,
        Self::State,
        Self::Backend,
        Self::Tokens,
        Self::Cost,
        Self::Cwd,
        Self::Prompt,
    ];

    /// As they are given room.
    const BY_NEED: [Self; 9] = [
        Self::Id,
        Self::State,
        Self::Age,
        Self::Prompt,
        Self::Backend,
        Self::Cost,
        Self::Tokens,
        Self::Cwd,
        Self::Started,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Id => "RUN",
            Self::Started => "STARTED",
            Self::Age => "AGE",
            Self::State => "STATE",
            Self::Backend => "BACKEND",
            Self::Tokens => "TOKENS",
            Self::Cost => "COST",
            Self::Cwd => "CWD",
            Self::Prompt => "PROMPT",
        }
    }

    /// The most that it gets, however long its cells are.
    fn most(self) -> usize {
        match self {
            Self::Id => 28,
            Self::Started => 16,
            Self::Age => 6,
            Self::State => 13,
            Self::Backend => 12,
            Self::Tokens => 14,
            Self::Cost => 8,
            Self::Cwd => 32,
            Self::Prompt => usize::MAX,
        }
    }

    /// The least with which it is of use in a table this wide; the others are never cut.
    fn least(self, available: usize) -> Option<usize> {
        match self {
            Self::Id if available >= 48 => Some(24),
            Self::Id | Self::Cwd => Some(12),
            Self::Prompt => Some(16),
            _ => None,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Age | Self::Tokens | Self::Cost)
    }

    fn cell(self, row: &Row) -> String {
        match self {
            Self::Id => text::cell(&row.id),
            Self::Started => text::cell(&row.started),
            Self::Age => text::cell(&row.age),
            Self::State => state(row.state),
            Self::Backend => text::cell(&row.backend),
            Self::Tokens => row.tokens.map_or_else(|| "-".to_owned(), tokens),
            Self::Cost => row.cost_usd.map_or_else(|| "-".to_owned(), text::rough_cost),
            Self::Cwd => text::cell(&row.cwd),
            Self::Prompt => text::cell(&row.prompt),
        }
    }
}

/// The state with its symbol.
pub(crate) fn state(state: State) -> String {
    format!("{} {}", state.symbol(), state.word())
}

fn tokens(tokens: Tokens) -> String {
    [tokens.input, tokens.output, tokens.cache_read].map(text::count).join("/")
}

/// How wide the cells were that were seen so far. Columns grow and do not shrink, so that the table does not dance
/// while one scrolls.
#[derive(Debug, Default)]
pub(crate) struct Widths([usize; Column::ALL.len()]);

impl Widths {
    fn see(&mut self, cells: &[[String; Column::ALL.len()]]) {
        for (index, column) in Column::ALL.into_iter().enumerate() {
            let cells = cells.iter().map(|row| text::width(&row[index]));
            let widest = cells.max().unwrap_or(0).max(column.title().len());
            self.0[index] = self.0[index].max(widest.min(column.most()));
        }
    }

    /// The columns that fit into `available`, with their widths.
    fn share(&self, available: usize) -> Vec<(usize, Column, usize)> {
        let wanted = |column: Column| self.0[column as usize];
        let mut left = available;
        let mut chosen: Vec<(usize, Column, usize)> = Vec::new();
        for column in Column::BY_NEED {
            let least = column.least(available).map_or(wanted(column), |least| least.min(wanted(column)));
            let gap = if chosen.is_empty() { 0 } else { GAP };
            if least + gap > left {
                break;
            }
            left -= least + gap;
            chosen.push((column as usize, column, least));
        }
        if chosen.is_empty() {
            chosen.push((Column::Id as usize, Column::Id, std::mem::take(&mut left)));
        }
        // The id and the directory grow to what they need, and the prompt gets the rest.
        for (_, column, width) in &mut chosen {
            if *column != Column::Prompt {
                let more = wanted(*column).saturating_sub(*width).min(left);
                *width += more;
                left -= more;
            }
        }
        if let Some((_, _, width)) = chosen.iter_mut().find(|(_, column, _)| *column == Column::Prompt) {
            *width += left;
        }
        chosen.sort_by_key(|(index, ..)| *index);
        chosen
    }
}

/// Draws the header, unless the area is a few lines high, and the rows.
pub(crate) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    rows: &[&Row],
    selected: Option<usize>,
    widths: &mut Widths,
    theme: Theme,
) {
    let cells: Vec<_> = rows.iter().map(|row| Column::ALL.map(|column| column.cell(row))).collect();
    widths.see(&cells);
    let marker = usize::from(MARGIN);
    let columns = widths.share(usize::from(area.width).saturating_sub(marker));
    let mut y = area.y;
    if has_header(area.height) {
        let titles = Column::ALL.map(|column| column.title().to_owned());
        let spaces = " ".repeat(marker);
        put(buffer, area, y, &(spaces + &line(&columns, &titles)), theme.quiet());
        y += 1;
    }
    for (index, (row, cells)) in rows.iter().zip(&cells).enumerate() {
        if y >= area.bottom() {
            break;
        }
        let is_selected = selected == Some(index);
        let start = if is_selected { MARKER.to_owned() } else { " ".repeat(marker) };
        let style = if is_selected { theme.selected() } else { Style::new() };
        let line = text::padded(&(start + &line(&columns, cells)), area.width.into(), false);
        put(buffer, area, y, &line, style);
        if !is_selected {
            paint(buffer, area, y, &columns, row.state, theme);
        }
        y += 1;
    }
}

/// How many rows there is room for.
pub(crate) fn capacity(height: u16) -> usize {
    usize::from(height) - usize::from(has_header(height))
}

fn has_header(height: u16) -> bool {
    height >= 4
}

fn line(columns: &[(usize, Column, usize)], cells: &[String; Column::ALL.len()]) -> String {
    let cells = columns.iter().map(|&(index, column, width)| {
        let cell = match column {
            Column::Cwd => text::cut_front(&cells[index], width),
            _ => text::cut(&cells[index], width),
        };
        text::padded(&cell, width, column.is_number())
    });
    cells.collect::<Vec<_>>().join(&" ".repeat(GAP))
}

/// Gives the state its colour, and what stands beside the prompt less weight.
fn paint(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    columns: &[(usize, Column, usize)],
    state: State,
    theme: Theme,
) {
    let mut x = area.x.saturating_add(MARGIN);
    for &(_, column, width) in columns {
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        let style = match column {
            Column::State => theme.state(state),
            Column::Age | Column::Started | Column::Tokens | Column::Cost | Column::Cwd => theme.quiet(),
            _ => Style::new(),
        };
        buffer.set_style(Rect { x, y, width, height: 1 }.intersection(area), style);
        x = x.saturating_add(width).saturating_add(2);
    }
}

/// Draws one line of sanitised text at the height `y` of an area, cut at its edge.
pub fn put(buffer: &mut Buffer, area: Rect, y: u16, line: &str, style: Style) {
    if y < area.bottom() {
        buffer.set_stringn(area.x, y, line, area.width.into(), style);
    }
}
