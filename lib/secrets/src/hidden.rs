//! Characters without a picture, which a secret may be interrupted by without looking so.

use std::ops::Range;

/// A text without its hidden characters, and where the rest of it stood.
pub(crate) struct Visible {
    pub(crate) text: String,
    /// For each place behind a hidden character: the place in `text` and that in the original.
    moved: Vec<(usize, usize)>,
}

impl Visible {
    /// None when nothing in `text` is hidden, as in nearly every text.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.is_ascii() || !text.contains(is_hidden) {
            return None;
        }
        let mut visible = Self { text: String::with_capacity(text.len()), moved: Vec::new() };
        let mut copied = 0;
        for (at, hidden) in text.match_indices(is_hidden) {
            visible.text.push_str(&text[copied..at]);
            copied = at + hidden.len();
            visible.moved.push((visible.text.len(), copied));
        }
        visible.text.push_str(&text[copied..]);
        Some(visible)
    }

    /// Where `span` of the visible text is in the original: from its first character to its last.
    pub(crate) fn original(&self, span: &Range<usize>) -> Range<usize> {
        let shifted = |at: usize, behind: usize| {
            let before = self.moved.partition_point(|(visible, _)| *visible < behind);
            before.checked_sub(1).map_or(at, |last| at + self.moved[last].1 - self.moved[last].0)
        };
        // What is hidden right before the first character is outside, as is what is hidden behind the last.
        shifted(span.start, span.start + 1)..shifted(span.end, span.end)
    }
}

fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}'
    )
}
