//! In which order the rows stand.

use std::cmp::Ordering;

use crate::model::{Row, State};

/// By what the rows are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// The newest first, as the source gives them.
    #[default]
    Started,
    /// What runs and what failed first.
    State,
    /// The longest first.
    Elapsed,
    /// The most tokens first.
    Tokens,
    /// The dearest first.
    Cost,
    /// By the alphabet.
    Project,
}

impl Order {
    const ALL: [Self; 6] =
        [Self::Started, Self::State, Self::Elapsed, Self::Tokens, Self::Cost, Self::Project];

    /// The one after this one.
    pub(crate) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&order| order == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// As the title says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Started => "age",
            Self::State => "state",
            Self::Elapsed => "time",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Project => "project",
        }
    }

    /// Sorts `indices` of `rows`. Rows that are equal stay in the order of `rows`, also where `is_reversed`.
    pub(crate) fn sort(self, indices: &mut [usize], rows: &[Row], is_reversed: bool, now: i64) {
        if self == Self::Started {
            // The place in the list decides, whatever the clock said.
            if is_reversed {
                indices.reverse();
            }
            return;
        }
        indices.sort_by(|&one, &other| {
            let order = self.compare(&rows[one], &rows[other], now);
            if is_reversed { order.reverse() } else { order }
        });
    }

    fn compare(self, one: &Row, other: &Row, now: i64) -> Ordering {
        let state = |row: &Row| State::ALL.iter().position(|&state| state == row.state);
        let tokens = |row: &Row| row.tokens.map(|tokens| tokens.total());
        let cost = |row: &Row| row.cost_usd.filter(|cost| cost.is_finite()).unwrap_or(-1.0);
        match self {
            Self::Started => Ordering::Equal,
            Self::State => state(one).cmp(&state(other)),
            Self::Elapsed => other.elapsed(now).cmp(&one.elapsed(now)),
            Self::Tokens => tokens(other).cmp(&tokens(one)),
            Self::Cost => cost(other).total_cmp(&cost(one)),
            Self::Project => one.project.cmp(&other.project),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tokens;

    #[test]
    fn rows_are_sorted_and_equal_ones_stay_as_they_are() {
        let row = |state, tokens: Option<u64>, cost_usd, started| Row {
            state,
            tokens: tokens.map(|output| Tokens { output, ..Tokens::default() }),
            cost_usd,
            started: Some(started),
            ended: Some(100),
            ..Row::default()
        };
        let rows = [
            row(State::Success, Some(5), None, 40),
            row(State::Error, None, Some(0.5), 20),
            row(State::Success, Some(9), Some(f64::NAN), 60),
            row(State::Running, Some(5), Some(2.0), 90),
        ];
        let sorted = |order: Order, is_reversed| {
            let mut indices = vec![0, 1, 2, 3];
            order.sort(&mut indices, &rows, is_reversed, 110);
            indices
        };
        assert_eq!(sorted(Order::Started, true), [3, 2, 1, 0]);
        assert_eq!(sorted(Order::State, false), [3, 1, 0, 2]);
        assert_eq!(sorted(Order::Elapsed, false), [1, 0, 2, 3]);
        assert_eq!(sorted(Order::Tokens, false), [2, 0, 3, 1]);
        assert_eq!(sorted(Order::Tokens, true), [1, 0, 3, 2]);
        assert_eq!(sorted(Order::Cost, false), [3, 1, 0, 2]);
        let mut order = Order::default();
        for _ in Order::ALL {
            order = order.next();
        }
        assert_eq!(order, Order::default());
    }
}
