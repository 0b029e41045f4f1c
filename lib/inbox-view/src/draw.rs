//! The screen as it is drawn: a title, the list, the preview beside or below it, and the last line.

use handoff_board::parts::{FILTER, Hint, PAGE, draw_hints, draw_page, help_lines, plain, put, text};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::{Row, Scope, Shelf, State};
use crate::view::{Page, Prompt, View};
use crate::{list, pages, preview};

/// From so many columns on the preview stands beside the list, else below it.
const WIDE: u16 = 100;

/// The least lines of a preview below the list, and of a list above it.
const MIN_PREVIEW: u16 = 5;
const MIN_LIST: u16 = 3;

/// The most columns of a line of text: a wider one is hard to read.
const MAX_TEXT: u16 = 100;

/// Where the parts of the list's page are.
#[derive(Clone, Copy, Debug)]
struct Parts {
    title: Option<Rect>,
    /// With the margin for the marker.
    list: Rect,
    preview: Option<Rect>,
    is_wide: bool,
}

impl Parts {
    fn of(area: Rect, margin: u16, rows: usize) -> Self {
        let mut rest = area;
        let mut title = None;
        if area.height >= 5 {
            let lines = if area.height >= 10 { 2 } else { 1 };
            rest.y += lines;
            rest.height -= lines;
            title = Some(Rect { height: 1, ..area });
        }
        let with_margin = |list: Rect| Rect { x: list.x - margin, width: list.width + margin, ..list };
        if area.width >= WIDE {
            let width = (area.width * 2 / 5).clamp(38, 84);
            let list = with_margin(Rect { width, ..rest });
            let left = rest.x + width + 3;
            let preview = Rect { x: left, width: (area.right() - left).min(MAX_TEXT), ..rest };
            return Self { title, list, preview: Some(preview), is_wide: true };
        }
        // The list takes what it needs: a part of a high page, all of a low one but the least of a preview.
        let wanted = u16::try_from(rows).unwrap_or(u16::MAX).max(MIN_LIST);
        let most = (rest.height * 2 / 5).max(MIN_LIST);
        let height = if rest.height < 3 * MIN_PREVIEW { wanted } else { wanted.min(most) };
        if rest.height < height + MIN_PREVIEW {
            return Self { title, list: with_margin(rest), preview: None, is_wide: false };
        }
        let list = with_margin(Rect { height, ..rest });
        let below = Rect { y: rest.y + height, height: rest.height - height, ..rest };
        Self { title, list, preview: Some(below), is_wide: false }
    }
}

impl View {
    /// Draws all of it, into any area.
    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if area.is_empty() {
            return;
        }
        // The marker of the selected row hangs in the margin.
        let margin = if area.width >= 60 { list::MARGIN } else { 0 };
        let area = Rect { x: area.x + margin, width: area.width - margin - margin.min(1), ..area };
        // The foot keeps the last line, and a line of air above it where there is some.
        let foot = u16::from(area.height >= 3) + u16::from(area.height >= 14);
        let body = Rect { height: area.height - foot, ..area };
        self.draw_body(frame.buffer_mut(), body, margin);
        if foot > 0 {
            let line = Rect { y: area.bottom() - 1, height: 1, ..area };
            if let Some(x) = self.draw_foot(frame.buffer_mut(), line) {
                frame.set_cursor_position((x, line.y));
            }
        }
    }

    fn draw_body(&mut self, buffer: &mut Buffer, area: Rect, margin: u16) {
        let theme = self.theme;
        let text_area = Rect { width: area.width.min(MAX_TEXT), ..area };
        match &mut self.page {
            Some(Page::Help(pager)) => {
                pager.set_lines(help_lines(pages::KEYS, theme, text_area.width.into()));
                draw_page(buffer, text_area, pager);
            }
            Some(Page::Message(message, pager)) => {
                let lines = message
                    .lines()
                    .flat_map(|line| plain(&text::cell(line), Style::new(), text_area.width.into()));
                pager.set_lines(lines.collect());
                draw_page(buffer, text_area, pager);
            }
            Some(Page::Reading(pager)) => {
                let Some(shown) = &self.shown else { return };
                let title = text::cut(&text::cell(&shown.row.title), text_area.width.into());
                put(buffer, text_area, text_area.y, &title, theme.strong());
                let lines = u16::from(area.height >= 10) + 1;
                let below =
                    Rect { y: area.y + lines, height: area.height.saturating_sub(lines), ..text_area };
                pager.set_lines(preview::lines(&shown.text, theme, below.width.into(), u16::MAX));
                draw_page(buffer, below, pager);
            }
            None => self.draw_list_page(buffer, area, margin),
        }
    }

    fn draw_list_page(&mut self, buffer: &mut Buffer, area: Rect, margin: u16) {
        let parts = Parts::of(area, margin, self.listed.len());
        if let Some(area) = parts.title {
            self.draw_title(buffer, area);
        }
        self.capacity = usize::from(parts.list.height).max(1);
        self.list_at = (parts.list.y, parts.list.x..parts.list.right());
        if self.listed.is_empty() {
            let inner = Rect { x: parts.list.x + margin, width: parts.list.width - margin, ..parts.list };
            // Where nothing is listed there is nothing to preview either.
            let height = area.bottom().saturating_sub(inner.y);
            return self.draw_nothing(buffer, Rect { width: area.width.min(MAX_TEXT), height, ..inner });
        }
        let highest = self.listed.len().saturating_sub(self.capacity);
        self.top =
            self.top.min(self.selected).max((self.selected + 1).saturating_sub(self.capacity)).min(highest);
        let end = self.listed.len().min(self.top + self.capacity);
        let rows: Vec<&Row> = self.listed[self.top..end].iter().map(|&index| &self.rows[index]).collect();
        let has_to = self.scope == Scope::All;
        list::draw(buffer, parts.list, &rows, self.selected - self.top, has_to, self.theme);
        if let Some(area) = parts.preview {
            self.draw_preview(buffer, area, parts.is_wide);
        }
    }

    fn draw_preview(&mut self, buffer: &mut Buffer, area: Rect, is_wide: bool) {
        let theme = self.theme;
        let Some(shown) = &self.shown else { return };
        if is_wide {
            for y in area.y..area.bottom() {
                buffer.set_string(area.x.saturating_sub(2), y, "│", theme.quiet());
            }
        } else {
            put(buffer, area, area.y, &"─".repeat(area.width.into()), theme.quiet());
        }
        let title = text::cut(&text::cell(&shown.row.title), area.width.into());
        let top = area.y + u16::from(!is_wide);
        put(buffer, area, top, &title, theme.strong());
        let below = Rect { y: top + 1, height: area.bottom().saturating_sub(top + 1), ..area };
        self.preview.set_lines(preview::lines(&shown.text, theme, below.width.into(), below.height));
        draw_page(buffer, below, &mut self.preview);
    }

    /// The tabs, and whose handoffs these are.
    fn draw_title(&self, buffer: &mut Buffer, area: Rect) {
        let theme = self.theme;
        let scope = match self.scope {
            Scope::Here => format!("this worktree, {}", text::cell(&self.here)),
            Scope::All => "all worktrees".to_owned(),
        };
        let mut x = area.x;
        let mut say = |words: &str, style: Style| {
            let room = usize::from(area.right().saturating_sub(x));
            let words = text::cut(words, room);
            buffer.set_string(x, area.y, &words, style);
            x = x.saturating_add(u16::try_from(text::width(&words)).unwrap_or(0));
        };
        for (shelf, name) in [(Shelf::Unread, "unread"), (Shelf::Archived, "archived")] {
            let tab = format!("{name} {}", self.count(self.scope, shelf));
            let is_open = shelf == self.shelf;
            let style = if is_open { theme.accent() } else { theme.quiet() };
            say(&if is_open { format!("[{tab}]") } else { format!(" {tab} ") }, style);
            say(" ", Style::new());
        }
        say(&scope, theme.strong());
        if !self.search.text.is_empty() {
            say(&format!(" · “{}”", text::cell(&self.search.text)), theme.quiet());
        }
    }

    /// What there is to do where nothing is listed.
    fn draw_nothing(&self, buffer: &mut Buffer, area: Rect) {
        let words = self.nothing();
        let mut y = area.y;
        for (index, paragraph) in words.iter().enumerate() {
            let style = if index == 0 { self.theme.strong() } else { Style::new() };
            for line in plain(paragraph, style, area.width.into()) {
                if y < area.bottom() {
                    buffer.set_line(area.x, y, &line, area.width);
                }
                y = y.saturating_add(1);
            }
            y = y.saturating_add(1);
        }
    }

    fn nothing(&self) -> Vec<String> {
        if self.rows.is_empty() && self.trouble.is_some() {
            return vec!["The handoffs cannot be read. This is tried again every second.".to_owned()];
        }
        let other = |scope, shelf| self.count(scope, shelf);
        let mut lines = Vec::new();
        if !self.search.text.is_empty() {
            lines.push(format!("Nothing matches “{}” here.", text::cell(&self.search.text)));
            lines.push("esc  clears the search".to_owned());
        } else if self.shelf == Shelf::Unread {
            lines.push(match self.scope {
                Scope::Here => format!("Nothing is unread for {}.", text::cell(&self.here)),
                Scope::All => "Nothing is unread in any worktree.".to_owned(),
            });
            lines.push("At the end of a session `/handoff` (Claude Code) or `$handoff` (Codex) leaves one for the next; by hand: `handoff write`.".to_owned());
        } else {
            lines.push("Nothing is archived here.".to_owned());
            lines.push("What a session has used comes here by itself, and what you archive.".to_owned());
        }
        let elsewhere = match self.shelf {
            Shelf::Unread => (Shelf::Archived, "archived", "→"),
            Shelf::Archived => (Shelf::Unread, "unread", "←"),
        };
        let count = other(self.scope, elsewhere.0);
        if count > 0 {
            lines.push(format!("{}  {count} {}", elsewhere.2, elsewhere.1));
        }
        let everywhere = other(Scope::All, self.shelf);
        if self.scope == Scope::Here && everywhere > 0 {
            lines.push(format!("tab  {everywhere} in other worktrees"));
        }
        lines
    }

    /// Draws the last line; gives the column of the cursor while something is typed.
    fn draw_foot(&mut self, buffer: &mut Buffer, area: Rect) -> Option<u16> {
        let theme = self.theme;
        let width = usize::from(area.width);
        match &self.prompt {
            Some(Prompt::Search) => return Some(self.search.draw(buffer, area, "/", FILTER, theme)),
            Some(Prompt::Forward(_, input)) => {
                return Some(input.draw(buffer, area, "forward to: ", pages::FORWARD, theme));
            }
            Some(Prompt::Delete(_)) => {
                let title = self.shown.as_ref().map_or("", |shown| &*shown.row.title);
                let (before, behind) = ("Delete “", "” for good? y/n");
                let room = width.saturating_sub(text::width(before) + text::width(behind));
                let question = format!("{before}{}{behind}", text::cut(&text::cell(title), room));
                put(buffer, area, area.y, &text::cut_front(&question, width), theme.alert());
                return None;
            }
            None => {}
        }
        let said = self.notice.as_ref().map(|notice| (notice.text.as_str(), notice.is_trouble));
        if let Some((said, is_trouble)) = said.or(self.trouble.as_deref().map(|trouble| (trouble, true))) {
            let style = if is_trouble { theme.alert() } else { theme.strong() };
            put(buffer, area, area.y, &text::cut(&text::cell(said), width), style);
            return None;
        }
        let position = self.position();
        draw_hints(buffer, area, &self.hints(), &position, theme);
        None
    }

    fn hints(&self) -> Vec<Hint> {
        let row = self.shown.as_ref().map(|shown| &shown.row);
        let of_row = match row.map(|row| (row.place.shelf, row.state)) {
            Some((Shelf::Unread, State::Offered)) => pages::OFFERED,
            Some((Shelf::Unread, _)) => pages::UNREAD,
            Some((Shelf::Archived, _)) => pages::ARCHIVED,
            None => pages::NOTHING,
        };
        let named = |hint: &Hint| match (hint.key, self.scope) {
            ("tab", Scope::All) => Hint::new("tab", "this worktree", hint.rank),
            _ => *hint,
        };
        match &self.page {
            Some(Page::Help(_) | Page::Message(..)) => PAGE.to_vec(),
            Some(Page::Reading(_)) => {
                let is_letter = |hint: &&Hint| matches!(hint.key, "a" | "u" | "f" | "e" | "x");
                PAGE.iter().chain(of_row.iter().filter(is_letter)).copied().collect()
            }
            None if self.listed.is_empty() && !self.search.text.is_empty() => pages::NO_MATCH.to_vec(),
            None if self.listed.is_empty() => pages::NOTHING.iter().map(named).collect(),
            None => of_row.iter().map(named).collect(),
        }
    }

    fn position(&self) -> String {
        match &self.page {
            Some(Page::Help(pager) | Page::Reading(pager) | Page::Message(_, pager)) => pager.position(),
            None if self.listed.len() > self.capacity => {
                format!("{} of {}", self.selected + 1, self.listed.len())
            }
            None => String::new(),
        }
    }
}
