//! Text from outside as the screen takes it: sanitised, and reduced to what all terminals draw alike.

use handoff_columns::reduced;
pub use handoff_columns::{clusters, cut, cut_front, padded, width};
use handoff_text::Sanitised;

/// The longest text that is being typed, in bytes.
const TYPED: usize = 400;

/// A tab stop, in columns.
const TAB: usize = 4;

/// One line for a cell.
pub fn cell(text: &str) -> String {
    handoff_columns::cell(text.as_bytes())
}

/// A cell that keeps its spaces, for what is being typed.
pub fn cell_as_typed(text: &str) -> String {
    reduced(&Sanitised::up_to(text.as_bytes(), TYPED).text.replace(['\n', '\t'], " "))
}

/// Lines for a page, of at most `limit` bytes, and whether that is all of it: tabs become spaces, and nothing else that
/// is invisible is left.
pub fn page(text: &str, limit: usize) -> (String, bool) {
    let excerpt = Sanitised::up_to(text.as_bytes(), limit);
    let mut page = String::with_capacity(excerpt.text.len());
    for (number, line) in excerpt.text.split('\n').enumerate() {
        if number > 0 {
            page.push('\n');
        }
        let mut parts = line.split('\t');
        let mut column = push(&mut page, parts.next().unwrap_or_default());
        for part in parts {
            let gap = TAB - column % TAB;
            page.extend(std::iter::repeat_n(' ', gap));
            column += gap + push(&mut page, part);
        }
    }
    (page, excerpt.whole)
}

/// Appends the reduced text and returns its width.
fn push(out: &mut String, text: &str) -> usize {
    let text = reduced(text);
    out.push_str(&text);
    width(&text)
}

/// `1234567` as `1.2M`.
pub fn count(number: u64) -> String {
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
pub fn rough_cost(usd: f64) -> String {
    if usd > 0.0 && usd < 0.01 { "<$0.01".to_owned() } else { cost_to(usd, 2) }
}

/// `$0.12`, and more digits of what is less than ten cents.
pub fn cost(usd: f64) -> String {
    cost_to(usd, if usd > 0.0 && usd < 0.0995 { 4 } else { 2 })
}

fn cost_to(usd: f64, digits: usize) -> String {
    if usd.is_finite() && usd >= 0.0 { format!("${usd:.digits$}") } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
