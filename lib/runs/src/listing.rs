//! What runs there are.

use std::path::Path;

use rusqlite::{Params, params};

use crate::Runs;
use crate::error::RecordError;
use crate::id::RunId;
use crate::row::{self, COLUMNS, Row, State, Usage};

/// Which runs are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// At most so many of the newest.
    pub limit: Option<usize>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those that work here.
    pub cwd: Option<&'a Path>,
}

/// What a selector names.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// This run.
    One(Box<Row>),
    /// No run.
    None,
    /// More than one: the newest of them.
    Several(Vec<RunId>),
}

/// How many of several runs are named.
const MAX_SEVERAL: i64 = 5;

/// Up to so many digits are a run's number, or nothing.
const NUMBER_DIGITS: usize = 5;

impl Runs {
    /// The runs, newest first: by their place in the list, whatever the clock said.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn list(&self, filter: &Filter<'_>) -> Result<Vec<Row>, RecordError> {
        let mut rows = Vec::new();
        self.each(filter, |row| rows.push(row))?;
        Ok(rows)
    }

    /// The same one after the other, in the memory of one: for lists of any length.
    ///
    /// # Errors
    /// What is wrong with the list; some runs may have been given then.
    pub fn each(&self, filter: &Filter<'_>, give: impl FnMut(Row)) -> Result<(), RecordError> {
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let wanted = "(?1 IS NULL OR status = ?1) AND (?2 IS NULL OR cwd = ?2) ORDER BY id DESC LIMIT ?3";
        let cwd = filter.cwd.map(row::path_value);
        // Named outright, so that its index is used.
        let running = if filter.state == Some(State::Running) { "status = 'running' AND " } else { "" };
        self.give(&format!("{running}{wanted}"), params![filter.state.map(State::name), cwd, limit], give)
    }

    /// The runs that go on on the conversation `session`, as the list has it.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn on_conversation(&self, session: &str) -> Result<Vec<Row>, RecordError> {
        self.rows("status = 'running' AND session_id = ?1 ORDER BY id DESC", [session])
    }

    /// The run that was on the conversation `session` last; None when the list has none.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn last_on_conversation(&self, session: &str) -> Result<Option<Row>, RecordError> {
        Ok(self.rows("session_id = ?1 ORDER BY id DESC LIMIT 1", [session])?.pop())
    }

    /// What the conversation `session` has used, as far as the list knows: as its latest run with a count has it.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn used_by(&self, session: &str) -> Result<Option<Usage>, RecordError> {
        let rows = self.rows("session_id = ?1 AND status <> 'running' ORDER BY id DESC", [session])?;
        Ok(rows.into_iter().find_map(|row| row.conversation_usage))
    }

    /// The newest run of each directory that runs have worked in, newest first.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn newest_of_each_directory(&self) -> Result<Vec<Row>, RecordError> {
        self.rows("id IN (SELECT max(id) FROM runs GROUP BY cwd) ORDER BY id DESC", [])
    }

    /// The run that `selector` names: an id, a number of the list (which handoff-cli's daily
    /// ones may share), a UUID, or a part of an id that no other has. An empty selector names none.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn find(&self, selector: &str) -> Result<Found, RecordError> {
        let one = |condition: &str, value: &str| -> Result<Option<Row>, RecordError> {
            Ok(self.rows(&format!("{condition} ORDER BY id DESC LIMIT 1"), [value])?.pop())
        };
        let selector = selector.trim();
        if selector.is_empty() {
            return Ok(Found::None);
        }
        let mut exact = one("run_id = ?1", selector)?;
        let number = selector.strip_prefix('+').unwrap_or(selector);
        if exact.is_none() && number.bytes().all(|b| b.is_ascii_digit()) && number.parse::<i64>().is_ok() {
            // Each program counts for itself: the newest of a number may be another than is meant.
            let condition = "seq = CAST(?1 AS INTEGER) ORDER BY id DESC LIMIT ?2";
            let mut rows = self.rows(condition, params![number, MAX_SEVERAL])?;
            if rows.len() > 1 {
                return Ok(Found::Several(rows.into_iter().map(|row| row.id).collect()));
            }
            exact = rows.pop();
            // A short number is a number, and no part of another run's date.
            if exact.is_none() && number.len() <= NUMBER_DIGITS {
                return Ok(Found::None);
            }
        }
        if exact.is_none() {
            exact = one("uuid = ?1", &selector.to_ascii_lowercase())?;
        }
        if let Some(row) = exact {
            return Ok(Found::One(Box::new(row)));
        }
        let part = "instr(lower(run_id), ?1) ORDER BY id DESC LIMIT ?2";
        let mut rows = self.rows(part, params![selector.to_ascii_lowercase(), MAX_SEVERAL])?;
        Ok(match rows.len() {
            0 => Found::None,
            1 => Found::One(Box::new(rows.remove(0))),
            _ => Found::Several(rows.into_iter().map(|row| row.id).collect()),
        })
    }

    pub(crate) fn rows(&self, condition: &str, values: impl Params) -> Result<Vec<Row>, RecordError> {
        let mut rows = Vec::new();
        self.give(condition, values, |row| rows.push(row))?;
        Ok(rows)
    }

    fn give(
        &self,
        condition: &str,
        values: impl Params,
        mut give: impl FnMut(Row),
    ) -> Result<(), RecordError> {
        self.database()?.with(|connection| {
            let mut statement =
                connection.prepare(&format!("SELECT {COLUMNS} FROM runs WHERE {condition}"))?;
            let mut rows = statement.query(values)?;
            while let Some(row) = rows.next()? {
                Row::read(row)?.map(&mut give);
            }
            Ok(())
        })
    }
}
