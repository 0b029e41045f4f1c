//! Markdown as lines of a terminal: headings, lists, quotes, code, tables and emphasis. What it doesn't know is text.

use handoff_text::Sanitised;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::pager::{Piece, wrap};
use crate::text;
use crate::theme::Theme;

/// Deeper nesting is not drawn deeper.
const DEPTH: usize = 8;

/// The lines of a Markdown document, `width` columns wide. The text is sanitised here.
pub fn markdown_lines(markdown: &str, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Page::new(theme, width);
    for event in Parser::new_ext(markdown, options) {
        page.event(event);
    }
    page.flush();
    page.lines
}

/// What stands before the lines of a list item or a quote.
struct Indent {
    /// Before the next line only.
    first: Option<String>,
    rest: String,
}

struct Page {
    theme: Theme,
    width: usize,
    lines: Vec<Line<'static>>,
    /// The block that is being collected.
    pieces: Vec<Piece>,
    styles: Vec<Style>,
    indents: Vec<Indent>,
    /// The next number of each open list, none for bullets.
    lists: Vec<Option<u64>>,
    in_code: bool,
    link: Option<String>,
    table: Vec<Vec<Vec<Piece>>>,
}

impl Page {
    fn new(theme: Theme, width: usize) -> Self {
        Self {
            theme,
            width,
            lines: Vec::new(),
            pieces: Vec::new(),
            styles: Vec::new(),
            indents: Vec::new(),
            lists: Vec::new(),
            in_code: false,
            link: None,
            table: Vec::new(),
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => self.push_code_block(&text),
            Event::Text(text) | Event::InlineHtml(text) => self.push(&text, Style::new()),
            Event::Html(text) => {
                for line in text.lines() {
                    self.push(line, Style::new());
                    self.flush();
                }
            }
            Event::Code(text) => self.push_code(&text),
            Event::SoftBreak => self.push(" ", Style::new()),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.gap();
                self.push(&"─".repeat(self.width.min(40)), self.theme.quiet());
                self.flush();
            }
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }, Style::new()),
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push(&text, Style::new());
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.gap();
                self.styles.push(self.theme.strong());
            }
            Tag::BlockQuote(_) => {
                self.gap();
                self.indents.push(Indent { first: None, rest: "│ ".to_owned() });
            }
            Tag::CodeBlock(_) => {
                self.gap();
                self.in_code = true;
                self.indents.push(Indent { first: None, rest: "  ".to_owned() });
            }
            Tag::List(number) => {
                if self.lists.is_empty() {
                    self.gap();
                } else {
                    self.flush();
                }
                self.lists.push(number);
            }
            Tag::Item => self.start_item(),
            Tag::Emphasis => self.styles.push(Style::new().add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.styles.push(self.theme.strong()),
            Tag::Strikethrough => self.styles.push(Style::new().add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.styles.push(Style::new().add_modifier(Modifier::UNDERLINED));
                self.link = Some(dest_url.into_string());
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            Tag::TableCell => {}
            _ => self.gap(),
        }
    }

    fn start_item(&mut self) {
        self.flush();
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            _ => "• ".to_owned(),
        };
        let rest = " ".repeat(text::width(&marker));
        self.indents.push(Indent { first: Some(marker), rest });
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::CodeBlock => {
                self.flush();
                self.in_code = false;
                self.indents.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.indents.pop();
            }
            TagEnd::Item => {
                // Also an empty item shows its marker.
                if self.indents.last().is_some_and(|indent| indent.first.is_some()) {
                    self.push(" ", Style::new());
                }
                self.flush();
                self.indents.pop();
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                self.end_link();
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.pieces);
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::Table => self.end_table(),
            _ => self.flush(),
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        let width: usize = self.pieces.iter().map(|piece| text::width(&piece.text)).sum();
        self.flush();
        self.styles.pop();
        let stroke = match level {
            HeadingLevel::H1 => "━",
            HeadingLevel::H2 => "─",
            _ => return,
        };
        self.push(&stroke.repeat(width.min(self.room())), self.theme.quiet());
        self.flush();
    }

    /// The address, unless it is what was just read.
    fn end_link(&mut self) {
        let Some(url) = self.link.take() else { return };
        let url = text::cell(&url);
        if self.pieces.last().is_none_or(|piece| piece.text != url) && !url.is_empty() {
            self.push(&format!(" ({url})"), self.theme.quiet());
        }
    }

    fn end_table(&mut self) {
        const BETWEEN: &str = " │ ";
        let rows = std::mem::take(&mut self.table);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let wide = |cell: &Vec<Piece>| cell.iter().map(|piece| text::width(&piece.text)).sum::<usize>();
        let widths: Vec<usize> = (0..columns)
            .map(|column| rows.iter().filter_map(|row| row.get(column)).map(wide).max().unwrap_or(0))
            .collect();
        // A table that is too wide keeps its rows, but not its columns.
        let fits = widths.iter().sum::<usize>() + 3 * columns.saturating_sub(1) <= self.room();
        for (number, row) in rows.into_iter().enumerate() {
            for (column, cell) in row.into_iter().enumerate() {
                if column > 0 {
                    self.push(BETWEEN, self.theme.quiet());
                }
                let padding = if fits { widths[column] - wide(&cell) } else { 0 };
                self.pieces.extend(cell.into_iter().map(|piece| match number {
                    0 => Piece { style: piece.style.patch(self.theme.strong()), ..piece },
                    _ => piece,
                }));
                self.push(&" ".repeat(padding), Style::new());
            }
            self.flush();
            if number == 0 && fits {
                let rule: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
                self.push(&rule.join("─┼─"), self.theme.quiet());
                self.flush();
            }
        }
    }

    fn push_code_block(&mut self, code: &str) {
        let (code, _) = text::page(code, usize::MAX);
        for line in code.lines() {
            self.pieces.push(Piece { text: line.to_owned(), style: self.theme.code() });
            self.flush_line();
        }
    }

    /// Without colour, the quotes that Markdown has around it say that this is code.
    fn push_code(&mut self, code: &str) {
        if self.theme.has_colour() {
            self.push(code, self.theme.code());
        } else {
            self.push(&format!("`{code}`"), Style::new());
        }
    }

    /// Sanitised once more: an entity such as `&#27;` is a control character only now.
    fn push(&mut self, text: &str, style: Style) {
        let text = Sanitised::from(text).replace(['\n', '\t'], " ");
        let (text, _) = text::page(&text, usize::MAX);
        if !text.is_empty() {
            let style = self.styles.iter().fold(Style::new(), |all, one| all.patch(*one)).patch(style);
            self.pieces.push(Piece { text, style });
        }
    }

    /// Ends the block before, and leaves a line between it and the next, but none after a list marker.
    fn gap(&mut self) {
        self.flush();
        let after_marker = self.indents.last().is_some_and(|indent| indent.first.is_some());
        if !after_marker && self.lines.last().is_some_and(|line| line.width() > 0) {
            let inside = self.prefix(false);
            let is_quoted = inside.iter().any(|piece| piece.text.starts_with('│'));
            if is_quoted {
                wrap(&[], &inside, &inside, self.width, &mut self.lines);
            } else {
                self.lines.push(Line::default());
            }
        }
    }

    fn flush(&mut self) {
        if !self.pieces.is_empty() {
            self.flush_line();
        }
    }

    fn flush_line(&mut self) {
        let first = self.prefix(true);
        let rest = self.prefix(false);
        for indent in &mut self.indents {
            indent.first = None;
        }
        let pieces = std::mem::take(&mut self.pieces);
        wrap(&pieces, &first, &rest, self.width, &mut self.lines);
    }

    fn prefix(&self, first: bool) -> Vec<Piece> {
        let style = self.theme.quiet();
        let part = |indent: &Indent| match &indent.first {
            Some(marker) if first => marker.clone(),
            _ => indent.rest.clone(),
        };
        self.indents.iter().take(DEPTH).map(|indent| Piece { text: part(indent), style }).collect()
    }

    fn room(&self) -> usize {
        let taken: usize = self.prefix(false).iter().map(|piece| text::width(&piece.text)).sum();
        self.width.saturating_sub(taken).max(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(markdown: &str, width: usize) -> String {
        let lines = markdown_lines(markdown, Theme::new(false), width);
        lines.iter().map(|line| format!("{}\n", line.to_string().trim_end())).collect()
    }

    #[test]
    fn a_document_is_laid_out() {
        let markdown = "# Done\nThe *parser* takes `a,b` and\nquoted fields.\n\n## Changes\n\n- first\n- second one, \
            which is long enough to break\n  1. nested\n  2. more\n- [x] task\n\n> quoted\n> words\n\n```rust\nfn main() {\n\t\
            run();\n}\n```\n\n---\n[docs](https://example.org) <b>x</b>";
        assert_eq!(
            rendered(markdown, 30),
            "Done
━━━━

The parser takes `a,b` and
quoted fields.

Changes
───────

• first
• second one, which is long
  enough to break
  1. nested
  2. more
• [x] task

│ quoted words

  fn main() {
      run();
  }

──────────────────────────────

docs (https://example.org)
<b>x</b>
"
        );
    }

    #[test]
    fn a_table_keeps_its_columns_where_they_fit() {
        let markdown = "| file | 行 |\n|---|---|\n| a.rs | 12 |\n| long.rs | 日本 |\n";
        assert_eq!(rendered(markdown, 40), "file    │ 行\n────────┼─────\na.rs    │ 12\nlong.rs │ 日本\n");
        assert_eq!(rendered(markdown, 10), "file │ 行\na.rs │ 12\nlong.rs │\n日本\n");
    }

    #[test]
    fn entities_make_no_control_characters() {
        assert_eq!(rendered("a&#27;[31m&#x202e;b&#10;c\n\n`\u{1b}x`", 40), "a[31mb c\n\n`x`\n");
    }

    #[test]
    fn deep_or_broken_documents_are_harmless() {
        for text in
            ["> ".repeat(5000), "- ".repeat(5000), "[".repeat(50_000), "*a_".repeat(20_000), "|".repeat(9000)]
        {
            let _ = rendered(&text, 20);
            let _ = rendered(&format!("a {text} b"), 0);
        }
        assert_eq!(rendered("", 10), "");
        assert_eq!(rendered("-\n- x", 10), "•\n• x\n");
    }
}
