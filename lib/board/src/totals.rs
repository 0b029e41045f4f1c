//! What the runs used and cost, by day and in all.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::model::{Clock, Row, State, Tokens};
use crate::text;
use crate::theme::Theme;

/// The sum of some runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) runs: usize,
    pub(crate) running: usize,
    /// Those that ended otherwise than with a result.
    pub(crate) failed: usize,
    pub(crate) tokens: Tokens,
    pub(crate) cost_usd: f64,
}

impl Total {
    pub(crate) fn of<'r>(rows: impl Iterator<Item = &'r Row>) -> Self {
        let mut total = Self::default();
        rows.for_each(|row| total.add(row));
        total
    }

    fn add(&mut self, row: &Row) {
        self.runs += 1;
        self.running += usize::from(row.state == State::Running);
        self.failed += usize::from(!matches!(row.state, State::Running | State::Success));
        let tokens = row.tokens.unwrap_or_default();
        self.tokens.input = self.tokens.input.saturating_add(tokens.input);
        self.tokens.output = self.tokens.output.saturating_add(tokens.output);
        self.tokens.cache_read = self.tokens.cache_read.saturating_add(tokens.cache_read);
        self.cost_usd += row.cost_usd.filter(|cost| cost.is_finite() && *cost > 0.0).unwrap_or_default();
    }
}

/// The day of a minute as [`Clock::minute`] writes it.
fn day(minute: &str) -> &str {
    minute.split(' ').next().unwrap_or_default()
}

/// The sum of the runs that began today. `rows` are newest first; one whose clock was wrong ends the search.
pub(crate) fn today<'r>(rows: impl Iterator<Item = &'r Row>, clock: Clock, now: i64) -> Total {
    let minute = (clock.minute)(now);
    let today = day(&minute);
    Total::of(rows.take_while(|row| row.started.is_none_or(|at| day(&(clock.minute)(at)) == today)))
}

/// The sum of each day, the newest first.
fn by_day<'r>(rows: impl Iterator<Item = &'r Row>, clock: Clock) -> Vec<(String, Total)> {
    let mut days: Vec<(String, Total)> = Vec::new();
    for row in rows {
        let name = row.started.map_or_else(|| "unknown".to_owned(), |at| day(&(clock.minute)(at)).to_owned());
        // Most rows are of the day of the one before.
        let at = days.iter().rposition(|(day, _)| *day == name).unwrap_or_else(|| {
            days.push((name, Total::default()));
            days.len() - 1
        });
        days[at].1.add(row);
    }
    days
}

const TITLES: [&str; 7] = ["DAY", "RUNS", "FAILED", "IN", "OUT", "CACHED", "COST"];

/// The least width of each column, so that pages of other runs look alike.
const LEAST: [usize; 7] = [10, 4, 6, 4, 4, 6, 6];

/// The columns that stay on a terminal of `width`, in their order.
fn columns(widths: &[usize; 7], width: usize) -> Vec<usize> {
    let by_need = [0, 6, 1, 4, 3, 2, 5];
    let mut used = 0;
    let mut chosen: Vec<usize> = by_need
        .into_iter()
        .take_while(|&column| {
            used += widths[column] + 2;
            used <= width + 2
        })
        .collect();
    chosen.sort_unstable();
    chosen
}

/// A page with a line for each day and one for all of them.
pub(crate) fn lines(rows: &[&Row], clock: Clock, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let days = by_day(rows.iter().copied(), clock);
    let all = Total::of(rows.iter().copied());
    let cells = |name: &str, total: &Total| -> [String; 7] {
        [
            text::cell(name),
            total.runs.to_string(),
            total.failed.to_string(),
            text::count(total.tokens.input),
            text::count(total.tokens.output),
            text::count(total.tokens.cache_read),
            text::cost(total.cost_usd),
        ]
    };
    let mut table = vec![cells("in all", &all)];
    table.extend(days.iter().map(|(day, total)| cells(day, total)));
    let mut widths = LEAST;
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(text::width(cell));
        }
    }
    let chosen = columns(&widths, width);
    let line = |row: &[String; 7], style: Style| {
        let cells = chosen.iter().map(|&column| text::padded(&row[column], widths[column], column > 0));
        Line::styled(cells.collect::<Vec<_>>().join("  "), style)
    };
    let mut lines = vec![line(&TITLES.map(str::to_owned), theme.quiet())];
    lines.push(line(&table[0], theme.strong()));
    lines.extend(table[1..].iter().map(|row| line(row, Style::new())));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_its_sum() {
        let clock = Clock { now: || 0, minute: |at| format!("day-{} 10:00", at / 100) };
        let row = |started, state, cost_usd| Row {
            started,
            state,
            cost_usd,
            tokens: Some(Tokens { input: 1_000, output: u64::MAX / 2, cache_read: 7 }),
            ..Row::default()
        };
        let rows = [
            row(Some(250), State::Running, Some(0.5)),
            row(Some(210), State::Error, Some(f64::NAN)),
            row(Some(110), State::Success, Some(1.0)),
            row(None, State::Lost, None),
        ];
        let days = by_day(rows.iter(), clock);
        let sums: Vec<_> =
            days.iter().map(|(day, sum)| (day.as_str(), sum.runs, sum.failed, sum.cost_usd)).collect();
        assert_eq!(sums, [("day-2", 2, 1, 0.5), ("day-1", 1, 0, 1.0), ("unknown", 1, 1, 0.0)]);
        assert_eq!(today(rows.iter(), clock, 299).runs, 2);
        let all: Vec<&Row> = rows.iter().collect();
        for width in 0..80 {
            for line in lines(&all, clock, Theme::new(false), width) {
                assert!(line.width() <= width, "{width}: {line}");
            }
        }
    }
}
