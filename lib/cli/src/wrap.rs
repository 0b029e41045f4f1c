//! Text broken into lines.

/// The columns that all help fits in.
pub(crate) const COLUMNS: usize = 80;

/// Breaks `text` into lines of at most `width` characters, between words. A word that is longer stands alone.
pub(crate) fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A table of two columns: `left`, indented, and `right`, wrapped. A `left` that is too long has a line of its own.
pub(crate) fn columns(rows: &[(String, String)], widest: usize) -> String {
    let fitting = rows.iter().map(|(left, _)| left.chars().count()).filter(|&width| width <= widest);
    let left_width = fitting.max().unwrap_or(0);
    let indent = " ".repeat(2 + left_width + 2);
    let mut text = String::new();
    for (left, right) in rows {
        let wrapped = lines(right, COLUMNS - indent.len());
        let (first, rest) = match wrapped.split_first() {
            Some((first, rest)) if left.chars().count() <= left_width => (first.as_str(), rest),
            _ => ("", &wrapped[..]),
        };
        let head = format!("  {left:left_width$}  {first}");
        text.push_str(head.trim_end());
        text.push('\n');
        for line in rest {
            text.push_str(&indent);
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
