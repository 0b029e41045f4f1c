//! The look into one run: its prompt, its progress, its result, and what changed in its worktree.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::diff;
use crate::model::{Changes, Clock, Detail, Document, Row, Shown, Source, State};
use crate::pager::{Pager, plain};
use crate::table::{self, put};
use crate::text;
use crate::theme::Theme;
use crate::{markdown, overview};

/// What is shown of one text, in bytes: as much as is laid out before the key that asks for it is felt to be slow.
const LIMIT: usize = 1 << 17;

/// Longer lines of prose are hard to read.
const MEASURE: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Prompt,
    Progress,
    Result,
    Changes,
}

impl Tab {
    pub(crate) const ALL: [Self; 4] = [Self::Prompt, Self::Progress, Self::Result, Self::Changes];

    fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Progress => "progress",
            Self::Result => "result",
            Self::Changes => "changes",
        }
    }
}

/// One run that is looked into.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// The row as it was when it was last seen.
    pub(crate) row: Row,
    detail: Detail,
    tab: Tab,
    changes: Changes,
    pagers: [Pager; 4],
    /// The width for which each pager has its lines; none while they must be made.
    laid_out: [Option<usize>; 4],
}

impl Inspection {
    pub(crate) fn new(row: Row, detail: Detail) -> Self {
        let tab = match (row.state, &detail.result) {
            (State::Running, _) | (_, None) => Tab::Progress,
            _ => Tab::Result,
        };
        let progress = if row.state == State::Running { Pager::following() } else { Pager::default() };
        let pagers = [Pager::default(), progress, Pager::default(), Pager::default()];
        Self { row, detail, tab, changes: Changes::Pending, pagers, laid_out: [None; 4] }
    }

    /// Takes what is new; true when something is.
    pub(crate) fn update(&mut self, row: Row, detail: Detail) -> bool {
        let changed = row != self.row || detail != self.detail;
        let had_ended = self.row.state != State::Running;
        for (index, tab) in Tab::ALL.into_iter().enumerate() {
            if tab != Tab::Changes && document(&self.detail, tab) != document(&detail, tab) {
                self.laid_out[index] = None;
            }
        }
        if !had_ended && row.state != State::Running {
            // A user who watched the end come in sees the result that came of it.
            if self.tab == Tab::Progress && self.pager().is_following() && detail.result.is_some() {
                self.tab = Tab::Result;
            }
            self.pagers[Tab::Progress as usize].stop_following();
            self.laid_out[Tab::Result as usize] = None;
        }
        self.row = row;
        self.detail = detail;
        changed
    }

    /// Whether there may be more to read even though the row is as it was.
    pub(crate) fn may_grow(&self) -> bool {
        self.row.state == State::Running || self.detail.result.is_none()
    }

    pub(crate) fn pager(&mut self) -> &mut Pager {
        &mut self.pagers[self.tab as usize]
    }

    /// To the end of the text, and of a growing one to stay there.
    pub(crate) fn end(&mut self) {
        let grows = self.tab == Tab::Progress && self.row.state == State::Running;
        self.pager().end(grows);
    }

    pub(crate) fn select(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// To the end of the progress, to stay there while it grows.
    pub(crate) fn follow(&mut self) {
        self.tab = Tab::Progress;
        self.end();
    }

    /// Asks `source` what changed in the worktree, where that is looked at; true when the answer is new.
    pub(crate) fn update_changes(&mut self, source: &mut dyn Source) -> bool {
        if self.tab != Tab::Changes {
            return false;
        }
        let changes = source.changes(&self.row.id);
        // What was known stays in sight until the next answer.
        if changes == self.changes || changes == Changes::Pending {
            return false;
        }
        self.changes = changes;
        self.laid_out[Tab::Changes as usize] = None;
        true
    }

    /// Whether an answer is awaited that may come at any moment.
    pub(crate) fn is_waiting(&self) -> bool {
        self.tab == Tab::Changes && self.changes == Changes::Pending
    }

    /// Whether the changes are looked at.
    pub(crate) fn shows_changes(&self) -> bool {
        self.tab == Tab::Changes
    }

    /// What another program would show in place of this.
    pub(crate) fn shown(&self) -> Shown {
        match self.tab {
            Tab::Prompt => Shown::Prompt,
            Tab::Progress => Shown::Progress,
            Tab::Result => Shown::Result,
            Tab::Changes => Shown::Changes,
        }
    }

    pub(crate) fn turn(&mut self, forward: bool) {
        let step = if forward { 1 } else { Tab::ALL.len() - 1 };
        self.tab = Tab::ALL[(self.tab as usize + step) % Tab::ALL.len()];
    }

    pub(crate) fn draw(&mut self, buffer: &mut Buffer, area: Rect, theme: Theme, now: i64, clock: Clock) {
        let roomy = area.height >= 12;
        let mut y = area.y;
        let width = usize::from(area.width);
        let state = table::state(self.row.state);
        put(buffer, area, y, &state, theme.state(self.row.state));
        let taken = u16::try_from(text::width(&state) + 2).unwrap_or(u16::MAX);
        let rest = Rect { x: area.x.saturating_add(taken), ..area }.intersection(area);
        let name = text::cut(&text::name(&self.row.prompt), width.saturating_sub(taken.into()));
        put(buffer, rest, y, &name, theme.strong());
        y += 1;
        if roomy {
            let facts = overview::facts(&self.row, now, clock);
            let cwd = text::cut_front(&text::cell(&self.row.cwd), width);
            let lines = [text::cut(&overview::identity(&self.row), width), text::cut(&facts, width), cwd];
            for line in lines {
                put(buffer, area, y, &line, theme.quiet());
                y += 1;
            }
            if let Some((note, style)) = overview::note(&self.row, theme) {
                put(buffer, area, y, &text::cut(&note, width), style);
                y += 1;
            }
            y += u16::from(area.height >= 16);
        }
        self.draw_tabs(buffer, area, y, theme);
        y += 1;
        if roomy {
            put(buffer, area, y, &"─".repeat(width), theme.quiet());
            y += 1;
        }
        let body = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        self.lay_out(body.width.into(), theme);
        for (y, line) in (body.y..).zip(self.pager().visible(body.height.into())) {
            buffer.set_line(body.x, y, line, body.width);
        }
    }

    fn draw_tabs(&self, buffer: &mut Buffer, area: Rect, y: u16, theme: Theme) {
        if y >= area.bottom() {
            return;
        }
        let is_narrow = area.width < 52;
        let mut spans = Vec::new();
        for (index, tab) in Tab::ALL.into_iter().enumerate() {
            // The brackets say it where there is no colour.
            let number = if is_narrow { String::new() } else { format!("{} ", index + 1) };
            let (name, style) = if tab == self.tab {
                (format!("[{number}{}]", tab.name()), theme.accent())
            } else {
                (format!(" {number}{} ", tab.name()), theme.quiet())
            };
            spans.push(Span::styled(name, style));
            spans.push(Span::raw(if is_narrow { "" } else { " " }));
        }
        let (end, _) = buffer.set_line(area.x, y, &Line::from(spans), area.width);
        // The file is named where that leaves the tabs alone.
        let path = text::cell(document(&self.detail, self.tab).map_or("", |document| &document.path));
        let room = usize::from(area.right().saturating_sub(end + 1));
        if room >= 16 && !path.is_empty() {
            let path = text::padded(&text::cut_front(&path, room), room, true);
            buffer.set_stringn(end + 1, y, path, room, theme.quiet());
        }
    }

    fn lay_out(&mut self, width: usize, theme: Theme) {
        let index = self.tab as usize;
        if self.laid_out[index] == Some(width) {
            return;
        }
        self.laid_out[index] = Some(width);
        let lines = match document(&self.detail, self.tab) {
            _ if self.tab == Tab::Changes => self.changed_lines(theme, width),
            Some(document) if !document.text.trim().is_empty() => lines(document, self.tab, width, theme),
            _ => plain(self.instead(), theme.quiet(), width),
        };
        self.pagers[index].set_lines(lines);
    }

    fn changed_lines(&self, theme: Theme, width: usize) -> Vec<Line<'static>> {
        match &self.changes {
            Changes::Pending => plain("Looking for changes …", theme.quiet(), width),
            Changes::Unknown(why) => plain(&text::cell(why), theme.alert(), width),
            Changes::Known(diff) if diff.trim().is_empty() => {
                plain("Nothing has changed in its worktree since it began.", theme.quiet(), width)
            }
            Changes::Known(diff) => {
                let (changed, is_whole) = diff::lines(diff, LIMIT, theme, width);
                let mut lines = Vec::new();
                let since = match self.row.state {
                    State::Running => "What was uncommitted before the run is among it.",
                    _ => {
                        "Up to now: what was uncommitted before the run, and what came after its end, is among it."
                    }
                };
                lines.extend(plain(since, theme.quiet(), width));
                lines.extend(changed);
                if !is_whole {
                    lines.extend(plain("… the rest: p shows it in a pager", theme.alert(), width));
                }
                lines
            }
        }
    }

    fn instead(&self) -> &'static str {
        match (self.tab, self.row.state) {
            (Tab::Prompt, _) => "The prompt is empty.",
            (Tab::Progress, State::Running) => "Nothing has happened yet.",
            (Tab::Progress, _) => "Nothing was said on the way.",
            (Tab::Result, State::Running) => "There is no result yet: the run is still at work.",
            (Tab::Result | Tab::Changes, _) => "There is no result.",
        }
    }

    /// What stands at the right of the foot: where one is.
    pub(crate) fn position(&mut self) -> String {
        let follows = self.pager().is_following();
        let position = self.pager().position();
        if follows && !position.is_empty() { "following".to_owned() } else { position }
    }
}

fn document(detail: &Detail, tab: Tab) -> Option<&Document> {
    match tab {
        Tab::Prompt => Some(&detail.prompt),
        Tab::Progress => Some(&detail.progress),
        Tab::Result => detail.result.as_ref(),
        Tab::Changes => None,
    }
}

/// What can be shown of a text. Of the progress the end counts, of the others the beginning.
fn lines(document: &Document, tab: Tab, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let note =
        |what: &str| plain(&format!("… {what} is in {}", text::cell(&document.path)), theme.alert(), width);
    if tab == Tab::Progress {
        let start = document.text.floor_char_boundary(document.text.len().saturating_sub(LIMIT));
        let mut lines = if start > 0 { note("the beginning") } else { Vec::new() };
        lines.extend(plain(&text::page(&document.text[start..], usize::MAX).0, Style::new(), width));
        return lines;
    }
    let width = width.min(MEASURE);
    let (text, whole) = text::page(&document.text, LIMIT);
    let mut lines = match tab {
        Tab::Result => markdown::markdown_lines(&text, theme, width),
        _ => plain(&text, Style::new(), width),
    };
    if !whole {
        lines.push(Line::default());
        lines.extend(note("the rest"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_text_is_cut_where_it_counts_least() {
        let text = format!("first\n{}last\n", "日本語 and words\n".repeat(60_000));
        let document = Document { text, path: "x.md".to_owned() };
        let shown = |tab| {
            let lines = lines(&document, tab, 40, Theme::new(false));
            [lines[0].to_string(), lines[lines.len() - 1].to_string()]
        };
        assert_eq!(shown(Tab::Progress), ["… the beginning is in x.md", "last"]);
        assert_eq!(shown(Tab::Prompt), ["first", "… the rest is in x.md"]);
    }
}
