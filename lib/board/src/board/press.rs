//! What a key does.

use super::{Board, Deletion, Page, Question, Step, unreadable};
use crate::detail::{Inspection, Tab};
use crate::input::{Input, Typed};
use crate::keys::Key;
use crate::model::{Left, Row, Shown, Source, State, Viewer};
use crate::pager::{Pager, WHEEL_LINES};
use crate::table::Widths;

/// The age that is offered for pruning.
const PRUNE_AGE: &str = "30d";

impl Board {
    /// Does what a key says.
    pub(crate) fn press(&mut self, key: Key, source: &mut dyn Source) -> Step {
        self.mark_dirty();
        self.notice = None;
        match key {
            Key::Ctrl('c') => return Step::Leave(Left::Quit),
            Key::Ctrl('l') => return Step::Renew,
            Key::Ctrl('z') => return Step::Suspend,
            _ => {}
        }
        if let Some(question) = self.asking.take() {
            self.answer(question, &key, source);
            return Step::Stay;
        }
        if self.is_typing {
            self.type_filter(&key);
            return Step::Stay;
        }
        match key {
            Key::Char('q') => return Step::Leave(Left::Quit),
            Key::Char('?') if !matches!(self.page, Some(Page::Help(_))) => {
                self.page = Some(Page::Help(Pager::default()));
            }
            key if self.page.is_some() => self.press_page(&key),
            Key::Char(c @ ('o' | 'f' | 's' | 'y' | 'd' | 'x' | 'p' | 'e')) => return self.act(c, source),
            key if self.inspection.is_some() => self.press_detail(&key, source),
            key => self.press_table(key, source),
        }
        Step::Stay
    }

    fn press_page(&mut self, key: &Key) {
        match (key, &mut self.page) {
            (Key::Escape | Key::Enter | Key::Backspace, _)
            | (Key::Char('?'), Some(Page::Help(_)))
            | (Key::Char('t'), Some(Page::Totals(_))) => self.page = None,
            (key, Some(Page::Help(pager) | Page::Totals(pager))) => pager.press(key),
            (_, None) => {}
        }
    }

    fn press_detail(&mut self, key: &Key, source: &mut dyn Source) {
        let Some(inspection) = &mut self.inspection else { return };
        match key {
            Key::Escape | Key::Backspace => {
                self.inspection = None;
                return;
            }
            Key::Left | Key::BackTab | Key::Char('h') => inspection.turn(false),
            Key::Right | Key::Tab | Key::Char('l') => inspection.turn(true),
            Key::Char('1') => inspection.select(Tab::Prompt),
            Key::Char('2') => inspection.select(Tab::Progress),
            Key::Char('3') => inspection.select(Tab::Result),
            Key::Char('4') => inspection.select(Tab::Changes),
            Key::End | Key::Char('G') => inspection.end(),
            key => inspection.pager().press(key),
        }
        let is_turn =
            matches!(key, Key::Left | Key::BackTab | Key::Right | Key::Tab | Key::Char('h' | 'l' | '4'));
        if is_turn {
            self.ask_changes(source);
        }
    }

    /// Where the changes are looked at, has them found out anew.
    fn ask_changes(&mut self, source: &mut dyn Source) {
        if let Some(inspection) = self.inspection.as_mut().filter(|inspection| inspection.shows_changes()) {
            source.ask_changes(&inspection.row.id);
            inspection.update_changes(source);
            self.changes_asked = self.now;
        }
    }

    fn press_table(&mut self, key: Key, source: &mut dyn Source) {
        let page = self.parts.capacity().saturating_sub(1).max(1);
        let last = self.shown.len().saturating_sub(1);
        let wheel = WHEEL_LINES.unsigned_abs();
        match key {
            Key::Up | Key::Char('k') => self.selected = self.selected.saturating_sub(1),
            Key::Down | Key::Char('j') => self.selected = last.min(self.selected + 1),
            Key::WheelUp => self.selected = self.selected.saturating_sub(wheel),
            Key::WheelDown => self.selected = last.min(self.selected + wheel),
            Key::PageUp => self.selected = self.selected.saturating_sub(page),
            Key::PageDown | Key::Char(' ') => self.selected = last.min(self.selected + page),
            Key::Home | Key::Char('g') => self.selected = 0,
            Key::End | Key::Char('G') => self.selected = last,
            Key::Click { row, .. } => self.click(row, source),
            Key::Char('/') => self.is_typing = true,
            Key::Char('a') => self.change_scope(),
            Key::Char('S') => self.sort(self.order.next(), false),
            Key::Char('r') => self.sort(self.order, !self.is_reversed),
            Key::Char('t') => self.page = Some(Page::Totals(Pager::default())),
            Key::Char('X') => self.asking = Some(Question::Age(Input { text: PRUNE_AGE.to_owned() })),
            Key::Escape => self.set_filter(String::new()),
            Key::Enter => {
                self.inspect(source);
            }
            _ => {}
        }
    }

    /// Selects the row at a height of the screen; looks into the one that is selected.
    fn click(&mut self, y: u16, source: &mut dyn Source) {
        let Some(row) = self.parts.row_at(y).map(|row| self.top + row) else { return };
        if row >= self.shown.len() {
            return;
        }
        if row == self.selected {
            self.inspect(source);
        }
        self.selected = row;
    }

    fn change_scope(&mut self) {
        if self.setting.place.is_none() {
            self.tell("these are the runs of all worktrees".to_owned(), false);
            return;
        }
        self.is_here_only = !self.is_here_only;
        self.widths = Widths::default();
        self.arrange();
    }

    fn sort(&mut self, order: crate::order::Order, is_reversed: bool) {
        (self.order, self.is_reversed) = (order, is_reversed);
        self.selected = 0;
        self.apply_filter(None);
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
        self.filter = filter;
        // Other rows, other columns.
        self.widths = Widths::default();
        self.arrange();
    }

    /// Looks into the selected run; false when there is none, or it can't be read.
    fn inspect(&mut self, source: &mut dyn Source) -> bool {
        let Some(row) = self.current().cloned() else { return false };
        match source.detail(&row.id) {
            Ok(detail) => self.inspection = Some(Inspection::new(row, detail)),
            Err(reason) => {
                self.tell(unreadable(&row.id, &reason), true);
                return false;
            }
        }
        true
    }

    /// The run that a key means: the one that is looked into, else the selected one.
    fn meant(&self) -> Option<&Row> {
        self.inspection.as_ref().map(|inspection| &inspection.row).or(self.current())
    }

    /// The keys that mean the run one is at, in the table and in the look into it.
    fn act(&mut self, key: char, source: &mut dyn Source) -> Step {
        let Some(row) = self.meant() else { return Step::Stay };
        let (id, state) = (row.id.clone(), row.state);
        match key {
            'o' => match source.can_open(&id) {
                Ok(()) => return Step::Leave(Left::Open(id)),
                Err(reason) => self.tell(format!("not opened: {reason}"), true),
            },
            'y' => {
                self.tell(format!("copied {id}, if the terminal allows it"), false);
                return Step::Copy(id);
            }
            'p' | 'e' => {
                let shown = self.inspection.as_ref().map_or(Shown::Result, Inspection::shown);
                let viewer = if key == 'p' { Viewer::Pager } else { Viewer::Editor };
                return Step::Show { id, shown, viewer };
            }
            'f' | 'd' => {
                if (self.inspection.is_some() || self.inspect(source))
                    && let Some(inspection) = &mut self.inspection
                {
                    if key == 'f' {
                        inspection.follow();
                    } else {
                        inspection.select(Tab::Changes);
                    }
                    self.ask_changes(source);
                }
            }
            's' if state == State::Running => self.asking = Some(Question::Stop(id)),
            's' => self.tell(format!("nothing to stop: {id} has ended ({})", state.word()), true),
            _ if state == State::Running => {
                self.tell(format!("{id} is running: stop it with s before it is deleted"), true);
            }
            _ => self.asking = Some(Question::Delete(id)),
        }
        Step::Stay
    }

    fn answer(&mut self, question: Question, key: &Key, source: &mut dyn Source) {
        let is_yes = matches!(key, Key::Char('y' | 'Y'));
        match question {
            Question::Age(mut input) => match input.press(key) {
                Typed::Done => self.ask_to_prune(input.text.trim().to_owned(), source),
                Typed::Dropped => {}
                Typed::Changed | Typed::Other => self.asking = Some(Question::Age(input)),
            },
            Question::Stop(id) if is_yes => {
                match source.stop(&id) {
                    Ok(()) => self.tell(format!("asked {id} to stop"), false),
                    Err(reason) => self.tell(format!("could not stop {id}: {reason}"), true),
                }
                self.refresh(source);
            }
            Question::Stop(id) => self.tell(format!("{id} goes on"), false),
            Question::Delete(id) if is_yes => {
                match source.delete(&id) {
                    Ok(()) => {
                        self.inspection = None;
                        self.tell(format!("deleted {id}"), false);
                    }
                    Err(reason) => self.tell(format!("could not delete {id}: {reason}"), true),
                }
                self.refresh(source);
            }
            Question::Prune { ids, .. } if is_yes => {
                // The last one is deleted first: the oldest, as they come.
                let left = ids.into_iter().rev().collect();
                self.deletion = Some(Deletion { left, deleted: 0, failed: 0, reason: String::new() });
            }
            Question::Delete(_) | Question::Prune { .. } => {
                self.tell("nothing was deleted".to_owned(), false);
            }
        }
    }

    fn ask_to_prune(&mut self, age: String, source: &mut dyn Source) {
        match source.ended_before(&age) {
            Ok(ids) if ids.is_empty() => self.tell(format!("no run ended longer than {age} ago"), false),
            Ok(ids) => self.asking = Some(Question::Prune { ids, age }),
            Err(reason) => self.tell(reason.to_string(), true),
        }
    }
}
