//! The board as it is on the screen, in any area.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Board, Notice, Page, Question};
use crate::footer::{self, Hint};
use crate::help;
use crate::input::Input;
use crate::model::{Row, State};
use crate::overview::{Overview, Parts};
use crate::pager::draw_page;
use crate::table::{self, put};
use crate::text;
use crate::totals;

impl Board {
    /// Draws all of it.
    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if area.is_empty() {
            return;
        }
        // The marker of the selected row hangs in the margin.
        let margin = if area.width >= 60 { table::MARGIN } else { 0 };
        let area = Rect { x: area.x + margin, width: area.width - margin - margin.min(1), ..area };
        // The foot keeps the last line, and a line of air above it where there is some.
        let foot = u16::from(area.height >= 3) + u16::from(area.height >= 12);
        let body = Rect { height: area.height - foot, ..area };
        self.parts = Parts::of(body, margin);
        self.draw_body(frame.buffer_mut(), body);
        if foot > 0 {
            let line = Rect { y: area.bottom() - 1, height: 1, ..area };
            let cursor = self.draw_foot(frame.buffer_mut(), line);
            if let Some(x) = cursor {
                frame.set_cursor_position((x, line.y));
            }
        }
    }

    fn draw_body(&mut self, buffer: &mut Buffer, area: Rect) {
        let theme = self.setting.theme;
        let (clock, now) = (self.setting.clock, self.now);
        match &mut self.page {
            Some(Page::Help(pager)) => {
                pager.set_lines(help::help_lines(help::KEYS, theme, area.width.into()));
                draw_page(buffer, area, pager);
                return;
            }
            Some(Page::Totals(pager)) => {
                let here_only = self.is_here_only;
                let rows: Vec<&Row> = self.rows.iter().filter(|row| row.is_here || !here_only).collect();
                pager.set_lines(totals::lines(&rows, clock, theme, area.width.into()));
                draw_page(buffer, area, pager);
                return;
            }
            None => {}
        }
        if let Some(inspection) = &mut self.inspection {
            inspection.draw(buffer, area, theme, now, clock);
            return;
        }
        let capacity = self.parts.capacity().max(1);
        let highest = self.shown.len().saturating_sub(capacity);
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(capacity)).min(highest);
        let overview = Overview {
            rows: &self.rows,
            shown: &self.shown,
            top: self.top,
            selected: self.selected,
            filter: &self.filter,
            is_here_only: self.is_here_only,
            place: self.setting.place.as_deref().unwrap_or_default(),
            order: self.order,
            is_reversed: self.is_reversed,
            today: self.today,
            all: self.all,
            is_blind: self.trouble.is_some(),
            now,
            clock,
            theme,
        };
        overview.draw(buffer, self.parts, &mut self.widths);
    }

    /// Draws the last line; gives the column of the cursor while something is typed.
    fn draw_foot(&mut self, buffer: &mut Buffer, area: Rect) -> Option<u16> {
        let theme = self.setting.theme;
        let width = usize::from(area.width);
        match &self.asking {
            Some(Question::Age(input)) => {
                let label =
                    if width >= 76 { "delete the runs that ended longer ago than: " } else { "older than: " };
                return Some(input.draw(buffer, area, label, footer::PRUNE, theme));
            }
            Some(question) => {
                put(buffer, area, area.y, &question.text(width), theme.alert());
                return None;
            }
            None => {}
        }
        if self.is_typing {
            let input = Input { text: self.filter.clone() };
            return Some(input.draw(buffer, area, "/", footer::FILTER, theme));
        }
        let said = match (&self.deletion, &self.notice, &self.trouble) {
            (Some(deletion), ..) => {
                let all = deletion.left.len() + deletion.deleted + deletion.failed;
                Some((format!("deleted {} of {all} …", deletion.deleted), theme.strong()))
            }
            (None, Some(Notice { text, is_trouble: true }), _) | (None, None, Some(text)) => {
                Some((text.clone(), theme.alert()))
            }
            (None, Some(Notice { text, .. }), _) => Some((text.clone(), theme.strong())),
            (None, None, None) => None,
        };
        if let Some((text, style)) = said {
            put(buffer, area, area.y, &text::cut(&text::cell(&text), width), style);
            return None;
        }
        let position = self.position();
        footer::draw_hints(buffer, area, &self.hints(), &position, theme);
        None
    }

    /// The keys that do something now.
    fn hints(&self) -> Vec<Hint> {
        let hints = match (&self.page, &self.inspection) {
            (Some(_), _) => footer::PAGE,
            (None, Some(_)) => footer::DETAIL,
            (None, None) if !self.shown.is_empty() => footer::TABLE,
            (None, None) if !self.filter.is_empty() => footer::NO_MATCH,
            (None, None) if self.rows.is_empty() => footer::NOTHING,
            (None, None) => footer::NOTHING_HERE,
        };
        let state = self.inspection.as_ref().map(|run| run.row.state).or(self.selected_state());
        let is_running = state == Some(State::Running);
        let is_of_use = |hint: &&Hint| match hint.key {
            "s" => is_running,
            "o" | "x" => !is_running,
            "a" => self.setting.place.is_some(),
            _ => true,
        };
        hints.iter().filter(is_of_use).copied().collect()
    }

    fn selected_state(&self) -> Option<State> {
        self.shown.get(self.selected).map(|&index| self.rows[index].state)
    }

    fn position(&mut self) -> String {
        match (&self.page, &mut self.inspection) {
            (Some(Page::Help(pager) | Page::Totals(pager)), _) => pager.position(),
            (None, Some(inspection)) => inspection.position(),
            (None, None) if self.shown.len() > self.parts.capacity() => {
                format!("{} of {}", self.selected + 1, self.shown.len())
            }
            (None, None) => String::new(),
        }
    }
}

impl Question {
    /// In `width` columns: of what is too long the id is cut, never the question.
    fn text(&self, width: usize) -> String {
        let about = |id: &str, question: &str| {
            let room = width.saturating_sub(text::width(question));
            format!("{}{question}", text::cut(&text::cell(id), room))
        };
        match self {
            Self::Stop(id) => about(id, ". Stop it? y/n"),
            Self::Delete(id) => about(id, ". Delete it for good? y/n"),
            Self::Age(_) => String::new(),
            Self::Prune { ids, age } => {
                let runs = if ids.len() == 1 { "1 run".to_owned() } else { format!("{} runs", ids.len()) };
                let age = text::cell(age);
                let full =
                    format!("{runs} of all worktrees ended longer than {age} ago. Delete for good? y/n");
                if text::width(&full) <= width { full } else { format!("Delete {runs} for good? y/n") }
            }
        }
    }
}
