//! What is on the screen and what a key does to it. Nothing here touches a terminal.

mod draw;
mod press;

use std::time::Instant;

use crate::detail::Inspection;
use crate::input::Input;
use crate::model::{Clock, Left, News, Row, Shown, Source, SourceError, Viewer};
use crate::order::Order;
use crate::overview::{self, Parts};
use crate::pager::Pager;
use crate::table::Widths;
use crate::theme::Theme;
use crate::totals::Total;

/// How long deleting goes on before keys are looked at again, in milliseconds.
const WORK_MS: u128 = 10;

/// How many seconds the changes of a run that is watched are up to date.
const CHANGES_SECS: i64 = 4;

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
    /// Give the terminal to another program that shows a text of a run.
    Show {
        id: String,
        shown: Shown,
        viewer: Viewer,
    },
}

/// Something to say until the next key.
#[derive(Debug)]
struct Notice {
    text: String,
    is_trouble: bool,
}

/// A page over the table.
#[derive(Debug)]
enum Page {
    Help(Pager),
    Totals(Pager),
}

/// What is asked at the foot of the screen.
#[derive(Debug)]
enum Question {
    /// Whether to stop this run.
    Stop(String),
    /// Whether to delete this run.
    Delete(String),
    /// How old the runs are that are to be deleted.
    Age(Input),
    /// Whether to delete these runs, which ended longer ago than the age says.
    Prune { ids: Vec<String>, age: String },
}

/// Runs that are being deleted.
#[derive(Debug)]
struct Deletion {
    left: Vec<String>,
    deleted: usize,
    /// How many could not be, and why the first of them.
    failed: usize,
    reason: String,
}

/// How the board looks, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) theme: Theme,
    pub(crate) clock: Clock,
    /// What the worktree is called; None outside of any, where all runs are shown.
    pub(crate) place: Option<String>,
}

pub(crate) struct Board {
    setting: Setting,
    now: i64,
    /// Newest first.
    rows: Vec<Row>,
    /// The rows that take the place of those, while they are read anew.
    coming: Option<Vec<Row>>,
    /// The text of each row in lower case, for the filter; empty before the first one is typed.
    searched: Vec<String>,
    /// The rows that are of this worktree, if only those are shown, and that the filter lets pass, in order.
    shown: Vec<usize>,
    filter: String,
    is_typing: bool,
    is_here_only: bool,
    order: Order,
    is_reversed: bool,
    today: Total,
    all: Total,
    /// Of `shown`.
    selected: usize,
    top: usize,
    parts: Parts,
    widths: Widths,
    inspection: Option<Inspection>,
    /// When the changes were asked for last.
    changes_asked: i64,
    page: Option<Page>,
    asking: Option<Question>,
    deletion: Option<Deletion>,
    notice: Option<Notice>,
    /// What the source said last, while it can't give the runs.
    trouble: Option<String>,
    has_more: bool,
    is_dirty: bool,
}

impl Board {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            now: (setting.clock.now)(),
            is_here_only: setting.place.is_some(),
            setting,
            rows: Vec::new(),
            coming: None,
            searched: Vec::new(),
            shown: Vec::new(),
            filter: String::new(),
            is_typing: false,
            order: Order::default(),
            is_reversed: false,
            today: Total::default(),
            all: Total::default(),
            selected: 0,
            top: 0,
            parts: Parts::default(),
            widths: Widths::default(),
            inspection: None,
            changes_asked: 0,
            page: None,
            asking: None,
            deletion: None,
            notice: None,
            trouble: None,
            has_more: false,
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

    /// Whether there is work that does not wait for the next second: [`Board::work`].
    pub(crate) fn is_busy(&self) -> bool {
        self.has_more || self.deletion.is_some()
    }

    /// Whether an answer may come at any moment: [`Board::look`].
    pub(crate) fn is_waiting(&self) -> bool {
        self.inspection.as_ref().is_some_and(Inspection::is_waiting)
    }

    /// Does a few milliseconds of what there is to do.
    pub(crate) fn work(&mut self, source: &mut dyn Source) {
        if let Some(mut deletion) = self.deletion.take() {
            let began = Instant::now();
            while let Some(id) = deletion.left.pop() {
                match source.delete(&id) {
                    Ok(()) => deletion.deleted += 1,
                    Err(reason) => {
                        deletion.failed += 1;
                        deletion.reason = reason.to_string();
                    }
                }
                if began.elapsed().as_millis() > WORK_MS {
                    break;
                }
            }
            self.mark_dirty();
            if deletion.left.is_empty() {
                self.conclude(&deletion);
            } else {
                self.deletion = Some(deletion);
                return;
            }
        }
        self.refresh(source);
    }

    fn conclude(&mut self, deletion: &Deletion) {
        let Deletion { deleted, failed, reason, .. } = deletion;
        let runs = if *deleted == 1 { "run" } else { "runs" };
        let text = match failed {
            0 => format!("deleted {deleted} {runs}"),
            _ => format!("deleted {deleted} {runs}, and could not delete {failed}: {reason}"),
        };
        self.tell(text, *failed > 0);
    }

    /// Takes what came of a question to the source that takes its time.
    pub(crate) fn look(&mut self, source: &mut dyn Source) {
        if let Some(inspection) = &mut self.inspection {
            self.is_dirty |= inspection.update_changes(source);
        }
    }

    /// Asks the source for what is new.
    pub(crate) fn refresh(&mut self, source: &mut dyn Source) {
        self.tick();
        let trouble = match source.news() {
            Ok(news) => {
                self.take(news);
                None
            }
            Err(reason) => {
                self.has_more = false;
                Some(format!("could not read the runs: {reason}"))
            }
        };
        let trouble = trouble.or_else(|| self.refresh_detail(source));
        if trouble != self.trouble {
            self.trouble = trouble;
            self.mark_dirty();
        }
    }

    /// Takes the time, and sees whether it shows.
    fn tick(&mut self) {
        let (before, now) = (self.now, (self.setting.clock.now)());
        self.now = now;
        let is_young = |row: &Row| row.started.is_some_and(|at| now.saturating_sub(at) < 120);
        let shows_seconds = self.all.running > 0 || self.rows.first().is_some_and(is_young);
        if (shows_seconds && now != before) || now / 60 != before / 60 {
            self.mark_dirty();
        }
    }

    fn take(&mut self, news: News) {
        self.has_more = news.has_more;
        if news.is_reset {
            self.coming = Some(Vec::new());
        }
        if let Some(coming) = &mut self.coming {
            for row in news.changed {
                replace(coming, row);
            }
            coming.splice(0..0, news.newer);
            coming.extend(news.older);
            // What is in sight stays until all of the list is read anew.
            if news.has_more {
                return;
            }
            let rows = std::mem::take(coming);
            self.coming = None;
            self.rearrange(|known| *known = rows);
            return;
        }
        let mut any = false;
        for row in news.changed {
            any |= self.change(row);
        }
        if !news.newer.is_empty() || !news.older.is_empty() {
            self.rearrange(|known| {
                known.splice(0..0, news.newer);
                known.extend(news.older);
            });
        } else if any {
            self.arrange();
        }
    }

    /// Has `change` put in or take out rows. The selection stays with its run, and the run stays where it is on the screen.
    fn rearrange(&mut self, change: impl FnOnce(&mut Vec<Row>)) {
        let id = self.current().map(|row| row.id.clone());
        let before = self.selected;
        change(&mut self.rows);
        if !self.searched.is_empty() {
            self.searched = self.rows.iter().map(searched).collect();
        }
        self.apply_filter(id.as_deref());
        if self.top > 0 {
            self.top = (self.top + self.selected).saturating_sub(before);
        }
    }

    /// Takes a row that is another one now; false when it is not.
    fn change(&mut self, row: Row) -> bool {
        let text = if self.searched.is_empty() { String::new() } else { searched(&row) };
        let Some(at) = replace(&mut self.rows, row) else { return false };
        if let Some(known) = self.searched.get_mut(at) {
            *known = text;
        }
        true
    }

    /// Applies filter and order again, and leaves the selection with its run.
    fn arrange(&mut self) {
        let id = self.current().map(|row| row.id.clone());
        self.apply_filter(id.as_deref());
    }

    /// Asks the source for the texts of the run that is looked into; returns why they can't be had.
    fn refresh_detail(&mut self, source: &mut dyn Source) -> Option<String> {
        let inspection = self.inspection.as_mut()?;
        let row = self.rows.iter().find(|row| row.id == inspection.row.id).unwrap_or(&inspection.row).clone();
        let is_running = row.state == crate::model::State::Running;
        if inspection.shows_changes() && is_running && self.now - self.changes_asked >= CHANGES_SECS {
            self.changes_asked = self.now;
            source.ask_changes(&row.id);
        }
        self.is_dirty |= inspection.update_changes(source);
        if row == inspection.row && !inspection.may_grow() {
            return None;
        }
        match source.detail(&row.id) {
            Ok(detail) => self.is_dirty |= inspection.update(row, detail),
            Err(reason) => return Some(unreadable(&row.id, &reason)),
        }
        None
    }

    /// Applies scope, filter and order, and selects that run again if it is still there.
    fn apply_filter(&mut self, id: Option<&str>) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        if !words.is_empty() && self.searched.len() != self.rows.len() {
            self.searched = self.rows.iter().map(searched).collect();
        }
        let here_only = self.is_here_only;
        let is_wanted = |(index, row): &(usize, &Row)| {
            (row.is_here || !here_only)
                && words.iter().all(|word| self.searched[*index].contains(word.as_str()))
        };
        self.shown = self.rows.iter().enumerate().filter(is_wanted).map(|(index, _)| index).collect();
        self.order.sort(&mut self.shown, &self.rows, self.is_reversed, self.now);
        let in_scope = self.rows.iter().filter(|row| row.is_here || !here_only);
        (self.today, self.all) = overview::sums(in_scope, self.setting.clock, self.now);
        let found = id.and_then(|id| self.shown.iter().position(|&index| self.rows[index].id == id));
        self.selected = found.unwrap_or_else(|| self.selected.min(self.shown.len().saturating_sub(1)));
        self.mark_dirty();
    }

    fn current(&self) -> Option<&Row> {
        self.shown.get(self.selected).map(|&index| &self.rows[index])
    }

    /// Says something until the next key.
    pub(crate) fn tell(&mut self, text: String, is_trouble: bool) {
        self.notice = Some(Notice { text, is_trouble });
        self.mark_dirty();
    }
}

/// Puts a row in the place of the one with its id; gives where, unless that is the same already.
fn replace(rows: &mut [Row], row: Row) -> Option<usize> {
    let at = rows.iter().position(|known| known.id == row.id)?;
    if rows[at] == row {
        return None;
    }
    rows[at] = row;
    Some(at)
}

fn unreadable(id: &str, reason: &SourceError) -> String {
    format!("could not read {id}: {reason}")
}

/// What the filter looks through.
fn searched(row: &Row) -> String {
    let fields = [&row.id, row.state.word(), &row.backend, &row.project, &row.cwd, &row.prompt, &row.note];
    let pro = if row.is_pro { "+pro" } else { "" };
    let mut text = fields.join("\n").to_lowercase();
    text.push_str(pro);
    text
}

#[cfg(test)]
mod tests;
