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

/// What a run is called in a table: the first words of its prompt, without the marks of a Markdown heading or list.
pub fn name(prompt: &str) -> String {
    let words = cell(prompt);
    let name = words.trim_start_matches(['#', '*', '-', '>', ' ']);
    if name.is_empty() { words } else { name.to_owned() }
}

/// How long ago, in one unit: `40s`, `4m`, `23h`, `3d`, `2y`. What lies ahead, since one of two clocks is wrong, is `now`.
pub fn age(seconds: i64) -> String {
    match seconds {
        ..5 => "now".to_owned(),
        5..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        172_800..86_400_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_557_600),
    }
}

/// A span of time in at most two units: `8s`, `4m10s`, `2h05m`, `3d04h`.
pub fn elapsed(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{}s", seconds.max(0)),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        86_400..86_400_000 => format!("{}d{:02}h", seconds / 86_400, seconds / 3_600 % 24),
        _ => age(seconds),
    }
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

/// A cost for a column, which has no place for what is below a cent.
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
    fn times_are_short() {
        let day = 86_400;
        let seconds =
            [-9, 0, 5, 59, 60, 3_599, 3_600, 2 * day - 1, 2 * day, 999 * day, 1_000 * day, i64::MAX];
        let ages: Vec<String> = seconds.map(age).into();
        assert_eq!(ages[..11].join(" "), "now now 5s 59s 1m 59m 1h 47h 2d 999d 2y");
        let spans: Vec<String> = seconds.map(elapsed).into();
        assert_eq!(spans[..11].join(" "), "0s 0s 5s 59s 1m00s 59m59s 1h00m 1d23h 2d00h 999d00h 2y");
        assert_eq!(
            ["# Fix it\n\nnow", "- a", "###", "", "日本 x"].map(name).join("|"),
            "Fix it now|a|###||日本 x"
        );
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
