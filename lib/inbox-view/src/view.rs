//! What is on the screen and what a key does to it. Nothing here touches a terminal.

use handoff_board::SourceError;
use handoff_board::parts::{Input, Key, Pager, Theme, Typed, WHEEL_LINES};

use crate::model::{Act, Outcome, Place, Row, Scope, Shelf, Source, State, Text};

/// What is to be done after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Stay,
    Leave,
    /// Into the clipboard.
    Copy(String),
    /// Draw everything anew, over what something else wrote on the screen.
    Renew,
    /// Give the terminal to the shell until the process is continued.
    Suspend,
    /// Have this one edited.
    Edit(Place),
}

/// Something to say until the next key.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) is_trouble: bool,
}

/// What the last line asks for.
#[derive(Debug)]
pub(crate) enum Prompt {
    /// Words to search for.
    Search,
    /// Where the handoff is to go.
    Forward(Place, Input),
    /// Whether the handoff is to be deleted.
    Delete(Place),
}

/// What covers the list.
#[derive(Debug)]
pub(crate) enum Page {
    Help(Pager),
    /// One handoff.
    Reading(Pager),
    /// What a command said, in more than a line.
    Message(String, Pager),
}

/// The handoff whose text is shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) row: Row,
    pub(crate) text: Result<Text, SourceError>,
    /// Whether it still is where it was seen.
    pub(crate) is_there: bool,
}

pub(crate) struct View {
    pub(crate) theme: Theme,
    /// The worktree that the user is in, by name.
    pub(crate) here: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) scope: Scope,
    pub(crate) shelf: Shelf,
    /// Of `rows`, those that scope, shelf and search let pass.
    pub(crate) listed: Vec<usize>,
    pub(crate) search: Input,
    /// Of `listed`.
    pub(crate) selected: usize,
    pub(crate) top: usize,
    /// How many rows fit, as it was last drawn.
    pub(crate) capacity: usize,
    /// The line of the first row, and the columns of the list, as they were last drawn.
    pub(crate) list_at: (u16, std::ops::Range<u16>),
    pub(crate) shown: Option<Shown>,
    pub(crate) preview: Pager,
    pub(crate) page: Option<Page>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) notice: Option<Notice>,
    /// What the source said last, while it cannot give the handoffs.
    pub(crate) trouble: Option<String>,
    is_dirty: bool,
}

impl View {
    pub(crate) fn new(theme: Theme, here: &str, scope: Scope) -> Self {
        Self {
            theme,
            here: here.to_owned(),
            rows: Vec::new(),
            scope,
            shelf: Shelf::Unread,
            listed: Vec::new(),
            search: Input::default(),
            selected: 0,
            top: 0,
            capacity: 1,
            list_at: (0, 0..0),
            shown: None,
            preview: Pager::default(),
            page: None,
            prompt: None,
            notice: None,
            trouble: None,
            is_dirty: true,
        }
    }

    /// Whether something changed since this was last asked.
    pub(crate) fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.is_dirty)
    }

    pub(crate) fn mark_dirty(&mut self) {
        self.is_dirty = true;
    }

    /// Asks the source for what is new.
    pub(crate) fn refresh(&mut self, source: &mut dyn Source) {
        let trouble = match source.rows() {
            Ok(rows) => {
                if rows != self.rows {
                    self.replace(rows, source);
                }
                None
            }
            Err(reason) => Some(format!("could not read the handoffs: {reason}")),
        };
        if trouble != self.trouble {
            self.trouble = trouble;
            self.mark_dirty();
        }
    }

    /// The selection stays with its handoff, and says so when that went elsewhere.
    fn replace(&mut self, rows: Vec<Row>, source: &mut dyn Source) {
        self.mark_dirty();
        let before = self.current().map(|row| row.place.clone());
        let old = std::mem::replace(&mut self.rows, rows);
        let shown = self.shown.as_ref().map(|shown| shown.row.clone());
        if let Some(shown) = shown
            && !self.rows.iter().any(|row| row.place == shown.place)
        {
            self.lost(&shown);
        }
        // A handoff that was changed is shown as it is now.
        let is_changed = |row: &Row| old.iter().any(|old| old.place == row.place && old != row);
        let is_stale = self
            .shown
            .as_ref()
            .is_some_and(|shown| self.rows.iter().any(|row| row.place == shown.row.place && is_changed(row)));
        if is_stale && let Some(shown) = &self.shown {
            let place = shown.row.place.clone();
            self.load(&place, source);
        }
        self.list(before.as_ref(), source);
    }

    /// The handoff that is shown is not where it was: what was asked about it is asked no more.
    fn lost(&mut self, row: &Row) {
        let elsewhere =
            |other: &&Row| other.place.file == row.place.file && other.place.inbox == row.place.inbox;
        let what = match self.rows.iter().find(elsewhere).map(|other| other.place.shelf) {
            Some(Shelf::Archived) => "was archived meanwhile",
            Some(Shelf::Unread) => "is unread again",
            None => "is not there any more",
        };
        if self.prompt.as_ref().is_some_and(|prompt| !matches!(prompt, Prompt::Search)) {
            self.prompt = None;
        }
        if let Some(shown) = &mut self.shown {
            shown.is_there = false;
        }
        self.tell(format!("“{}” {what}", row.title), false);
    }

    /// Lists what scope, shelf and search let pass, and selects `place` again if it is among it.
    fn list(&mut self, place: Option<&Place>, source: &mut dyn Source) {
        let words = self.words();
        let of_shelf = |row: &Row| row.place.shelf == self.shelf && self.is_in_scope(row);
        let listed = self.rows.iter().enumerate().filter(|(_, row)| of_shelf(row) && matches(row, &words));
        self.listed = listed.map(|(index, _)| index).collect();
        let found =
            place.and_then(|place| self.listed.iter().position(|&index| self.rows[index].place == *place));
        let last = self.listed.len().saturating_sub(1);
        self.selected = found.unwrap_or(self.selected.min(last));
        self.mark_dirty();
        self.show_selected(source);
    }

    fn words(&self) -> Vec<String> {
        self.search.text.split_whitespace().map(str::to_lowercase).collect()
    }

    fn is_in_scope(&self, row: &Row) -> bool {
        self.scope == Scope::All || row.is_here
    }

    /// How many handoffs `shelf` has in the scope that the search lets pass.
    pub(crate) fn count(&self, scope: Scope, shelf: Shelf) -> usize {
        let words = self.words();
        let is_counted = |row: &&Row| {
            row.place.shelf == shelf && (scope == Scope::All || row.is_here) && matches(row, &words)
        };
        self.rows.iter().filter(is_counted).count()
    }

    pub(crate) fn current(&self) -> Option<&Row> {
        self.listed.get(self.selected).map(|&index| &self.rows[index])
    }

    /// Gets the text of the selected handoff, if another one is shown. One that is being read stays.
    fn show_selected(&mut self, source: &mut dyn Source) {
        if matches!(self.page, Some(Page::Reading(_))) {
            return;
        }
        match self.current().map(|row| row.place.clone()) {
            None => self.shown = None,
            Some(place) if self.shown.as_ref().is_some_and(|shown| shown.row.place == place) => {
                let row = self.current().cloned();
                if let (Some(shown), Some(row)) = (&mut self.shown, row) {
                    (shown.row, shown.is_there) = (row, true);
                }
            }
            Some(place) => {
                self.preview = Pager::default();
                self.load(&place, source);
            }
        }
    }

    fn load(&mut self, place: &Place, source: &mut dyn Source) {
        let Some(row) = self.rows.iter().find(|row| row.place == *place).cloned() else { return };
        let text = source.text(place);
        self.shown = Some(Shown { row, text, is_there: true });
    }

    /// Does what a key says.
    pub(crate) fn press(&mut self, key: Key, source: &mut dyn Source) -> Step {
        self.mark_dirty();
        self.notice = None;
        match key {
            Key::Ctrl('c') => return Step::Leave,
            Key::Ctrl('l') => return Step::Renew,
            Key::Ctrl('z') => return Step::Suspend,
            _ => {}
        }
        if let Some(prompt) = self.prompt.take() {
            self.answer(prompt, &key, source);
            return Step::Stay;
        }
        match key {
            Key::Char('q') => return Step::Leave,
            Key::Char('?') if !matches!(self.page, Some(Page::Help(_))) => {
                self.page = Some(Page::Help(Pager::default()));
            }
            Key::Char(letter @ ('a' | 'u' | 'f' | 'e' | 'x' | 'd' | 'y'))
                if matches!(self.page, None | Some(Page::Reading(_))) =>
            {
                return self.act(letter, source);
            }
            key if self.page.is_some() => self.press_page(&key, source),
            key => self.press_list(&key, source),
        }
        Step::Stay
    }

    fn press_page(&mut self, key: &Key, source: &mut dyn Source) {
        if matches!(key, Key::Escape | Key::Enter | Key::Backspace | Key::Char('?')) {
            self.page = None;
            self.show_selected(source);
            return;
        }
        if let Some(Page::Help(pager) | Page::Reading(pager) | Page::Message(_, pager)) = &mut self.page {
            pager.press(key);
        }
    }

    fn press_list(&mut self, key: &Key, source: &mut dyn Source) {
        let page = self.capacity.saturating_sub(1).max(1);
        match key {
            Key::Tab | Key::BackTab => self.change(None, Some(other_scope(self.scope)), source),
            Key::Left | Key::Char('h' | '1') => self.change(Some(Shelf::Unread), None, source),
            Key::Right | Key::Char('l' | '2') => self.change(Some(Shelf::Archived), None, source),
            Key::Char(' ') => self.preview.scroll(self.preview.page()),
            Key::Char('b') => self.preview.scroll(-self.preview.page()),
            Key::Char('/') => self.prompt = Some(Prompt::Search),
            Key::Escape => self.clear_search(source),
            Key::Enter if self.shown.is_some() => self.page = Some(Page::Reading(Pager::default())),
            Key::Up | Key::Char('k') => self.select(self.selected.saturating_sub(1), source),
            Key::Down | Key::Char('j') => self.select(self.selected + 1, source),
            Key::WheelUp => {
                self.select(self.selected.saturating_sub(WHEEL_LINES.unsigned_abs()), source);
            }
            Key::WheelDown => self.select(self.selected + WHEEL_LINES.unsigned_abs(), source),
            Key::PageUp => self.select(self.selected.saturating_sub(page), source),
            Key::PageDown => self.select(self.selected + page, source),
            Key::Home | Key::Char('g') => self.select(0, source),
            Key::End | Key::Char('G') => self.select(usize::MAX, source),
            Key::Click { column, row } => self.click(*column, *row, source),
            _ => {}
        }
    }

    fn click(&mut self, column: u16, row: u16, source: &mut dyn Source) {
        let (first, columns) = &self.list_at;
        let Some(line) = row.checked_sub(*first).map(usize::from) else { return };
        if columns.contains(&column) && line < self.capacity && self.top + line < self.listed.len() {
            self.select(self.top + line, source);
        }
    }

    fn select(&mut self, index: usize, source: &mut dyn Source) {
        self.selected = index.min(self.listed.len().saturating_sub(1));
        self.show_selected(source);
    }

    fn change(&mut self, shelf: Option<Shelf>, scope: Option<Scope>, source: &mut dyn Source) {
        let place = self.current().map(|row| row.place.clone());
        (self.shelf, self.scope) = (shelf.unwrap_or(self.shelf), scope.unwrap_or(self.scope));
        (self.selected, self.top) = (0, 0);
        self.list(place.as_ref(), source);
    }

    fn clear_search(&mut self, source: &mut dyn Source) {
        let place = self.current().map(|row| row.place.clone());
        self.search = Input::default();
        self.list(place.as_ref(), source);
    }

    /// Does with the handoff that is shown what a letter says.
    fn act(&mut self, letter: char, source: &mut dyn Source) -> Step {
        let Some(shown) = &self.shown else { return Step::Stay };
        let (row, is_there) = (shown.row.clone(), shown.is_there);
        let place = row.place.clone();
        if !is_there {
            self.tell(format!("“{}” is not here any more", row.title), true);
            return Step::Stay;
        }
        let refusal = match (letter, place.shelf, row.state) {
            ('a', Shelf::Archived, _) => Some("it is archived already"),
            ('u', Shelf::Unread, State::Waiting) => Some("it is unread already"),
            ('e', Shelf::Archived, _) => Some("only an unread one can be edited: u makes it unread again"),
            ('f' | 'e' | 'x' | 'd', Shelf::Unread, State::Offered) => {
                Some("a session was offered it and has not answered: u takes it back first")
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.tell(refusal.to_owned(), true);
            return Step::Stay;
        }
        match letter {
            'a' => self.done(source.act(&place, &Act::Archive), source),
            'u' => self.done(source.act(&place, &Act::Restore), source),
            'f' => self.prompt = Some(Prompt::Forward(place, Input::default())),
            'x' | 'd' => self.prompt = Some(Prompt::Delete(place)),
            'e' => return Step::Edit(place),
            _ => {
                let path = format!("{}/{}", place.inbox, place.file.to_string_lossy());
                self.tell(format!("copied, if the terminal allows it: {path}"), false);
                return Step::Copy(path);
            }
        }
        Step::Stay
    }

    fn answer(&mut self, prompt: Prompt, key: &Key, source: &mut dyn Source) {
        match prompt {
            Prompt::Search => self.type_search(key, source),
            Prompt::Forward(place, input) => self.type_recipient(place, input, key, source),
            Prompt::Delete(place) if matches!(key, Key::Char('y' | 'Y')) => {
                self.done(source.act(&place, &Act::Delete), source);
            }
            Prompt::Delete(_) => self.tell("nothing was deleted".to_owned(), false),
        }
    }

    fn type_search(&mut self, key: &Key, source: &mut dyn Source) {
        let place = self.current().map(|row| row.place.clone());
        match self.search.press(key) {
            Typed::Done => return,
            Typed::Dropped => return self.clear_search(source),
            Typed::Changed => self.list(place.as_ref(), source),
            Typed::Other => match key {
                Key::Up => self.select(self.selected.saturating_sub(1), source),
                Key::Down => self.select(self.selected + 1, source),
                _ => {}
            },
        }
        self.prompt = Some(Prompt::Search);
    }

    fn type_recipient(&mut self, place: Place, mut input: Input, key: &Key, source: &mut dyn Source) {
        match input.press(key) {
            Typed::Done if !input.text.trim().is_empty() => {
                let outcome = source.act(&place, &Act::Forward(input.text.trim().to_owned()));
                return self.done(outcome, source);
            }
            Typed::Dropped => return self.tell("nothing was forwarded".to_owned(), false),
            Typed::Other if *key == Key::Tab => {
                let names = source.recipients();
                if let Some(name) = next_name(&names, &input.text) {
                    input.text = name;
                }
            }
            _ => {}
        }
        self.prompt = Some(Prompt::Forward(place, input));
    }

    /// What came of a command that had the terminal.
    pub(crate) fn edited(&mut self, outcome: Outcome, source: &mut dyn Source) {
        self.done(outcome, source);
    }

    fn done(&mut self, outcome: Outcome, source: &mut dyn Source) {
        // The user knows where it went.
        if outcome.is_done {
            self.shown = None;
            if matches!(self.page, Some(Page::Reading(_))) {
                self.page = None;
            }
        }
        self.refresh(source);
        self.show_selected(source);
        let message = outcome.message.trim();
        if message.lines().count() > 1 {
            self.page = Some(Page::Message(message.to_owned(), Pager::default()));
        } else {
            self.tell(message.to_owned(), !outcome.is_done);
        }
    }

    fn tell(&mut self, text: String, is_trouble: bool) {
        self.notice = Some(Notice { text, is_trouble });
    }
}

fn other_scope(scope: Scope) -> Scope {
    match scope {
        Scope::Here => Scope::All,
        Scope::All => Scope::Here,
    }
}

/// Whether each word is somewhere in the row.
fn matches(row: &Row, words: &[String]) -> bool {
    words.is_empty() || {
        let names = [&row.title, &row.from, &row.to].map(|text| text.to_lowercase()).join("\n");
        words.iter().all(|word| names.contains(word.as_str()) || row.words.contains(word.as_str()))
    }
}

/// The name that Tab makes of `typed`: the first that begins with it, or behind a whole name the next one.
fn next_name(names: &[String], typed: &str) -> Option<String> {
    if let Some(index) = names.iter().position(|name| name == typed) {
        return names.get((index + 1) % names.len()).cloned();
    }
    names.iter().find(|name| name.starts_with(typed)).cloned()
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
