//! Tables for people: as wide as the terminal, and no wider.

use handoff_process::Output;
use handoff_text::Sanitised;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a cell looks where there is colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Dim,
    Bold,
    Warn,
}

impl Style {
    fn paint(self, text: &str, colour: bool) -> String {
        let code = match self {
            Self::Plain => "",
            Self::Dim => "2",
            Self::Bold => "1",
            Self::Warn => "33",
        };
        if colour && !code.is_empty() && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: Sanitised,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: &str, style: Style) -> Self {
        Self { text: Sanitised::line(text.as_bytes(), 400), style }
    }
}

/// A column. The one marked `gives` is cut first when the terminal is narrow, the others down to 8 after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    gives: bool,
}

impl Column {
    pub(crate) const fn new(title: &'static str) -> Self {
        Self { title, gives: false }
    }

    pub(crate) const fn giving(title: &'static str) -> Self {
        Self { title, gives: true }
    }
}

/// The least that a cut column keeps.
const LEAST: usize = 8;

const GAP: &str = "  ";

/// The table with its header, one line a row.
pub(crate) fn render(columns: &[Column], rows: &[Vec<Cell>], output: &Output) -> String {
    let widths = widths(columns, rows, output.width);
    let titles = columns.iter().map(|column| Cell::new(column.title, Style::Dim)).collect();
    let lines = std::iter::once(&titles).chain(rows).map(|row| line(row, &widths, output.colour));
    lines.collect()
}

fn widths(columns: &[Column], rows: &[Vec<Cell>], available: Option<usize>) -> Vec<usize> {
    let natural = |index: usize| rows.iter().map(|row| row[index].text.width()).max().unwrap_or(0);
    let mut widths: Vec<usize> =
        columns.iter().enumerate().map(|(index, column)| natural(index).max(column.title.width())).collect();
    let Some(available) = available else { return widths };
    let mut over = (widths.iter().sum::<usize>() + GAP.len() * columns.len().saturating_sub(1))
        .saturating_sub(available);
    let mut order: Vec<usize> = (0..columns.len()).collect();
    // First the column that gives, then the widest.
    order.sort_by_key(|&index| (!columns[index].gives, std::cmp::Reverse(widths[index])));
    // Where that is not enough, every column goes down to its title.
    for (least, &index) in
        [LEAST, 0].into_iter().flat_map(|least| order.iter().map(move |index| (least, index)))
    {
        let cut = over.min(widths[index].saturating_sub(least.max(columns[index].title.width())));
        widths[index] -= cut;
        over -= cut;
    }
    widths
}

fn line(row: &[Cell], widths: &[usize], colour: bool) -> String {
    let last = row.len() - 1;
    let mut line = String::new();
    for (index, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let text = cut(&cell.text, width);
        let padding = if index == last { 0 } else { width - text.width() + GAP.len() };
        line.push_str(&cell.style.paint(&text, colour));
        line.extend(std::iter::repeat_n(' ', padding));
    }
    format!("{}\n", line.trim_end())
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

/// One dim line below a table.
pub(crate) fn hint(text: &str, output: &Output) -> String {
    if output.is_terminal() { format!("{}\n", Style::Dim.paint(text, output.colour)) } else { String::new() }
}
