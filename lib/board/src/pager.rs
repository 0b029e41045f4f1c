//! Lines that are scrolled, and how text becomes lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::keys::Key;
use crate::text;

/// How many lines one notch of the mouse wheel is.
pub const WHEEL_LINES: isize = 3;

/// Text of one look.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The text, sanitised.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

/// Where one is in a text, and the text as lines.
#[derive(Debug, Default)]
pub struct Pager {
    lines: Vec<Line<'static>>,
    top: usize,
    height: usize,
    /// Whether the end stays in sight while the text grows.
    follows: bool,
}

impl Pager {
    /// One whose end stays in sight while the text grows.
    pub fn following() -> Self {
        Self { follows: true, ..Self::default() }
    }

    /// Whether the end stays in sight.
    pub fn is_following(&self) -> bool {
        self.follows
    }

    /// Stays where it is from now on.
    pub fn stop_following(&mut self) {
        self.follows = false;
    }

    /// Replaces the text.
    pub fn set_lines(&mut self, lines: Vec<Line<'static>>) {
        self.lines = lines;
    }

    /// The lines that are in sight in `height` lines.
    pub fn visible(&mut self, height: usize) -> &[Line<'static>] {
        self.height = height;
        self.top = if self.follows { self.last_top() } else { self.top.min(self.last_top()) };
        &self.lines[self.top..self.lines.len().min(self.top + height)]
    }

    fn last_top(&self) -> usize {
        self.lines.len().saturating_sub(self.height)
    }

    /// So many lines down, or up if negative.
    pub fn scroll(&mut self, lines: isize) {
        self.top = self.top.saturating_add_signed(lines).min(self.last_top());
        self.follows = self.follows && lines > 0;
    }

    /// How many lines a page is.
    pub fn page(&self) -> isize {
        isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// To the beginning.
    pub fn home(&mut self) {
        self.top = 0;
        self.follows = false;
    }

    /// To the end; with `follow`, to stay there.
    pub fn end(&mut self, follow: bool) {
        // Where that is, the next look at it finds: the lines may not be there yet.
        self.top = usize::MAX;
        self.follows = follow;
    }

    /// Scrolls as `key` says: arrows, pages, the ends, the wheel. Other keys do nothing.
    pub fn press(&mut self, key: &Key) {
        let page = self.page();
        match key {
            Key::Up | Key::Char('k') => self.scroll(-1),
            Key::Down | Key::Char('j') => self.scroll(1),
            Key::WheelUp => self.scroll(-WHEEL_LINES),
            Key::WheelDown => self.scroll(WHEEL_LINES),
            Key::PageUp | Key::Char('b') => self.scroll(-page),
            Key::PageDown | Key::Char(' ') => self.scroll(page),
            Key::Home | Key::Char('g') => self.home(),
            Key::End | Key::Char('G') => self.end(false),
            _ => {}
        }
    }

    /// `1–20 of 64`, or nothing where everything is in sight.
    pub fn position(&self) -> String {
        let total = self.lines.len();
        if total <= self.height || self.height == 0 {
            return String::new();
        }
        format!("{}–{} of {total}", self.top + 1, (self.top + self.height).min(total))
    }
}

/// Draws what of `pager` is in sight.
pub fn draw_page(buffer: &mut Buffer, area: Rect, pager: &mut Pager) {
    for (y, line) in (area.y..area.bottom()).zip(pager.visible(area.height.into())) {
        buffer.set_line(area.x, y, line, area.width);
    }
}

/// Plain, sanitised text as lines of `width` columns.
pub fn plain(text: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    let text = text.trim_end();
    let mut lines = Vec::new();
    for line in text.lines() {
        wrap(&[Piece { text: line.to_owned(), style }], &[], &[], width, &mut lines);
    }
    lines
}

/// Breaks one line between words, or inside of a word that is too long. `first` stands before the first line, `rest`
/// before the others.
pub fn wrap(pieces: &[Piece], first: &[Piece], rest: &[Piece], width: usize, lines: &mut Vec<Line<'static>>) {
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
