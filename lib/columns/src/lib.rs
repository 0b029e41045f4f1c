//! Text in the columns of a terminal: measured, cut and padded, for every table.
//!
//! The unit is what a reader takes for one character (an extended grapheme cluster), reduced to what all terminals draw
//! alike. The width of a text is the sum of the widths of its clusters, so a text that was cut is never wider than
//! asked, and what is added to pad it is never negative.

use handoff_text::Sanitised;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest cell, in bytes: no terminal shows more of a line.
const MAX_CELL_BYTES: usize = 400;

/// How many characters are kept of one cluster: a letter and some of the marks that can be heaped on it.
const MAX_CLUSTER_CHARS: usize = 8;

/// What stands where something was cut, one column wide.
const MARK: &str = "…";

/// One line for a cell of a table: sanitised, every run of white space one space, each cluster reduced.
pub fn cell(text: &[u8]) -> String {
    reduced(&Sanitised::line(text, MAX_CELL_BYTES))
}

/// The text with each cluster reduced to what all terminals draw alike, without those that have no width.
pub fn reduced(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    // A mark that stands alone has nothing to stand on.
    clusters(text).filter(|(_, width)| *width > 0).map(|(symbol, _)| symbol).collect()
}

/// The clusters of a text, reduced, each with its width in columns. Terminals disagree about clusters whose characters
/// do not add up, such as a symbol with a variation selector or a skin tone: of those the first character is given. A
/// control character has no width.
pub fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|cluster| {
        let kept = cluster.char_indices().nth(MAX_CLUSTER_CHARS).map_or(cluster, |(end, _)| &cluster[..end]);
        let mut characters = kept.chars();
        let first = characters.next().unwrap_or_default();
        let first_width = first.width().unwrap_or(0);
        let sum = first_width + characters.map(|c| c.width().unwrap_or(0)).sum::<usize>();
        let adds_up = kept.width() == sum && !kept.contains(char::is_control);
        if adds_up { (kept, sum) } else { (&kept[..first.len_utf8()], first_width) }
    })
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    // Of ASCII only the control characters have none.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    clusters(text).map(|(_, width)| width).sum()
}

/// As much of the beginning as fits into `available` columns, `…` where something is missing.
pub fn cut(text: &str, available: usize) -> String {
    if width(text) <= available {
        return text.to_owned();
    }
    let Some(room) = available.checked_sub(1) else { return String::new() };
    let mut kept = String::new();
    let mut used = 0;
    for (symbol, width) in clusters(text) {
        used += width;
        if used > room {
            break;
        }
        kept.push_str(symbol);
    }
    kept + MARK
}

/// As much of the end as fits into `available` columns, behind `…`: the end of a path says more than its beginning.
pub fn cut_front(text: &str, available: usize) -> String {
    let total = width(text);
    if total <= available {
        return text.to_owned();
    }
    let Some(room) = available.checked_sub(1) else { return String::new() };
    let mut over = total - room;
    let kept = clusters(text).skip_while(|&(_, width)| {
        let is_over = over > 0;
        over = over.saturating_sub(width);
        is_over
    });
    MARK.to_owned() + &kept.map(|(symbol, _)| symbol).collect::<String>()
}

/// The text, already cut, with spaces up to `columns`: after it, or before it if `right`.
pub fn padded(text: &str, columns: usize, right: bool) -> String {
    let gap = " ".repeat(columns.saturating_sub(width(text)));
    if right { gap + text } else { text.to_owned() + &gap }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_by_what_is_shown() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("🇩🇪🇺🇦", 3), "🇩🇪…");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut_front("~/work/api", 6), "…k/api");
        assert_eq!(cut_front("日本語", 4), "…語");
        assert_eq!(cut_front("日本語", 0), "");
        assert_eq!(padded("日", 4, true), "  日");
    }

    #[test]
    fn what_terminals_disagree_about_becomes_simple() {
        assert_eq!(cell("⚠\u{FE0F} ok 👍🏽".as_bytes()), "⚠ ok 👍");
        let heaped = format!("a{}b", "\u{301}".repeat(100));
        assert_eq!(cell(heaped.as_bytes()).chars().count(), MAX_CLUSTER_CHARS + 1);
        assert_eq!(width(&cell(heaped.as_bytes())), 2);
    }

    fn any_text() -> impl Strategy<Value = String> {
        let known = [
            "⚠\u{FE0F}",
            "❤\u{FE0F}",
            "👍🏽",
            "👨\u{200D}👩\u{200D}👧",
            "🇩🇪",
            "🇩",
            "1\u{FE0F}\u{20E3}",
            "क्ष",
            "\u{1100}\u{1161}",
            "\u{301}",
            "لا",
            "日",
            "\u{600}1",
            "\r\n",
            "\t",
            "\x1b[2J",
            "a",
            " ",
        ];
        let piece = prop_oneof![
            2 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(piece, 0..50).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_bytes_arrive_a_cell_holds_only_what_can_be_seen(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), text in any_text(), columns in 1_usize..200,
        ) {
            for bytes in [bytes, text.into_bytes()] {
                let cell = cell(&bytes);
                for text in [cut(&cell, columns), cut_front(&cell, columns), cell] {
                    // Sanitising changes nothing of what holds only what the spec allows.
                    prop_assert!(*Sanitised::from(text.as_str()) == *text, "{text:?}");
                    prop_assert!(!text.contains(['\n', '\t']), "{text:?}");
                }
            }
        }

        #[test]
        fn cut_text_is_never_wider_than_asked(text in any_text(), columns in 0_usize..200) {
            for text in [cell(text.as_bytes()), text] {
                for cut in [cut(&text, columns), cut_front(&text, columns)] {
                    prop_assert!(width(&cut) <= columns, "{cut:?}");
                    prop_assert!(width(&text) > columns || cut == text);
                    prop_assert_eq!(width(&padded(&cut, columns, false)), columns);
                }
            }
        }
    }
}
