//! Differences as lines of a terminal. What is added and removed, the signs say as well as the colours.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::pager::{Piece, wrap};
use crate::text;
use crate::theme::Theme;

/// The lines of what `git diff --stat --patch` prints, and whether that is all of it.
pub(crate) fn lines(diff: &str, limit: usize, theme: Theme, width: usize) -> (Vec<Line<'static>>, bool) {
    let (page, is_whole) = text::page(diff, limit);
    let mut lines = Vec::new();
    let mut is_patch = false;
    for line in page.trim_end().lines() {
        is_patch |= line.starts_with("diff --git ");
        let style = style(line, is_patch, theme);
        wrap(&[Piece { text: line.to_owned(), style }], &[], &[], width, &mut lines);
    }
    (lines, is_whole)
}

fn style(line: &str, is_patch: bool, theme: Theme) -> Style {
    match line.as_bytes() {
        [b'd', b'i', b'f', b'f', b' ', ..] => theme.strong(),
        _ if !is_patch => Style::new(),
        [b'@', b'@', ..] => theme.code(),
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'i', b'n', b'd', b'e', b'x', ..] => theme.quiet(),
        [b'+', ..] => theme.good(),
        [b'-', ..] => theme.bad(),
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    #[test]
    fn only_the_lines_of_a_patch_have_its_colours() {
        let diff = " a.rs | 2 +-\n- old.md\n\ndiff --git a/a.rs b/a.rs\n@@ -1 +1 @@\n-one\n+two\n";
        let (lines, is_whole) = lines(diff, 1_000, Theme::new(true), 40);
        let colours: Vec<_> =
            lines.iter().map(|line| line.spans.first().and_then(|span| span.style.fg)).collect();
        let (red, green) = (Some(Color::Red), Some(Color::Green));
        assert_eq!(colours, [None, None, None, None, Some(Color::Cyan), red, green]);
        assert!(is_whole);
    }
}
