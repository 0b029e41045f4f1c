//! Lines that are scrolled, and how text becomes lines.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text;

/// Text of one look.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// Where one is in a text, and the text as lines.
#[derive(Debug, Default)]
pub(crate) struct Pager {
    lines: Vec<Line<'static>>,
    top: usize,
    height: usize,
    /// Whether the end stays in sight while the text grows.
    follows: bool,
}

impl Pager {
    pub(crate) fn following() -> Self {
        Self { follows: true, ..Self::default() }
    }

    pub(crate) fn is_following(&self) -> bool {
        self.follows
    }

    pub(crate) fn stop_following(&mut self) {
        self.follows = false;
    }

    pub(crate) fn set_lines(&mut self, lines: Vec<Line<'static>>) {
        self.lines = lines;
    }

    /// The lines that are in sight in `height` lines.
    pub(crate) fn visible(&mut self, height: usize) -> &[Line<'static>] {
        self.height = height;
        self.top = if self.follows { self.last_top() } else { self.top.min(self.last_top()) };
        &self.lines[self.top..self.lines.len().min(self.top + height)]
    }

    fn last_top(&self) -> usize {
        self.lines.len().saturating_sub(self.height)
    }

    pub(crate) fn scroll(&mut self, lines: isize) {
        self.top = self.top.saturating_add_signed(lines).min(self.last_top());
        self.follows = self.follows && lines > 0;
    }

    pub(crate) fn page(&self) -> isize {
        isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    pub(crate) fn home(&mut self) {
        self.top = 0;
        self.follows = false;
    }

    /// To the end; with `follow`, to stay there.
    pub(crate) fn end(&mut self, follow: bool) {
        self.top = self.last_top();
        self.follows = follow;
    }

    /// `1–20 of 64`, or nothing where everything is in sight.
    pub(crate) fn position(&self) -> String {
        let total = self.lines.len();
        if total <= self.height || self.height == 0 {
            return String::new();
        }
        format!("{}–{} of {total}", self.top + 1, (self.top + self.height).min(total))
    }
}

/// Plain text as lines.
pub(crate) fn plain(text: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    let text = text.trim_end();
    let mut lines = Vec::new();
    for line in text.lines() {
        wrap(&[Piece { text: line.to_owned(), style }], &[], &[], width, &mut lines);
    }
    lines
}

/// Breaks one line between words, or inside of a word that is too long. `first` stands before the first line, `rest`
/// before the others.
pub(crate) fn wrap(
    pieces: &[Piece],
    first: &[Piece],
    rest: &[Piece],
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let taken = |prefix: &[Piece]| prefix.iter().map(|piece| text::width(&piece.text)).sum::<usize>();
    // Where a prefix leaves nothing, the words run over the edge rather than one letter a line.
    let room = width.saturating_sub(taken(first).max(taken(rest))).max(2);
    let mut line: Vec<(&str, usize, Style)> = Vec::new();
    let mut used = 0;
    let mut gap = None;
    let mut is_first = true;
    let mut emit = |line: &[(&str, usize, Style)]| {
        lines.push(join(if std::mem::take(&mut is_first) { first } else { rest }, line));
    };
    for piece in pieces {
        for (symbol, width) in text::clusters(&piece.text) {
            if used + width > room {
                if symbol == " " {
                    // The break stands for this space.
                    emit(&line);
                    (line, used, gap) = (Vec::new(), 0, None);
                    continue;
                }
                let at = gap.take().unwrap_or(line.len());
                emit(&line[..at]);
                line.drain(..at);
                used = line.iter().map(|(_, width, _)| width).sum();
            }
            // Spaces at the beginning are an indent, not a place to break.
            if symbol == " " && line.iter().any(|(symbol, ..)| *symbol != " ") {
                gap = Some(line.len() + 1);
            }
            line.push((symbol, width, piece.style));
            used += width;
        }
    }
    if !line.is_empty() || is_first {
        lines.push(join(if is_first { first } else { rest }, &line));
    }
}

fn join(prefix: &[Piece], line: &[(&str, usize, Style)]) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::with_capacity(prefix.len() + 1);
    spans.extend(prefix.iter().map(|piece| Span::styled(piece.text.clone(), piece.style)));
    let mut start = 0;
    while start < line.len() {
        let style = line[start].2;
        let end = line[start..].iter().position(|cell| cell.2 != style).map_or(line.len(), |n| start + n);
        let text: String = line[start..end].iter().map(|cell| cell.0).collect();
        spans.push(Span::styled(text, style));
        start = end;
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        plain(text, Style::new(), width).iter().map(|line| line.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("one two", 3), ["one", "two"]);
        assert_eq!(wrapped("    indented words", 14), ["    indented", "words"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("日本語です", 5), ["日本", "語で", "す"]);
        assert_eq!(wrapped("a\n\nb\n\n", 5), ["a", "", "b"]);
        assert_eq!(wrapped("日本", 0), ["日", "本"]);
    }

    #[test]
    fn a_following_pager_stays_at_the_end_until_one_looks_back() {
        let lines = |count: usize| (0..count).map(|n| Line::from(n.to_string())).collect::<Vec<_>>();
        let mut pager = Pager::following();
        pager.set_lines(lines(10));
        assert_eq!(pager.visible(3)[0].to_string(), "7");
        pager.set_lines(lines(11));
        assert_eq!(pager.visible(3)[0].to_string(), "8");
        pager.scroll(-1);
        pager.set_lines(lines(12));
        assert_eq!(pager.visible(3)[0].to_string(), "7");
        assert_eq!(pager.position(), "8–10 of 12");
        pager.end(true);
        pager.set_lines(lines(13));
        assert_eq!(pager.visible(3)[0].to_string(), "10");
        assert!(pager.visible(0).is_empty());
    }
}
