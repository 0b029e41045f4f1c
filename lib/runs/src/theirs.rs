//! Ids that handoff-cli's `new` keeps for a run to come.
//!
//! It makes the prompt's file, and notes only the day's last number: in `run_counters`, with the date as its key. So an id
//! of its form is reserved if that day's numbers reached the id's and no run of the list has that one.

use crate::error::AdoptError;
use crate::id::{self, RunId};
use crate::lock::Held;
use crate::reserve::{Claim, LOCK};
use crate::{Runs, files};

/// The parts of an id of handoff-cli's, `<mmdd>-<b2>-<SEQ>-<slug>`.
pub(crate) struct Theirs<'a> {
    month: &'a str,
    day: &'a str,
    /// The two letters of its backend.
    letters: &'a str,
    /// The number that `SEQ` is.
    number: u64,
}

impl<'a> Theirs<'a> {
    /// The parts of `id`; `None` if it has not their form.
    pub(crate) fn of(id: &'a RunId) -> Option<Self> {
        let mut parts = id.as_str().splitn(4, '-');
        let (date, letters, code, slug) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_date = date.len() == 4 && date.bytes().all(|byte| byte.is_ascii_digit());
        if !is_date || letters.len() != 2 || slug.is_empty() {
            return None;
        }
        let (month, day) = date.split_at(2);
        Some(Self { month, day, letters, number: id::number(code)? })
    }
}

impl Runs {
    /// Whether handoff-cli's `new` gave out `id`, and no run has it. Not if the list can't tell.
    pub(crate) fn is_reserved_there(&self, id: &RunId, theirs: &Theirs<'_>) -> bool {
        // Its counter of a day has no other key; ids of ours begin with six digits.
        let reserved = "SELECT 1 FROM run_counters WHERE day LIKE ?1 AND last_n >= ?2 AND NOT EXISTS \
             (SELECT 1 FROM runs WHERE run_id = ?4 OR (run_day = day AND seq = ?2 AND run_id LIKE ?3))";
        let Theirs { month, day, number, .. } = theirs;
        let number = i64::try_from(*number).unwrap_or(i64::MAX);
        let of_day = (format!("____-{month}-{day}"), number, format!("{month}{day}-%"), id.as_str());
        let is_reserved = self
            .database()
            .and_then(|list| list.with(|connection| connection.prepare(reserved)?.exists(of_day)))
            .unwrap_or_default();
        let is_used = || [files::OUT, files::RESULT].iter().any(|end| self.is_there(&self.tasks, id, end));
        is_reserved && !is_used()
    }

    /// Makes the reserved `id` ours, for a run on `backend`; `None` if it was dispatched, or not reserved.
    pub(crate) fn claim_theirs(&self, id: &RunId, backend: &str) -> Result<Option<Claim>, AdoptError> {
        let Some(theirs) = Theirs::of(id).filter(|theirs| self.is_reserved_there(id, theirs)) else {
            return Ok(None);
        };
        if id::abbreviation(backend) != theirs.letters {
            return Err(AdoptError::OtherLetters {
                id: id.clone(),
                letters: theirs.letters.to_owned(),
                backend: backend.to_owned(),
            });
        }
        let Some(lock) = Held::create(&self.runs, &format!("{id}{LOCK}"))? else { return Ok(None) };
        // Another process may have run it, to its end, before there was this lock.
        if !self.is_reserved_there(id, &theirs) {
            lock.remove()?;
            return Ok(None);
        }
        Ok(Some(Claim { id: id.clone(), number: Some(theirs.number), lock, trouble: None }))
    }
}
