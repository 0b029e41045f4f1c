//! Text from outside as the screen takes it: sanitised, and cut and padded by what a terminal shows.

use handoff_text::Sanitised;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Bytes of one cell that are looked at.
const CELL: usize = 400;

/// Marks that are kept above and below one letter.
const MARKS: usize = 8;

/// A tab stop, in columns.
const TAB: usize = 4;

/// One line for a cell.
pub(crate) fn cell(text: &str) -> String {
    settle(&Sanitised::line(text.as_bytes(), CELL))
}

/// A cell that keeps its spaces, for what is being typed.
pub(crate) fn cell_as_typed(text: &str) -> String {
    settle(&Sanitised::up_to(text.as_bytes(), CELL).text).replace(['\n', '\t'], " ")
}

/// Lines for a page: tabs become spaces, and nothing else that is invisible is left.
pub(crate) fn page(text: &str, limit: usize) -> (String, bool) {
    let excerpt = Sanitised::up_to(text.as_bytes(), limit);
    let mut page = String::with_capacity(excerpt.text.len());
    for (number, line) in excerpt.text.split('\n').enumerate() {
        if number > 0 {
            page.push('\n');
        }
        let mut parts = line.split('\t');
        let mut column = push_settled(&mut page, parts.next().unwrap_or_default());
        for part in parts {
            let gap = TAB - column % TAB;
            page.extend(std::iter::repeat_n(' ', gap));
            column += gap + push_settled(&mut page, part);
        }
    }
    (page, excerpt.whole)
}

/// The text with each cluster reduced to what all terminals draw alike.
fn settle(text: &str) -> String {
    let mut settled = String::with_capacity(text.len());
    push_settled(&mut settled, text);
    settled
}

/// Appends the settled text and returns its width.
fn push_settled(out: &mut String, text: &str) -> usize {
    if text.is_ascii() {
        out.push_str(text);
        return text.len();
    }
    // A mark that stands alone has nothing to stand on.
    clusters(text)
        .filter(|(_, width)| *width > 0)
        .map(|(symbol, width)| (out.push_str(symbol), width).1)
        .sum()
}

/// What a reader takes for one character each, with its width. Terminals disagree about clusters whose characters do
/// not add up, such as a symbol with a variation selector or a skin tone: of those, the first character is given. And
/// a letter keeps only some of the marks that can be heaped on it.
pub(crate) fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    // The span's iterator is the one that the buffer will use.
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let bytes = rest.as_bytes();
        // ASCII before ASCII stands alone, and most text is that.
        if first.is_ascii() && bytes.get(1).is_none_or(u8::is_ascii) {
            let (symbol, remaining) = rest.split_at(1);
            rest = remaining;
            return Some((symbol, usize::from(!first.is_control())));
        }
        let length = if first.is_control() {
            first.len_utf8()
        } else {
            let span = Span::raw(&rest[..window(rest)]);
            let length = span.styled_graphemes(Style::new()).next().map_or(0, |cluster| cluster.symbol.len());
            length.max(first.len_utf8())
        };
        let (cluster, remaining) = rest.split_at(length);
        rest = remaining;
        let kept = cluster.char_indices().nth(MARKS).map_or(cluster, |(end, _)| &cluster[..end]);
        let width = kept.width();
        let sum: usize = kept.chars().map(|c| c.width().unwrap_or(0)).sum();
        if width == sum {
            Some((kept, width))
        } else {
            Some((&kept[..first.len_utf8()], first.width().unwrap_or(0)))
        }
    })
}

/// A cluster is looked for in this much of the text, so that a long line is not searched anew for each.
fn window(text: &str) -> usize {
    text.floor_char_boundary(256.min(text.len()))
}

pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { clusters(text).map(|(_, width)| width).sum() }
}

/// As much of the beginning as fits, `…` where something is missing.
pub(crate) fn cut(text: &str, available: usize) -> String {
    if width(text) <= available {
        return text.to_owned();
    }
    if available == 0 {
        return String::new();
    }
    let mut kept = String::new();
    let mut used = 1;
    for (symbol, width) in clusters(text) {
        used += width;
        if used > available {
            break;
        }
        kept.push_str(symbol);
    }
    kept + "…"
}

/// As much of the end as fits: the end of a path says more than its beginning.
pub(crate) fn cut_front(text: &str, available: usize) -> String {
    let total = width(text);
    if total <= available {
        return text.to_owned();
    }
    if available == 0 {
        return String::new();
    }
    let mut over = (total + 1).saturating_sub(available);
    let mut skipped = 0;
    for (symbol, width) in clusters(text) {
        if over == 0 {
            break;
        }
        over = over.saturating_sub(width);
        skipped += symbol.len();
    }
    format!("…{}", &text[skipped..])
}

/// The text, already cut, filled with spaces.
pub(crate) fn padded(text: &str, columns: usize, right: bool) -> String {
    let gap = " ".repeat(columns.saturating_sub(width(text)));
    if right { gap + text } else { text.to_owned() + &gap }
}

/// `1234567` as `1.2M`.
pub(crate) fn count(number: u64) -> String {
    let short = |unit: f64, name: &str| {
        let value = number as f64 / unit;
        if value < 9.95 { format!("{value:.1}{name}") } else { format!("{value:.0}{name}") }
    };
    match number {
        0..=999 => number.to_string(),
        1_000..=999_499 => short(1e3, "k"),
        999_500..=999_499_999 => short(1e6, "M"),
        _ => short(1e9, "G"),
    }
}

/// A cost for a column: nobody adds up what is below a cent.
pub(crate) fn rough_cost(usd: f64) -> String {
    if usd > 0.0 && usd < 0.01 { "<$0.01".to_owned() } else { cost_to(usd, 2) }
}

/// `$0.12`, and more digits of what is less than ten cents.
pub(crate) fn cost(usd: f64) -> String {
    cost_to(usd, if usd > 0.0 && usd < 0.0995 { 4 } else { 2 })
}

fn cost_to(usd: f64, digits: usize) -> String {
    if usd.is_finite() && usd >= 0.0 { format!("${usd:.digits$}") } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_what_is_shown() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut_front("~/work/api", 6), "…k/api");
        assert_eq!(cut_front("日本語", 4), "…語");
        assert_eq!(cut_front("日本語", 0), "");
        assert_eq!(padded("日", 4, true), "  日");
    }

    #[test]
    fn what_terminals_disagree_about_becomes_simple() {
        assert_eq!(cell("⚠\u{FE0F} ok 👍🏽"), "⚠ ok 👍");
        let heaped = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(page(&heaped, 2000).0.chars().count(), MARKS + 1);
        assert_eq!(width(&page(&heaped, 2000).0), 2);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(cell("a\x1b]52;c;x\x07b\u{202E}\n c\td"), "a]52;c;xb c d");
        assert_eq!(page("a\tb\r\n日\tc\x1b[2J", 100).0, "a   b\n日  c[2J");
        assert_eq!(page("abcdef", 3), ("abc".to_owned(), false));
    }

    #[test]
    fn numbers_are_short() {
        let counts = [0, 999, 1000, 9949, 9950, 12_345, 999_499, 999_500, 1_234_567, 5_000_000_000];
        let short: Vec<String> = counts.into_iter().map(count).collect();
        assert_eq!(short.join(" "), "0 999 1.0k 9.9k 10k 12k 999k 1.0M 1.2M 5.0G");
        assert_eq!([0.0, 0.002, 0.0142, f64::NAN].map(rough_cost).join(" "), "$0.00 <$0.01 $0.01 -");
        let costs = [0.0, 0.0042, 0.1, 12.345, -1.0, f64::NAN, f64::INFINITY];
        assert_eq!(costs.map(cost).join(" "), "$0.00 $0.0042 $0.10 $12.35 - - -");
    }
}
