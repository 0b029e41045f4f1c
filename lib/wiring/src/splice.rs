//! A change of a text, said by place: what is not named stays as it is by construction.

use std::ops::Range;

/// Replacements of ranges of a text, none touching another.
#[derive(Debug, Default)]
pub(crate) struct Splices(Vec<(Range<usize>, String)>);

impl Splices {
    /// Puts `text` in the place of the bytes `range`.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// Puts `text` before the byte `at`.
    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes the bytes `range` away.
    pub(crate) fn remove(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    /// `text` with all of them done. Ranges that lie within an earlier one go with it.
    pub(crate) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut done = 0;
        let mut new = String::with_capacity(text.len() + 512);
        for (range, replacement) in self.0 {
            if range.start < done {
                continue;
            }
            new.push_str(&text[done..range.start]);
            new.push_str(&replacement);
            done = range.end;
        }
        new.push_str(&text[done..]);
        new
    }
}
