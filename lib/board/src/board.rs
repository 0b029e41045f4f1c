//! What is on the screen and what a key does to it. Nothing here touches a terminal.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::detail::{Inspection, Tab};
use crate::footer;
use crate::help;
use crate::input::{Input, Typed};
use crate::keys::Key;
use crate::model::{Left, Row, Source, State};
use crate::overview::{Overview, Parts};
use crate::pager::Pager;
use crate::table::{self, Widths, put};
use crate::text;
use crate::theme::Theme;

/// What is to be done after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Stay,
    Leave(Left),
    /// Into the clipboard.
    Copy(String),
    /// Draw everything anew, over what something else wrote on the screen.
    Renew,
    /// Give the terminal to the shell until the process is continued.
    Suspend,
}

/// Something to say until the next key.
#[derive(Debug)]
struct Notice {
    text: String,
    is_trouble: bool,
}

pub(crate) struct Board {
    theme: Theme,
    rows: Vec<Row>,
    /// The rows that the filter lets pass.
    shown: Vec<usize>,
    filter: String,
    is_typing: bool,
    /// Of `shown`.
    selected: usize,
    top: usize,
    parts: Parts,
    widths: Widths,
    inspection: Option<Inspection>,
    help: Option<Pager>,
    /// The run that is to be stopped when the answer is yes.
    asking: Option<String>,
    notice: Option<Notice>,
    /// What the source said last, while it can't give the runs.
    trouble: Option<String>,
    is_dirty: bool,
}

impl Board {
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            theme,
            rows: Vec::new(),
            shown: Vec::new(),
            filter: String::new(),
            is_typing: false,
            selected: 0,
            top: 0,
            parts: Parts::default(),
            widths: Widths::default(),
            inspection: None,
            help: None,
            asking: None,
            notice: None,
            trouble: None,
            is_dirty: true,
        }
    }

    /// Whether something changed since this was last asked.
    pub(crate) fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.is_dirty)
    }

    pub(crate) fn soil(&mut self) {
        self.is_dirty = true;
    }

    /// Asks the source for what is new.
    pub(crate) fn refresh(&mut self, source: &mut dyn Source) {
        let trouble = match source.rows() {
            Ok(rows) => {
                if rows != self.rows {
                    self.replace(rows);
                }
                None
            }
            Err(reason) => Some(format!("could not read the runs: {reason}")),
        };
        let trouble = trouble.or_else(|| self.refresh_detail(source).err());
        if trouble != self.trouble {
            self.trouble = trouble;
            self.soil();
        }
    }

    fn refresh_detail(&mut self, source: &mut dyn Source) -> Result<(), String> {
        let Some(inspection) = &mut self.inspection else { return Ok(()) };
        let row = self.rows.iter().find(|row| row.id == inspection.row.id).unwrap_or(&inspection.row).clone();
        if row == inspection.row && !inspection.may_grow() {
            return Ok(());
        }
        let detail = source.detail(&row.id).map_err(|reason| unreadable(&row.id, &reason))?;
        self.is_dirty |= inspection.update(row, detail);
        Ok(())
    }

    /// The selection stays with its run, and the run stays where it is on the screen.
    fn replace(&mut self, rows: Vec<Row>) {
        let id = self.current().map(|row| row.id.clone());
        let before = self.selected;
        self.rows = rows;
        self.sift(id.as_deref());
        if self.top > 0 {
            self.top = (self.top + self.selected).saturating_sub(before);
        }
    }

    /// Applies the filter, and selects that run again if it is still there.
    fn sift(&mut self, id: Option<&str>) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let matching = self.rows.iter().enumerate().filter(|(_, row)| matches(row, &words));
        self.shown = matching.map(|(index, _)| index).collect();
        let found = id.and_then(|id| self.shown.iter().position(|&index| self.rows[index].id == id));
        self.selected = found.unwrap_or_else(|| self.selected.min(self.shown.len().saturating_sub(1)));
        self.soil();
    }

    fn current(&self) -> Option<&Row> {
        self.shown.get(self.selected).map(|&index| &self.rows[index])
    }

    /// Does what a key says.
    pub(crate) fn press(&mut self, key: Key, source: &mut dyn Source) -> Step {
        self.soil();
        self.notice = None;
        match key {
            Key::Ctrl('c') => return Step::Leave(Left::Quit),
            Key::Ctrl('l') => return Step::Renew,
            Key::Ctrl('z') => return Step::Suspend,
            _ => {}
        }
        if let Some(id) = self.asking.take() {
            self.answer(&id, &key, source);
            return Step::Stay;
        }
        if self.is_typing {
            self.type_filter(&key);
            return Step::Stay;
        }
        match key {
            Key::Char('q') => return Step::Leave(Left::Quit),
            Key::Char('?') if self.help.is_none() => self.help = Some(Pager::default()),
            key if self.help.is_some() => self.press_help(&key),
            Key::Char(c @ ('o' | 'f' | 's' | 'y')) => return self.act(c),
            key if self.inspection.is_some() => self.press_detail(&key),
            key => self.press_table(key, source),
        }
        Step::Stay
    }

    fn press_help(&mut self, key: &Key) {
        match key {
            Key::Escape | Key::Enter | Key::Backspace | Key::Char('?') => self.help = None,
            key => {
                if let Some(pager) = &mut self.help {
                    pager.press(key);
                }
            }
        }
    }

    fn press_detail(&mut self, key: &Key) {
        let Some(inspection) = &mut self.inspection else { return };
        match key {
            Key::Escape | Key::Backspace => self.inspection = None,
            Key::Left | Key::BackTab | Key::Char('h') => inspection.turn(false),
            Key::Right | Key::Tab | Key::Char('l') => inspection.turn(true),
            Key::Char('1') => inspection.select(Tab::Prompt),
            Key::Char('2') => inspection.select(Tab::Progress),
            Key::Char('3') => inspection.select(Tab::Result),
            Key::End | Key::Char('G') => inspection.end(),
            key => inspection.pager().press(key),
        }
    }

    fn press_table(&mut self, key: Key, source: &mut dyn Source) {
        let page = self.parts.capacity().saturating_sub(1).max(1);
        let last = self.shown.len().saturating_sub(1);
        match key {
            Key::Up | Key::Char('k') => self.selected = self.selected.saturating_sub(1),
            Key::Down | Key::Char('j') => self.selected = last.min(self.selected + 1),
            Key::PageUp => self.selected = self.selected.saturating_sub(page),
            Key::PageDown | Key::Char(' ') => self.selected = last.min(self.selected + page),
            Key::Home | Key::Char('g') => self.selected = 0,
            Key::End | Key::Char('G') => self.selected = last,
            Key::Char('/') => self.is_typing = true,
            Key::Escape => self.set_filter(String::new()),
            Key::Enter => self.inspect(source),
            _ => {}
        }
    }

    fn type_filter(&mut self, key: &Key) {
        let mut input = Input { text: self.filter.clone() };
        match input.press(key) {
            Typed::Changed => self.set_filter(input.text),
            Typed::Done => self.is_typing = false,
            Typed::Dropped => {
                self.is_typing = false;
                self.set_filter(String::new());
            }
            Typed::Other => match key {
                Key::Up => self.selected = self.selected.saturating_sub(1),
                Key::Down => self.selected = self.shown.len().saturating_sub(1).min(self.selected + 1),
                _ => {}
            },
        }
    }

    fn set_filter(&mut self, filter: String) {
        let id = self.current().map(|row| row.id.clone());
        self.filter = filter;
        self.sift(id.as_deref());
    }

    fn inspect(&mut self, source: &mut dyn Source) {
        let Some(row) = self.current().cloned() else { return };
        match source.detail(&row.id) {
            Ok(detail) => self.inspection = Some(Inspection::new(row, detail)),
            Err(reason) => self.tell(unreadable(&row.id, &reason), true),
        }
    }

    /// The keys that mean the run one is at, in the table and in the look into it.
    fn act(&mut self, key: char) -> Step {
        let Some(row) = self.inspection.as_ref().map(|inspection| &inspection.row).or(self.current()) else {
            return Step::Stay;
        };
        let id = row.id.clone();
        match key {
            'o' => return Step::Leave(Left::Open(id)),
            'f' => return Step::Leave(Left::Follow(id)),
            'y' => {
                self.tell(format!("copied {id}, if the terminal allows it"), false);
                return Step::Copy(id);
            }
            _ if row.state == State::Running => self.asking = Some(id),
            _ => {
                let word = row.state.word();
                self.tell(format!("nothing to stop: {id} has ended ({word})"), true);
            }
        }
        Step::Stay
    }

    fn answer(&mut self, id: &str, key: &Key, source: &mut dyn Source) {
        if !matches!(key, Key::Char('y' | 'Y')) {
            self.tell(format!("{id} goes on"), false);
            return;
        }
        match source.stop(id) {
            Ok(()) => self.tell(format!("asked {id} to stop"), false),
            Err(reason) => self.tell(format!("could not stop {id}: {reason}"), true),
        }
        self.refresh(source);
    }

    fn tell(&mut self, text: String, is_trouble: bool) {
        self.notice = Some(Notice { text, is_trouble });
    }

    /// Draws all of it, into any area.
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
        if let Some(pager) = &mut self.help {
            pager.set_lines(help::help_lines(help::KEYS, self.theme, area.width.into()));
            for (y, line) in (area.y..).zip(pager.visible(area.height.into())) {
                buffer.set_line(area.x, y, line, area.width);
            }
            return;
        }
        if let Some(inspection) = &mut self.inspection {
            inspection.draw(buffer, area, self.theme);
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
            is_blind: self.trouble.is_some(),
            theme: self.theme,
        };
        overview.draw(buffer, self.parts, &mut self.widths);
    }

    /// Draws the last line; gives the column of the cursor while something is typed.
    fn draw_foot(&mut self, buffer: &mut Buffer, area: Rect) -> Option<u16> {
        let width = usize::from(area.width);
        if let Some(id) = &self.asking {
            let question = " Stop it? y/n";
            let id = text::cut(&text::cell(id), width.saturating_sub(text::width(question) + 1));
            put(buffer, area, area.y, &format!("{id}.{question}"), self.theme.alert());
            return None;
        }
        if self.is_typing {
            let input = Input { text: self.filter.clone() };
            return Some(input.draw(buffer, area, "/", footer::FILTER, self.theme));
        }
        if let Some(Notice { text, is_trouble }) = &self.notice {
            let style = if *is_trouble { self.theme.alert() } else { self.theme.strong() };
            put(buffer, area, area.y, &text::cut(&text::cell(text), width), style);
            return None;
        }
        if let Some(trouble) = &self.trouble {
            put(buffer, area, area.y, &text::cut(&text::cell(trouble), width), self.theme.alert());
            return None;
        }
        let hints = match (&self.help, &self.inspection) {
            (Some(_), _) => footer::HELP,
            (None, Some(_)) => footer::DETAIL,
            (None, None) if !self.shown.is_empty() => footer::TABLE,
            (None, None) if self.filter.is_empty() => footer::NOTHING,
            (None, None) => footer::NO_MATCH,
        };
        let has_ended = self.inspection.as_ref().is_some_and(|run| run.row.state != State::Running);
        let hints: Vec<_> = hints.iter().filter(|hint| hint.key != "s" || !has_ended).copied().collect();
        let position = self.position();
        let taken = if position.is_empty() { 0 } else { text::width(&position) + 2 };
        let line = footer::hints(&hints, width.saturating_sub(taken), self.theme);
        let room = width - line.width().min(width);
        buffer.set_line(area.x, area.y, &line, area.width);
        if taken > 0 && room >= taken {
            let line = Line::styled(text::padded(&position, room, true), self.theme.quiet());
            buffer.set_line(area.right() - u16::try_from(room).unwrap_or(0), area.y, &line, area.width);
        }
        None
    }

    fn position(&mut self) -> String {
        match (&self.help, &mut self.inspection) {
            (Some(pager), _) => pager.position(),
            (None, Some(inspection)) => inspection.position(),
            (None, None) if self.shown.len() > self.parts.capacity() => {
                format!("{} of {}", self.selected + 1, self.shown.len())
            }
            (None, None) => String::new(),
        }
    }
}

fn unreadable(id: &str, reason: &str) -> String {
    format!("could not read {id}: {reason}")
}

/// Whether each word is somewhere in the row.
fn matches(row: &Row, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let fields = [&row.id, row.state.word(), &row.backend, &row.cwd, &row.prompt];
    let text = fields.map(str::to_lowercase).join("\n");
    words.iter().all(|word| text.contains(word.as_str()))
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
