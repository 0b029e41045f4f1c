//! The page with the table: a title, the rows, and what there is to know of the selected one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::{Clock, Row, State};
use crate::order::Order;
use crate::pager::plain;
use crate::table::{self, Table, Widths, put};
use crate::text;
use crate::theme::Theme;
use crate::totals::{self, Total};

/// The page is this high before the selected run is shown below the table, in so many lines with the rule above.
const ROOMY: u16 = 15;
const PREVIEW: u16 = 5;

/// The page is this high before there are so many lines for it.
const SPACIOUS: u16 = 20;
const LARGE_PREVIEW: u16 = 7;

/// What stands between two facts of the title.
const SEPARATOR: &str = " · ";

/// The columns of a title that need not be short.
const WIDE: u16 = 60;

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
        let mut title = None;
        if area.height >= 6 {
            let lines = if area.height >= 12 { 2 } else { 1 };
            table.y += lines;
            table.height -= lines;
            title = Some(Rect { height: 1, ..area });
        }
        let mut preview = None;
        if area.height >= ROOMY {
            let lines = if area.height >= SPACIOUS { LARGE_PREVIEW } else { PREVIEW };
            table.height -= lines;
            preview = Some(Rect { y: table.bottom(), height: lines, ..area });
        }
        Self { title, table, preview }
    }

    /// How many rows there is room for.
    pub(crate) fn capacity(&self) -> usize {
        table::capacity(self.table.height)
    }

    /// Which row of those in sight is at a height of the screen.
    pub(crate) fn row_at(&self, y: u16) -> Option<usize> {
        let first = self.table.y + u16::from(table::has_header(self.table.height));
        (first..self.table.bottom()).contains(&y).then(|| usize::from(y - first))
    }
}

/// What the page shows.
pub(crate) struct Overview<'a> {
    /// All runs.
    pub(crate) rows: &'a [Row],
    /// Those that the filter lets pass, as indices of `rows`, in their order.
    pub(crate) shown: &'a [usize],
    /// Of `shown`, the first that is in sight, and the selected one.
    pub(crate) top: usize,
    pub(crate) selected: usize,
    pub(crate) filter: &'a str,
    /// Whether runs of other worktrees are left out.
    pub(crate) is_here_only: bool,
    /// What the worktree is called.
    pub(crate) place: &'a str,
    pub(crate) order: Order,
    pub(crate) is_reversed: bool,
    /// The sums of the worktree, or of all, today and in all.
    pub(crate) today: Total,
    pub(crate) all: Total,
    /// Whether the source could not say which runs there are; why, the foot tells.
    pub(crate) is_blind: bool,
    pub(crate) now: i64,
    pub(crate) clock: Clock,
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
        let table = Table {
            rows: &rows,
            selected: self.selected.checked_sub(self.top),
            has_projects: !self.is_here_only,
            order: self.order,
            is_reversed: self.is_reversed,
            now: self.now,
            clock: self.clock,
            theme: self.theme,
        };
        table.draw(buffer, parts.table, widths);
        if let Some(area) = parts.preview {
            self.draw_preview(buffer, area, &self.rows[self.shown[self.selected]]);
        }
    }

    fn draw_title(&self, buffer: &mut Buffer, area: Rect) {
        let scope = if self.is_here_only { text::cell(self.place) } else { "all worktrees".to_owned() };
        const NAME: &str = "handoff runs  ";
        let mut spans = Vec::new();
        let width = usize::from(area.width);
        let scope = text::cut(&scope, width / 3);
        let all = self.title_facts();
        let wanted = all.iter().map(|fact| text::width(fact) + text::width(SEPARATOR)).sum::<usize>();
        // The user has typed it, and what the runs are and used is more to know.
        if area.width >= WIDE && text::width(NAME) + text::width(&scope) + wanted <= width {
            spans.push(Span::styled(NAME, self.theme.strong()));
        }
        let used = text::width(&scope)
            + spans.iter().map(|span: &Span<'_>| text::width(&span.content)).sum::<usize>();
        spans.push(Span::styled(scope, self.theme.accent()));
        let room = width.saturating_sub(used);
        let mut facts = String::new();
        for fact in all {
            let separator = if facts.is_empty() { "  " } else { SEPARATOR };
            let fact = format!("{separator}{fact}");
            // What does not fit is left out as a whole, but for the first.
            if !facts.is_empty() && text::width(&facts) + text::width(&fact) > room {
                break;
            }
            facts.push_str(&fact);
        }
        spans.push(Span::styled(text::cut(&facts, room), self.theme.quiet()));
        buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
    }

    /// What stands in the title behind the worktree, what matters first.
    fn title_facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        match self.all.runs {
            0 if self.is_blind => {}
            1 => facts.push("1 run".to_owned()),
            count => facts.push(format!("{count} runs")),
        }
        if self.all.running > 0 {
            facts.push(format!("{} running", self.all.running));
        }
        if !self.filter.is_empty() {
            facts.push(format!("filter “{}”: {}", text::cell(self.filter), self.shown.len()));
        }
        if self.order != Order::default() || self.is_reversed {
            let reversed = if self.is_reversed { ", reversed" } else { "" };
            facts.push(format!("by {}{reversed}", self.order.name()));
        }
        // What deleted runs used is not known any more, so it is said whose this is.
        let mut whose = if self.all.runs == 1 { "it used " } else { "they used " };
        for (name, total) in [("today", self.today), ("in all", self.all)] {
            let tokens = total.tokens.total();
            if total.cost_usd > 0.0 || tokens > 0 {
                let (cost, tokens) = (text::cost(total.cost_usd), text::count(tokens));
                facts.push(format!("{whose}{cost}, {tokens} tokens {name}"));
                whose = "";
            }
        }
        facts
    }

    fn draw_nothing(&self, buffer: &mut Buffer, area: Rect) {
        let inner = Rect { x: area.x.saturating_add(2), ..area }.intersection(area);
        let lines = plain(&self.nothing(), Style::new(), inner.width.saturating_sub(1).into());
        for (y, line) in (inner.y..inner.bottom()).zip(lines) {
            buffer.set_line(inner.x, y, &line, inner.width);
        }
    }

    /// Why there are no rows, and what to do.
    fn nothing(&self) -> String {
        let elsewhere = self.rows.iter().filter(|row| !row.is_here).count();
        if self.rows.is_empty() && self.is_blind {
            return "The runs can't be read. This is tried again every second.".to_owned();
        }
        if !self.filter.is_empty() {
            let more = if self.is_here_only && elsewhere > 0 { ", and a looks in all worktrees" } else { "" };
            let filter = text::cell(self.filter);
            return format!("Nothing matches “{filter}”.\n\nEsc clears the filter{more}.");
        }
        if self.rows.is_empty() {
            return "No runs yet.\n\nGive another agent a task, and it appears here:\n\n  handoff run --text fix the failing test\n\n\
                    Before the first, `handoff init` writes a configuration."
                .to_owned();
        }
        let place = text::cell(self.place);
        let runs = if elsewhere == 1 { "the 1 run".to_owned() } else { format!("the {elsewhere} runs") };
        format!(
            "No run has worked in {place} yet.\n\nPress a for {runs} of other worktrees, or start one here:\n\n  handoff run --text fix the failing test"
        )
    }

    fn draw_preview(&self, buffer: &mut Buffer, area: Rect, row: &Row) {
        let width = usize::from(area.width);
        let quiet = self.theme.quiet();
        put(buffer, area, area.y, &"─".repeat(width), quiet);
        let mut lines: Vec<Line<'static>> = Vec::new();
        let room = usize::from(area.height) - 1;
        let line = |text: &str, style| Line::styled(text::cut(text, width), style);
        if area.height >= LARGE_PREVIEW {
            lines.push(line(&identity(row), quiet));
        }
        lines.push(line(&facts(row, self.now, self.clock), quiet));
        lines.push(Line::styled(text::cut_front(&text::cell(&row.cwd), width), quiet));
        let note = note(row, self.theme).map(|(text, style)| line(&text, style));
        let room = room.saturating_sub(lines.len() + usize::from(note.is_some()));
        let mut prompt = plain(&text::name(&row.prompt), Style::new(), width);
        if prompt.len() > room {
            prompt.truncate(room);
            if let Some(last) = prompt.last_mut() {
                *last = Line::from(text::cut(last.to_string().trim_end(), width.saturating_sub(2)) + " …");
            }
        }
        lines.extend(prompt);
        lines.extend(note);
        for (y, line) in (area.y + 1..area.bottom()).zip(&lines) {
            buffer.set_line(area.x, y, line, area.width);
        }
    }
}

/// Which run it is, and whose conversation it continues.
pub(crate) fn identity(row: &Row) -> String {
    let id = text::cell(&row.id);
    row.continues.as_deref().map_or(id.clone(), |before| format!("{id} · continues {}", text::cell(before)))
}

/// What it does, or why it ended so, with the word that says which.
pub(crate) fn note(row: &Row, theme: Theme) -> Option<(String, Style)> {
    let note = text::cell(&row.note);
    if note.is_empty() {
        return None;
    }
    Some(match row.state {
        State::Running => (format!("now: {note}"), theme.state(row.state)),
        State::Success => (note, theme.quiet()),
        State::Error | State::Interrupted | State::Lost => {
            (format!("{}: {note}", row.state.word()), theme.state(row.state))
        }
    })
}

/// When, for how long, with what and for how much, in one line.
pub(crate) fn facts(row: &Row, now: i64, clock: Clock) -> String {
    let mut facts = Vec::new();
    facts.extend(row.started.map(|at| text::cell(&(clock.minute)(at))));
    facts.extend(row.elapsed(now).map(|seconds| match row.state {
        State::Running => format!("for {}", text::elapsed(seconds)),
        _ => format!("took {}", text::elapsed(seconds)),
    }));
    facts.push(table::backend(row));
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

/// The sums of `rows`: today's, and those of all.
pub(crate) fn sums<'r>(
    rows: impl Iterator<Item = &'r Row> + Clone,
    clock: Clock,
    now: i64,
) -> (Total, Total) {
    (totals::today(rows.clone(), clock, now), Total::of(rows))
}
