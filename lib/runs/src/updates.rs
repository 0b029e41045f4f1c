//! The list for a view that stays open: read in pieces, and afterwards only what changed.

use rusqlite::{Connection, ToSql, params};

use crate::Runs;
use crate::error::RecordError;
use crate::row::{COLUMNS, Row, State};

/// How many rows a piece has: as many as are read within a few milliseconds.
const PIECE: usize = 500;

/// The column of [`COLUMNS`] that has a row's place in the list.
const PLACE: usize = 12;

/// How much of the list was read.
#[derive(Clone, Debug, Default)]
pub struct ListReader {
    /// The places of the newest and of the oldest row that was read; None before the first.
    span: Option<(i64, i64)>,
    /// How many rows there were between the two.
    count: i64,
    /// The places of those that ran.
    running: Vec<i64>,
    is_whole: bool,
    /// What SQLite counts of changes by others and by this process.
    changes: Option<(i64, u64)>,
}

/// What is new in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListUpdate {
    /// Whether all that was given before is void, since runs were deleted.
    pub is_reset: bool,
    /// Runs that began since, newest first.
    pub newer: Vec<Row>,
    /// Runs that were given as running, as they are now.
    pub changed: Vec<Row>,
    /// The next piece of the runs before those that were given, newest first.
    pub older: Vec<Row>,
    /// Whether another call gives the next piece.
    pub has_more: bool,
}

impl Runs {
    /// What is new in the list since `reader` last read it.
    ///
    /// # Errors
    /// What is wrong with the list; the next call gives the same again.
    pub fn list_update(&self, reader: &mut ListReader) -> Result<ListUpdate, RecordError> {
        let mut next = reader.clone();
        let update = self.database()?.with(|connection| {
            // One state of the list for all of it.
            let view = connection.unchecked_transaction()?;
            let update = next.read(&view)?;
            view.commit()?;
            Ok(update)
        })?;
        *reader = next;
        Ok(update)
    }
}

impl ListReader {
    fn read(&mut self, list: &Connection) -> rusqlite::Result<ListUpdate> {
        let others: i64 = list.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        let changes = Some((others, list.total_changes()));
        let mut update = ListUpdate::default();
        if self.is_whole && self.changes == changes {
            return Ok(update);
        }
        if self.changes != changes {
            if self.span.is_some() && self.count(list)? != self.count {
                *self = Self::default();
                update.is_reset = true;
            }
            self.read_changes(list, &mut update)?;
        }
        if !self.is_whole || self.span.is_none() {
            self.read_piece(list, &mut update)?;
        }
        self.count = self.count(list)?;
        self.changes = changes;
        update.has_more = !self.is_whole;
        Ok(update)
    }

    fn read_changes(&mut self, list: &Connection, update: &mut ListUpdate) -> rusqlite::Result<()> {
        let Some((newest, _)) = self.span else { return Ok(()) };
        for place in std::mem::take(&mut self.running) {
            update.changed.extend(self.rows(list, "id = ?1", &[&place])?);
        }
        update.newer = self.rows(list, "id > ?1 ORDER BY id DESC", &[&newest])?;
        Ok(())
    }

    fn read_piece(&mut self, list: &Connection, update: &mut ListUpdate) -> rusqlite::Result<()> {
        let before = self.span.map_or(i64::MAX, |(_, oldest)| oldest);
        update.older = self.rows(list, &format!("id < ?1 ORDER BY id DESC LIMIT {PIECE}"), &[&before])?;
        let oldest = self.span.map_or(i64::MAX, |(_, oldest)| oldest);
        let is_last = "SELECT NOT EXISTS (SELECT 1 FROM runs WHERE id < ?1)";
        self.is_whole = list.query_row(is_last, [oldest], |row| row.get(0))?;
        Ok(())
    }

    /// The rows that `condition` names, which are known from now on.
    fn rows(
        &mut self,
        list: &Connection,
        condition: &str,
        values: &[&dyn ToSql],
    ) -> rusqlite::Result<Vec<Row>> {
        let mut found = Vec::new();
        let mut statement = list.prepare(&format!("SELECT {COLUMNS} FROM runs WHERE {condition}"))?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let place: i64 = row.get(PLACE)?;
            self.span = match self.span {
                None => Some((place, place)),
                Some((newest, oldest)) => Some((newest.max(place), oldest.min(place))),
            };
            let Some(row) = Row::read(row)? else { continue };
            if row.state == State::Running {
                self.running.push(place);
            }
            found.push(row);
        }
        Ok(found)
    }

    /// How many rows there are among those that are known.
    fn count(&self, list: &Connection) -> rusqlite::Result<i64> {
        let Some((newest, oldest)) = self.span else { return Ok(0) };
        let between = "SELECT count(*) FROM runs WHERE id BETWEEN ?1 AND ?2";
        list.query_row(between, params![oldest, newest], |row| row.get(0))
    }
}
