//! The one look at all names of ours at the remote, once a week: how many there are, and which letters expired.

use std::io::ErrorKind;

use handoff_document::Timestamp;
use handoff_files::Dir;
use handoff_letter::{LIFETIME_SECS, LetterId, SKEW_SECS};
use serde::{Deserialize, Serialize};

use super::batch::push_letters;
use super::remote::{Outcome, Update};
use super::{Mailroom, MailroomError};

/// More refs than this are too many for the remote, and each `git push` lists them all.
pub(super) const MAX_REFS: usize = 5_000;
/// With more than this, `mail` warns.
const MANY_REFS: usize = 1_000;
/// The most expired refs that are removed at once.
const MAX_SWEPT: usize = 1_000;
const WEEK_SECS: i64 = 7 * 86_400;
/// A sweep that was interrupted is tried again after an hour.
const AGAIN_SECS: i64 = 3_600;

const RECORD: &str = "sweep.json";
const MAX_BYTES: u64 = 4 << 10;

/// What the last sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Swept {
    v: u32,
    /// When that was, in seconds since 1970; 0: there was none.
    at: i64,
    /// When the next one is due.
    next: i64,
    /// How many refs of ours the remote has.
    refs: usize,
}

impl Swept {
    fn read(dir: &Dir) -> Result<Self, MailroomError> {
        let bytes = match dir.open_to_read(RECORD).and_then(|mut file| file.read(MAX_BYTES)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let path = dir.path_of(RECORD);
        serde_json::from_slice(&bytes).map_err(|error| MailroomError::Record { path, error })
    }
}

/// How many refs of ours the remote of the mailroom in `dir` had at the last sweep, where they were many.
pub(super) fn many_refs(dir: &Dir) -> Result<Option<usize>, MailroomError> {
    Ok(Some(Swept::read(dir)?.refs).filter(|refs| *refs > MANY_REFS))
}

impl Mailroom<'_> {
    /// How many refs of ours the remote has by the last sweep, where they are many.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn many_refs(&self) -> Result<Option<usize>, MailroomError> {
        many_refs(&self.dir)
    }

    /// Refuses one more letter where the remote has too many refs of ours. They are counted anew before.
    pub(super) fn check_refs(&self) -> Result<(), MailroomError> {
        if self.swept()?.refs > MAX_REFS {
            self.sweep()?;
            let refs = self.swept()?.refs;
            if refs > MAX_REFS {
                return Err(MailroomError::TooMany(refs));
            }
        }
        Ok(())
    }

    /// Sweeps where it is due.
    pub(super) fn sweep_if_due(&self) -> Result<(), MailroomError> {
        let (swept, now) = (self.swept()?, Timestamp::now().seconds());
        // A clock that was wrong may have put it far ahead.
        let is_due = now >= swept.next || swept.next > now + 2 * WEEK_SECS;
        if is_due { self.sweep() } else { Ok(()) }
    }

    /// Counts the refs of ours, and removes by lease those of letters that expired. Whose clock is wrong for less than a week
    /// removes nothing that has not expired: it has to be so at two sweeps.
    fn sweep(&self) -> Result<(), MailroomError> {
        let now = Timestamp::now().seconds();
        let before = Some(self.swept()?).filter(|swept| swept.at <= now).unwrap_or_default();
        self.write_swept(&Swept { v: 1, next: now + AGAIN_SECS, ..before })?;
        let remote = self.remote();
        let there = remote.list(&[String::new()])?;
        let [random] = handoff_files::random::<1>()?;
        let next = now + WEEK_SECS + WEEK_SECS * (i64::from(random) - 128) / 640;
        let mut swept = Swept { v: 1, at: now, next, refs: there.len() };
        self.write_swept(&swept)?;
        let until = now.min(before.at) - LIFETIME_SECS - SKEW_SECS;
        let is_expired = |name: &str| {
            let id = name.split_once('/').and_then(|(_, id)| LetterId::parse(id));
            id.is_some_and(|id| id.created().seconds() < until)
        };
        let expired = there.into_iter().filter(|(name, _)| is_expired(name)).take(MAX_SWEPT);
        let removals: Vec<_> =
            expired.map(|(name, id)| vec![Update { name, expected: Some(id), new: None }]).collect();
        let (answers, error) = push_letters(&remote, &removals);
        swept.refs -= answers.iter().flatten().filter(|outcomes| outcomes[0] == Outcome::Done).count();
        self.write_swept(&swept)?;
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    fn swept(&self) -> Result<Swept, MailroomError> {
        Swept::read(&self.dir)
    }

    fn write_swept(&self, swept: &Swept) -> Result<(), MailroomError> {
        let path = self.dir.path_of(RECORD);
        let mut bytes = serde_json::to_vec(swept).map_err(|error| MailroomError::Record { path, error })?;
        bytes.push(b'\n');
        self.dir.temporary(&[&bytes])?.replace(RECORD)?;
        Ok(self.dir.sync()?)
    }
}
