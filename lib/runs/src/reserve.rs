//! Ids: how one is claimed, and kept for a run to come.

use std::path::{Path, PathBuf};
use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::FileError;

use crate::database::BUSY_TIMEOUT;
use crate::error::{AdoptError, RecordError, RunsError};
use crate::id::{self, RunId};
use crate::lock::{Asked, Held};
use crate::run::{NewRun, Run};
use crate::theirs::Theirs;
use crate::{Runs, files};

/// The lock of a run.
pub(crate) const LOCK: &str = ".lock";

/// The same file, as long as the run is to come. It says the number and the backend.
const RESERVED: &str = ".reserved";

/// How many numbers are tried. They are only taken where a list was lost and its files were not.
const NUMBERS: usize = 64;

/// An id that is kept for one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// The id.
    pub id: RunId,
    /// Where its prompt is, or is to be written.
    pub prompt: PathBuf,
}

/// An id that is ours.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) id: RunId,
    /// None when no number could be had.
    pub(crate) number: Option<u64>,
    pub(crate) lock: Held,
    /// Why no number could be had.
    pub(crate) trouble: Option<RecordError>,
}

impl Runs {
    /// Keeps an id for one run on `backend`, with its prompt when there is one (`handoff new`).
    ///
    /// # Errors
    /// What the system says.
    pub fn reserve(&self, backend: &str, slug: &str, prompt: Option<&[u8]>) -> Result<Reserved, RunsError> {
        let claim = self.claim(backend, slug, RESERVED)?;
        let id = claim.id;
        let fill = || -> Result<(), FileError> {
            let line = format!("{} {backend}", claim.number.unwrap_or_default());
            self.runs.append(format!("{id}{RESERVED}"), line.as_bytes())?;
            prompt.map_or(Ok(()), |prompt| self.write_prompt(&id, prompt))
        };
        if let Err(error) = fill() {
            // The first error is the one to tell.
            let _ = claim.lock.remove();
            return Err(error.into());
        }
        let prompt = self.tasks.path_of(format!("{id}{}", files::PROMPT));
        Ok(Reserved { id, prompt })
    }

    /// The run whose prompt the file at `path` is: of one that was reserved, also by handoff-cli's `new`, or dispatched.
    /// `None` for any other file, also one in the same directory with such a name: neither program gave out its id.
    pub fn prompt_of(&self, path: &Path) -> Option<RunId> {
        let id = RunId::of_prompt(path)?;
        let ours = handoff_files::canonical(path.parent()?) == handoff_files::canonical(self.tasks.path());
        let known = || {
            let listed =
                || self.database().and_then(|list| list.with(|c| exists(c, &id))).unwrap_or_default();
            let made = [RESERVED, LOCK].iter().any(|end| self.is_there(&self.runs, &id, end));
            made || [files::OUT, files::RESULT].iter().any(|end| self.is_there(&self.tasks, &id, end))
                || listed()
                || Theirs::of(&id).is_some_and(|theirs| self.is_reserved_there(&id, &theirs))
        };
        (ours && known()).then_some(id)
    }

    /// The backend that the run to come `id` is reserved for; None when it is no such run any more.
    ///
    /// # Errors
    /// What the system says of the reservation, except that there is none.
    pub fn reserved_for(&self, id: &RunId) -> Result<Option<String>, FileError> {
        let content =
            match self.runs.open_file(format!("{id}{RESERVED}")).and_then(|mut file| file.read(4096)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                content => String::from_utf8_lossy(&content?).into_owned(),
            };
        let backend = content.split_once(' ').map(|(_, backend)| backend.to_owned());
        Ok(backend.filter(|backend| !backend.is_empty()))
    }

    /// Starts the run that `id` was reserved for. `new.prompt` is what its file says; the slug is the reserved one.
    ///
    /// # Errors
    /// As for [`Runs::begin`], and why it is not for this run: [`AdoptError`]. It stays reserved for another backend's.
    pub fn adopt(&self, id: &RunId, new: NewRun<'_>) -> Result<Run<'_>, AdoptError> {
        let dispatched = || AdoptError::Dispatched(id.clone());
        let mut lock = match Held::ask(&self.runs, &format!("{id}{RESERVED}"), false)? {
            Asked::Held(lock) => lock,
            Asked::Busy => return Err(dispatched()),
            Asked::Missing => {
                let claim = self.claim_theirs(id, new.backend)?.ok_or_else(dispatched)?;
                return Ok(self.start(claim, new, false)?);
            }
        };
        let content = lock.content()?;
        let content = String::from_utf8_lossy(&content);
        let (number, backend) = content.split_once(' ').unwrap_or_default();
        // Where nothing is said, the process that reserved it was killed at once.
        if !backend.is_empty() && backend != new.backend {
            return Err(AdoptError::OtherBackend { id: id.clone(), backend: backend.to_owned() });
        }
        if !lock.rename(&format!("{id}{LOCK}"))? {
            return Err(dispatched());
        }
        let number = number.parse().ok().filter(|&number| number > 0);
        Ok(self.start(Claim { id: id.clone(), number, lock, trouble: None }, new, false)?)
    }

    /// Finds an id that no run has or had, and makes it ours by making the file `<id><end>`.
    pub(crate) fn claim(&self, backend: &str, slug: &str, end: &str) -> Result<Claim, RunsError> {
        let now = Timestamp::now();
        for attempt in 0..2 * NUMBERS {
            let (number, trouble) = match self.next_number(BUSY_TIMEOUT) {
                Ok(number) if attempt < NUMBERS => (Some(number), None),
                Ok(_) => (None, None),
                Err(error) => (None, Some(error)),
            };
            let code = number.map_or_else(id::random_code, |number| Ok(id::code(number)))?;
            let id = RunId::new(now, backend, &code, slug);
            let ends = [files::PROMPT, files::OUT, files::RESULT];
            let used = ends.iter().any(|end| self.is_there(&self.tasks, &id, end))
                || [LOCK, RESERVED].iter().any(|end| self.is_there(&self.runs, &id, end));
            if used {
                continue;
            }
            if let Some(lock) = Held::create(&self.runs, &format!("{id}{end}"))? {
                return Ok(Claim { id, number, lock, trouble });
            }
        }
        Err(RunsError::NoFreeId(self.tasks.path().to_owned()))
    }

    /// A number that no row has or had, also not one of handoff-cli's.
    pub(crate) fn next_number(&self, timeout: Duration) -> Result<u64, RecordError> {
        let next = "INSERT INTO run_counters (day, last_n) \
             VALUES ('all', (SELECT coalesce(max(seq), 0) + 1 FROM runs)) ON CONFLICT (day) DO UPDATE \
             SET last_n = max(last_n, (SELECT coalesce(max(seq), 0) FROM runs)) + 1 RETURNING last_n";
        self.database()?.within(timeout, |connection| {
            let number: i64 = connection.query_row(next, [], |row| row.get(0))?;
            u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))
        })
    }

    pub(crate) fn is_there(&self, dir: &handoff_files::Dir, id: &RunId, end: &str) -> bool {
        // What cannot be looked at is not free.
        !matches!(dir.kind_of(format!("{id}{end}")), Ok(None))
    }

    /// Stores a prompt under a name that nothing has.
    pub(crate) fn write_prompt(&self, id: &RunId, prompt: &[u8]) -> Result<(), FileError> {
        let name = format!("{id}{}", files::PROMPT);
        let mut temporary = self.tasks.temporary(&[prompt])?;
        if !temporary.publish(&name)? {
            let taken = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(FileError::new("write", &self.tasks.path_of(name))(taken));
        }
        self.tasks.sync()
    }
}

fn exists(connection: &rusqlite::Connection, id: &RunId) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM runs WHERE run_id = ?1")?.exists([id.as_str()])
}
