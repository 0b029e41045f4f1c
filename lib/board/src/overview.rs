//! The page with the table: a title, the rows, and what there is to know of the selected one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::{Row, State};
use crate::pager::plain;
use crate::table::{self, Widths, put};
use crate::text;
use crate::theme::Theme;

/// The page is this high before the selected run is told below the table, in so many lines with the rule above.
const ROOMY: u16 = 15;
const PREVIEW: u16 = 5;

/// Where the parts of the page are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    title: Option<Rect>,
    table: Rect,
    preview: Option<Rect>,
}

impl Parts {
    /// Divides the page. The table also takes the margin at the left.
    pub(crate) fn of(area: Rect, margin: u16) -> Self {
        let mut table = Rect { x: area.x - margin, width: area.width + margin, ..area };
        let title = (area.height >= 6).then(|| {
            let lines = if area.height >= 12 { 2 } else { 1 };
            table.y += lines;
            table.height -= lines;
            Rect { height: 1, ..area }
        });
        let preview = (area.height >= ROOMY).then(|| {
            table.height -= PREVIEW;
            Rect { y: table.bottom(), height: PREVIEW, ..area }
        });
        Self { title, table, preview }
    }

    /// How many rows there is room for.
    pub(crate) fn capacity(&self) -> usize {
        table::capacity(self.table.height)
    }
}

/// What the page shows.
pub(crate) struct Overview<'a> {
    /// All runs.
    pub(crate) rows: &'a [Row],
    /// Those that the filter lets pass, as indices of `rows`.
    pub(crate) shown: &'a [usize],
    /// Of `shown`, the first that is in sight, and the selected one.
    pub(crate) top: usize,
    pub(crate) selected: usize,
    pub(crate) filter: &'a str,
    /// Whether the source could not say which runs there are; why, the foot tells.
    pub(crate) is_blind: bool,
    pub(crate) theme: Theme,
}

impl Overview<'_> {
    pub(crate) fn draw(&self, buffer: &mut Buffer, parts: Parts, widths: &mut Widths) {
        if let Some(area) = parts.title {
            self.draw_title(buffer, area);
        }
        if self.shown.is_empty() {
            self.draw_nothing(buffer, parts.table);
            return;
        }
        let end = self.shown.len().min(self.top + parts.capacity());
        let rows: Vec<&Row> = self.shown[self.top..end].iter().map(|&index| &self.rows[index]).collect();
        table::draw(buffer, parts.table, &rows, self.selected.checked_sub(self.top), widths, self.theme);
        if let Some(area) = parts.preview {
            self.draw_preview(buffer, area, &self.rows[self.shown[self.selected]]);
        }
    }

    fn draw_title(&self, buffer: &mut Buffer, area: Rect) {
        let running = self.rows.iter().filter(|row| row.state == State::Running).count();
        let mut parts = Vec::new();
        match self.rows.len() {
            0 if self.is_blind => {}
            1 => parts.push("1 run".to_owned()),
            count => parts.push(format!("{count} runs")),
        }
        if running > 0 {
            parts.push(format!("{running} running"));
        }
        if !self.filter.is_empty() {
            parts.push(format!("filter “{}”: {}", text::cell(self.filter), self.shown.len()));
        }
        let name = "handoff list";
        put(buffer, area, area.y, name, self.theme.strong());
        let taken = u16::try_from(name.len() + 2).unwrap_or(0).min(area.width);
        let rest = Rect { x: area.x + taken, width: area.width - taken, ..area };
        put(buffer, rest, rest.y, &text::cut(&parts.join(" · "), rest.width.into()), self.theme.quiet());
    }

    fn draw_nothing(&self, buffer: &mut Buffer, area: Rect) {
        let text = if self.rows.is_empty() && self.is_blind {
            "The runs can't be read. This is tried again every second.".to_owned()
        } else if self.filter.is_empty() {
            "No runs yet.\n\n`handoff run --text WORDS` hands a task to another agent; it appears here."
                .to_owned()
        } else {
            format!("Nothing matches “{}”.", text::cell(self.filter))
        };
        let inner = Rect { x: area.x.saturating_add(2), ..area }.intersection(area);
        for (y, line) in (inner.y..inner.bottom()).zip(plain(&text, Style::new(), inner.width.into())) {
            buffer.set_line(inner.x, y, &line, inner.width);
        }
    }

    fn draw_preview(&self, buffer: &mut Buffer, area: Rect, row: &Row) {
        let width = usize::from(area.width);
        put(buffer, area, area.y, &"─".repeat(width), self.theme.quiet());
        put(buffer, area, area.y + 1, &text::cut(&facts(row), width), self.theme.quiet());
        let cwd = text::cut_front(&text::cell(&row.cwd), width);
        put(buffer, area, area.y + 2, &cwd, self.theme.quiet());
        let prompt = plain(&text::cell(&row.prompt), Style::new(), width);
        let room = 2;
        for (y, line) in (area.y + 3..).zip(prompt.iter().take(room)) {
            buffer.set_line(area.x, y, line, area.width);
        }
        if prompt.len() > room && width > 0 {
            buffer.set_string(area.right() - 1, area.y + 4, "…", Style::new());
        }
    }
}

/// When, with what and for how much, in one line.
pub(crate) fn facts(row: &Row) -> String {
    let mut facts = vec![text::cell(&row.started), text::cell(&row.backend)];
    if !row.model.is_empty() && row.model != row.backend {
        facts.push(text::cell(&row.model));
    }
    facts.extend(row.cost_usd.map(text::cost));
    if let Some(tokens) = row.tokens {
        let [input, output, cached] = [tokens.input, tokens.output, tokens.cache_read].map(text::count);
        facts.push(format!("{input} in, {output} out, {cached} cached"));
    }
    facts.retain(|fact| !fact.is_empty());
    facts.join(" · ")
}
