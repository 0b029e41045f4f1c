//! The columns of the table: which there are, how wide, and what stands in them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::{Clock, Row, State};
use crate::order::Order;
use crate::text;
use crate::theme::Theme;

/// Before the selected row, and the space of it before the others.
const MARKER: &str = "▸ ";
/// The columns that it takes.
pub(crate) const MARGIN: u16 = 2;
const GAP: usize = 2;

/// To how many columns name and note grow before either grows further.
const TEXT_SHARE: usize = 36;

/// The columns of a table in which only state, age and name have room.
const NARROW: usize = 50;

/// Before the name of a run that continues a conversation.
pub(crate) const CONTINUES: &str = "↳ ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    State,
    Age,
    Elapsed,
    Project,
    Name,
    Note,
    Backend,
    Tokens,
    Cost,
    Started,
    Id,
}

impl Column {
    /// As they stand from left to right.
    const ALL: [Self; 11] = [
        Self::State,
        Self::Age,
        Self::Elapsed,
        Self::Project,
        Self::Name,
        Self::Note,
        Self::Backend,
        Self::Tokens,
        Self::Cost,
        Self::Started,
        Self::Id,
    ];

    /// As they are given room.
    const BY_NEED: [Self; 11] = [
        Self::State,
        Self::Age,
        Self::Name,
        Self::Project,
        Self::Note,
        Self::Elapsed,
        Self::Cost,
        Self::Backend,
        Self::Tokens,
        Self::Id,
        Self::Started,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::State => "STATE",
            Self::Age => "AGE",
            Self::Elapsed => "TIME",
            Self::Project => "PROJECT",
            Self::Name => "NAME",
            Self::Note => "LAST STEP, REASON",
            Self::Backend => "BACKEND",
            Self::Tokens => "TOKENS",
            Self::Cost => "COST",
            Self::Started => "STARTED",
            Self::Id => "RUN",
        }
    }

    /// The most that it gets, however long its cells are.
    fn most(self) -> usize {
        match self {
            Self::State => 13,
            Self::Age => 4,
            Self::Elapsed | Self::Tokens => 7,
            Self::Project => 20,
            Self::Name => 60,
            Self::Note => usize::MAX,
            Self::Backend => 16,
            Self::Cost => 8,
            Self::Started => 20,
            Self::Id => 32,
        }
    }

    /// The least with which it is of use in a table of `available` columns; the others are never cut.
    fn least(self, available: usize) -> Option<usize> {
        match self {
            Self::Name => Some((available / 4).clamp(14, 40)),
            Self::Note => Some((available / 5).clamp(19, 40)),
            Self::Project => Some(8),
            Self::Id => Some(20),
            _ => None,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Age | Self::Elapsed | Self::Tokens | Self::Cost)
    }

    fn order(self) -> Option<Order> {
        match self {
            Self::State => Some(Order::State),
            Self::Age => Some(Order::Started),
            Self::Elapsed => Some(Order::Elapsed),
            Self::Project => Some(Order::Project),
            Self::Tokens => Some(Order::Tokens),
            Self::Cost => Some(Order::Cost),
            _ => None,
        }
    }

    fn cell(self, row: &Row, now: i64, clock: Clock) -> String {
        match self {
            Self::State => state(row.state),
            Self::Age => row.started.map_or_else(String::new, |at| text::age(now.saturating_sub(at))),
            Self::Elapsed => row.elapsed(now).map_or_else(String::new, text::elapsed),
            Self::Project => text::cell(&row.project),
            Self::Name => name(row),
            Self::Note => text::cell(step(&row.note)),
            Self::Backend => backend(row),
            Self::Tokens => row.tokens.map_or_else(String::new, |tokens| text::count(tokens.total())),
            Self::Cost => row.cost_usd.map_or_else(String::new, text::rough_cost),
            Self::Started => row.started.map_or_else(String::new, |at| text::cell(&(clock.minute)(at))),
            Self::Id => text::cell(&row.id),
        }
    }
}

/// The state with its symbol.
pub(crate) fn state(state: State) -> String {
    format!("{} {}", state.symbol(), state.word())
}

fn name(row: &Row) -> String {
    let mark = if row.continues.is_some() { CONTINUES } else { "" };
    mark.to_owned() + &text::name(&row.prompt)
}

/// A step without the word for its kind, which the words behind it say again.
fn step(note: &str) -> &str {
    note.strip_prefix("tool: ").or_else(|| note.strip_prefix("text: ")).unwrap_or(note)
}

/// The backend, and whether it was to take the larger model.
pub(crate) fn backend(row: &Row) -> String {
    let name = text::cell(&row.backend);
    if row.is_pro { name + "+pro" } else { name }
}

/// How wide the cells were that were seen so far. Columns grow and do not shrink, so that the table does not dance
/// while one scrolls.
#[derive(Debug, Default)]
pub(crate) struct Widths([usize; Column::ALL.len()]);

type Cells = [String; Column::ALL.len()];

/// A column with its width.
type Chosen = (Column, usize);

impl Widths {
    fn see(&mut self, cells: &[Cells]) {
        for (index, column) in Column::ALL.into_iter().enumerate() {
            let widest = cells.iter().map(|row| text::width(&row[index])).max().unwrap_or(0);
            // A column in which nothing stands is none.
            if widest > 0 {
                // Beside the title there is room for the sign of the order.
                let title = column.title().len() + usize::from(column.order().is_some());
                let title = if column.is_number() { column.title().len() } else { title };
                self.0[index] = self.0[index].max(widest.max(title).min(column.most()));
            }
        }
    }

    /// The columns that fit into `available`, with their widths.
    fn share(&self, available: usize, has_projects: bool) -> Vec<Chosen> {
        let wanted = |column: Column| self.0[column as usize];
        let mut left = available;
        let mut chosen: Vec<Chosen> = Vec::new();
        for column in Column::BY_NEED {
            let is_out = match column {
                Column::Project => !has_projects,
                // On a narrow screen the name says more.
                Column::Elapsed => available < NARROW,
                _ => false,
            };
            if wanted(column) == 0 || is_out {
                continue;
            }
            let least = column.least(available).map_or(wanted(column), |least| least.min(wanted(column)));
            let gap = if chosen.is_empty() { 0 } else { GAP };
            if least + gap > left {
                break;
            }
            left -= least + gap;
            chosen.push((column, least));
        }
        if chosen.is_empty() {
            chosen.push((Column::State, std::mem::take(&mut left)));
        }
        // All grow to what they need: the two texts at first to a share, so that one leaves something to the other.
        for limit in [TEXT_SHARE, usize::MAX] {
            for (column, width) in &mut chosen {
                let is_text = matches!(column, Column::Name | Column::Note);
                let wanted = if is_text { wanted(*column).min(limit) } else { wanted(*column) };
                let more = wanted.saturating_sub(*width).min(left);
                *width += more;
                left -= more;
            }
        }
        let last = chosen.iter_mut().rev().find(|(column, _)| matches!(column, Column::Note | Column::Name));
        if let Some((_, width)) = last {
            *width += left;
        }
        chosen.sort_by_key(|(column, _)| *column as usize);
        chosen
    }
}

/// What is drawn.
pub(crate) struct Table<'a> {
    /// The rows in sight.
    pub(crate) rows: &'a [&'a Row],
    /// The selected one of them.
    pub(crate) selected: Option<usize>,
    /// Whether rows of several worktrees are in the table.
    pub(crate) has_projects: bool,
    pub(crate) order: Order,
    pub(crate) is_reversed: bool,
    pub(crate) now: i64,
    pub(crate) clock: Clock,
    pub(crate) theme: Theme,
}

impl Table<'_> {
    /// Draws the header, unless the area is a few lines high, and the rows.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, widths: &mut Widths) {
        let theme = self.theme;
        let cells: Vec<Cells> = self
            .rows
            .iter()
            .map(|row| Column::ALL.map(|column| column.cell(row, self.now, self.clock)))
            .collect();
        widths.see(&cells);
        let marker = usize::from(MARGIN);
        let columns = widths.share(usize::from(area.width).saturating_sub(marker), self.has_projects);
        let mut y = area.y;
        if has_header(area.height) {
            let titles = Column::ALL.map(|column| self.title(column));
            let spaces = " ".repeat(marker);
            put(buffer, area, y, &(spaces + &line(&columns, &titles)), theme.quiet());
            y += 1;
        }
        for (index, (row, cells)) in self.rows.iter().zip(&cells).enumerate() {
            if y >= area.bottom() {
                break;
            }
            let is_selected = self.selected == Some(index);
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

    /// The title, with a sign where the rows are sorted by it.
    fn title(&self, column: Column) -> String {
        let title = column.title();
        if column.order() != Some(self.order) || (self.order == Order::default() && !self.is_reversed) {
            return title.to_owned();
        }
        // Numbers stand at the right, where the sign takes the place of the gap.
        let sign = if self.is_reversed { "▴" } else { "▾" };
        if column.is_number() { format!("{sign}{title}") } else { format!("{title}{sign}") }
    }
}

/// How many rows there is room for.
pub(crate) fn capacity(height: u16) -> usize {
    usize::from(height) - usize::from(has_header(height))
}

/// The height of the header.
pub(crate) fn has_header(height: u16) -> bool {
    height >= 4
}

fn line(columns: &[Chosen], cells: &Cells) -> String {
    let mut line = String::new();
    for (place, &(column, width)) in columns.iter().enumerate() {
        if place > 0 {
            line.push_str(&" ".repeat(GAP));
        }
        let cell = &cells[column as usize];
        let over = text::width(cell).saturating_sub(width);
        if over == 1 && column.is_number() && cell.starts_with(['▴', '▾']) && line.pop().is_some() {
            line.push_str(cell);
            continue;
        }
        line.push_str(&text::padded(&text::cut(cell, width), width, column.is_number()));
    }
    line
}

/// Gives the state its colour, and what stands beside the name less weight.
fn paint(buffer: &mut Buffer, area: Rect, y: u16, columns: &[Chosen], state: State, theme: Theme) {
    let mut x = area.x.saturating_add(MARGIN);
    for &(column, width) in columns {
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        let style = match column {
            Column::State => theme.state(state),
            Column::Note if matches!(state, State::Error | State::Lost) => theme.state(state),
            Column::Name | Column::Project => Style::new(),
            _ => theme.quiet(),
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
