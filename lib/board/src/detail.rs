//! The look into one run: its prompt, its progress, its result.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::{Detail, Document, Row, State};
use crate::pager::{Pager, plain};
use crate::table::{self, put};
use crate::text;
use crate::theme::Theme;
use crate::{markdown, overview};

/// What is shown of one text.
const LIMIT: usize = 1 << 18;

/// Longer lines of prose are hard to read.
const MEASURE: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Prompt,
    Progress,
    Result,
}

impl Tab {
    pub(crate) const ALL: [Self; 3] = [Self::Prompt, Self::Progress, Self::Result];

    fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Progress => "progress",
            Self::Result => "result",
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
    pagers: [Pager; 3],
    /// The width for which each pager has its lines; none while they must be made.
    laid_out: [Option<usize>; 3],
}

impl Inspection {
    pub(crate) fn new(row: Row, detail: Detail) -> Self {
        let tab = match (row.state, &detail.result) {
            (State::Running, _) | (_, None) => Tab::Progress,
            _ => Tab::Result,
        };
        let progress = if row.state == State::Running { Pager::following() } else { Pager::default() };
        Self { row, detail, tab, pagers: [Pager::default(), progress, Pager::default()], laid_out: [None; 3] }
    }

    /// Takes what is new; true when something is.
    pub(crate) fn update(&mut self, row: Row, detail: Detail) -> bool {
        let changed = row != self.row || detail != self.detail;
        let had_ended = self.row.state != State::Running;
        for (index, tab) in Tab::ALL.into_iter().enumerate() {
            if document(&self.detail, tab) != document(&detail, tab) {
                self.laid_out[index] = None;
            }
        }
        if !had_ended && row.state != State::Running {
            // Whoever watched the end come in sees the result that came of it.
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

    pub(crate) fn turn(&mut self, forward: bool) {
        let step = if forward { 1 } else { Tab::ALL.len() - 1 };
        self.tab = Tab::ALL[(self.tab as usize + step) % Tab::ALL.len()];
    }

    pub(crate) fn draw(&mut self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        let roomy = area.height >= 12;
        let mut y = area.y;
        put(buffer, area, y, &text::cell(&self.row.id), theme.strong());
        let id = u16::try_from(text::width(&text::cell(&self.row.id))).unwrap_or(u16::MAX);
        let rest = Rect { x: area.x.saturating_add(id).saturating_add(2), ..area }.intersection(area);
        put(buffer, rest, y, &table::state(self.row.state), theme.state(self.row.state));
        y += 1;
        if roomy {
            let facts = text::cut(&overview::facts(&self.row), area.width.into());
            put(buffer, area, y, &facts, theme.quiet());
            y += 1;
            put(
                buffer,
                area,
                y,
                &text::cut_front(&text::cell(&self.row.cwd), area.width.into()),
                theme.quiet(),
            );
            y += 2;
        }
        self.draw_tabs(buffer, area, y, theme);
        y += 1;
        if roomy {
            put(buffer, area, y, &"─".repeat(area.width.into()), theme.quiet());
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
        let mut spans = Vec::new();
        for (index, tab) in Tab::ALL.into_iter().enumerate() {
            // The brackets say it where there is no colour.
            let (name, style) = if tab == self.tab {
                (format!("[{} {}]", index + 1, tab.name()), theme.accent())
            } else {
                (format!(" {} {} ", index + 1, tab.name()), theme.quiet())
            };
            spans.push(Span::styled(name, style));
            spans.push(Span::raw(" "));
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
            Some(document) if !document.text.trim().is_empty() => lines(document, self.tab, width, theme),
            _ => plain(self.instead(), theme.quiet(), width),
        };
        self.pagers[index].set_lines(lines);
    }

    fn instead(&self) -> &'static str {
        match (self.tab, self.row.state) {
            (Tab::Prompt, _) => "The prompt is empty.",
            (Tab::Progress, State::Running) => "Nothing has happened yet.",
            (Tab::Progress, _) => "Nothing was said on the way.",
            (Tab::Result, State::Running) => "There is no result yet: the run is still at work.",
            (Tab::Result, _) => "There is no result.",
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
