//! One handoff as lines: what it says of itself, then its text.

use handoff_board::SourceError;
use handoff_board::parts::{Theme, markdown_lines, plain, text};
use ratatui::text::Line;

use crate::model::Text;

/// How much of a text is shown, in bytes.
const MAX_BYTES: usize = 256 << 10;

/// A preview of fewer lines leaves out what the handoff says of itself, and lines without words.
const MIN_LINES_FOR_FACTS: u16 = 8;

/// The lines of `found`, or why there are none, for a page of `height` lines that is `width` columns wide.
pub(crate) fn lines(
    found: &Result<Text, SourceError>,
    theme: Theme,
    width: usize,
    height: u16,
) -> Vec<Line<'static>> {
    let shown = match found {
        Ok(shown) => shown,
        Err(reason) => return plain(&text::cell(&reason.to_string()), theme.alert(), width),
    };
    let mut lines = Vec::new();
    for warning in &shown.warnings {
        lines.extend(plain(&format!("! {}", text::cell(warning)), theme.alert(), width));
    }
    if height >= MIN_LINES_FOR_FACTS {
        for fact in &shown.facts {
            lines.extend(plain(&text::cell(fact), theme.quiet(), width));
        }
        lines.push(Line::styled("─".repeat(width), theme.quiet()));
    }
    let (body, is_whole) = text::page(&shown.body, MAX_BYTES);
    let mut text = markdown_lines(body.trim_start(), theme, width);
    if height < MIN_LINES_FOR_FACTS {
        // Air is worth less there than words.
        text.retain(|line| line.to_string().contains(|c: char| !matches!(c, ' ' | '─' | '━')));
    }
    lines.extend(text);
    if !is_whole {
        lines.push(Line::styled("(the rest is not shown)", theme.alert()));
    }
    lines
}
