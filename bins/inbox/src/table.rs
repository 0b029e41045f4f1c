//! Tables for people: as wide as the terminal, and no wider.

use handoff_columns::{cut, cut_front, padded, width};
use handoff_process::Output;

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
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: &str, style: Style) -> Self {
        Self { text: handoff_columns::cell(text.as_bytes()), style }
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
    laid_out(columns, rows, output.width, output.colour)
}

/// The table in `available` columns, or as wide as it is.
fn laid_out(columns: &[Column], rows: &[Vec<Cell>], available: Option<usize>, colour: bool) -> String {
    let widths = widths(columns, rows, available);
    let titles = columns.iter().map(|column| Cell::new(column.title, Style::Dim)).collect();
    let available = available.unwrap_or(usize::MAX);
    let lines = std::iter::once(&titles).chain(rows).map(|row| line(row, &widths, available, colour));
    lines.collect()
}

fn widths(columns: &[Column], rows: &[Vec<Cell>], available: Option<usize>) -> Vec<usize> {
    let natural = |index: usize| rows.iter().map(|row| width(&row[index].text)).max().unwrap_or(0);
    let mut widths: Vec<usize> =
        columns.iter().enumerate().map(|(index, column)| natural(index).max(column.title.len())).collect();
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
        let cut = over.min(widths[index].saturating_sub(least.max(columns[index].title.len())));
        widths[index] -= cut;
        over -= cut;
    }
    widths
}

/// One row. Where even the titles are wider than the terminal, its end is cut off.
fn line(row: &[Cell], widths: &[usize], available: usize, colour: bool) -> String {
    let mut line = String::new();
    let mut left = available;
    for (cell, &width) in row.iter().zip(widths) {
        let room = width.min(left);
        let text = cut(&cell.text, room);
        let blanks = padded(&text, room, false).len() - text.len();
        let gap = GAP.len().min(left - room);
        left -= room + gap;
        line.push_str(&cell.style.paint(&text, colour));
        line.extend(std::iter::repeat_n(' ', blanks + gap));
    }
    format!("{}\n", line.trim_end())
}

/// The line above a table of several: `text`, cut from its front where the terminal is narrow, and `behind` it.
pub(crate) fn heading(text: &str, behind: &str, output: &Output) -> String {
    let text = handoff_columns::cell(text.as_bytes());
    let room = output.width.map_or(usize::MAX, |columns| columns.saturating_sub(width(behind)));
    let text = cut_front(&text, room);
    let behind = cut(behind, output.width.map_or(usize::MAX, |columns| columns.saturating_sub(width(&text))));
    format!("{}{}\n", Style::Bold.paint(&text, output.colour), Style::Dim.paint(&behind, output.colour))
}

/// One dim line below a table.
pub(crate) fn hint(text: &str, output: &Output) -> String {
    if output.is_terminal() { format!("{}\n", Style::Dim.paint(text, output.colour)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: [Column; 4] =
        [Column::new("#"), Column::new("FROM"), Column::giving("NAME"), Column::new("DRIFT")];

    fn rows(texts: &[&str]) -> Vec<Vec<Cell>> {
        let row = |text: &&str| {
            vec![
                Cell::new("1", Style::Dim),
                Cell::new(text, Style::Plain),
                Cell::new(&text.repeat(9), Style::Bold),
                Cell::new("↑3", Style::Warn),
            ]
        };
        texts.iter().map(row).collect()
    }

    proptest! {
        #[test]
        fn whatever_bytes_arrive_a_table_holds_only_what_can_be_seen(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,60}", terminal in 1_usize..=200,
        ) {
            let table = laid_out(&COLUMNS, &rows(&[&String::from_utf8_lossy(&bytes), &text]), Some(terminal), false);
            // Sanitising changes nothing of what holds only what the spec allows.
            prop_assert!(*handoff_text::Sanitised::from(table.as_str()) == *table, "{table:?}");
            prop_assert_eq!(table.lines().count(), 3);
            prop_assert!(table.lines().all(|line| width(line) <= terminal), "{table}");
        }
    }

    #[test]
    fn no_text_makes_a_table_wider_than_the_terminal_or_obeys_it() {
        let texts = [
            "⚠\u{FE0F} fix ",
            "❤\u{FE0F}\u{200D}🔥",
            "👍🏽👍🏿",
            "👨\u{200D}👩\u{200D}👧\u{200D}👦",
            "🇩🇪🇺🇦🇪",
            "1\u{FE0F}\u{20E3} ",
            "日本語のタイトル",
            "क्षत्रिय",
            "a\u{301}\u{302}\u{303}\u{304}\u{305}",
            "\x1b]52;c;x\x07\u{9b}2J\u{202E}\u{E0041}\r\n",
            "العربية لا",
            "",
        ];
        for terminal in 1..=200 {
            for texts in texts.chunks(1).chain([&texts[..]]) {
                let plain = laid_out(&COLUMNS, &rows(texts), Some(terminal), false);
                assert_eq!(plain.lines().count(), texts.len() + 1);
                for line in plain.lines() {
                    assert!(width(line) <= terminal, "{line:?} in {terminal} columns");
                    assert_eq!(
                        handoff_columns::cell(line.as_bytes()).replace(' ', ""),
                        line.replace(' ', "")
                    );
                }
                let mut coloured = laid_out(&COLUMNS, &rows(texts), Some(terminal), true);
                for code in ["\x1b[2m", "\x1b[1m", "\x1b[33m", "\x1b[0m"] {
                    coloured = coloured.replace(code, "");
                }
                assert!(coloured.lines().map(str::trim_end).eq(plain.lines()));
            }
        }
    }
}
