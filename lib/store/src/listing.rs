//! What waits in an inbox.

use std::ffi::{OsStr, OsString};

use handoff_document::Timestamp;
use handoff_files::{Dir, Entry, FileError, Kind, Lock};

use crate::claim::ClaimName;
use crate::inbox::is_handoff_name;

/// How long a dead writer's temporary file may lie, in seconds. Ours are locked while they are written; other programs'
/// are not.
const SWEEP_AFTER: i64 = 3600;

/// The file that a look at the repository's remote leaves in `unread/`, where the hook looks anyway.
pub const MAIL_NOTICE: &str = ".mail";

/// What stands in `unread/`.
#[derive(Debug, Default)]
pub struct Listing {
    /// The handoffs, newest first.
    pub handoffs: Vec<Waiting>,
    /// What looks like a handoff by name and is no regular file. It is never opened.
    pub oddities: Vec<Oddity>,
    /// How many handoffs other processes hold at the moment.
    pub claimed: usize,
    /// Whether something was left here of what waits at the repository's remote.
    pub has_mail_notice: bool,
}

/// A handoff that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    name: OsString,
    /// The claim of a process that is gone, when that is where it is.
    claim: Option<OsString>,
}

/// A name that ends like a handoff's and stands for something else.
#[derive(Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The name.
    pub name: OsString,
    /// What it is.
    pub kind: Kind,
}

impl Waiting {
    /// Its file name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Whether a session that died had taken it.
    pub fn was_left_behind(&self) -> bool {
        self.claim.is_some()
    }

    /// The name that it has in `unread/` at the moment.
    pub(crate) fn held_as(&self) -> &OsStr {
        self.claim.as_deref().unwrap_or(&self.name)
    }
}

impl Listing {
    /// Whether there is nothing to show and nothing to say.
    pub fn is_empty(&self) -> bool {
        self.handoffs.is_empty() && self.oddities.is_empty()
    }

    pub(crate) fn of(unread: &Dir) -> Result<Self, FileError> {
        let mut handoffs = Vec::new();
        let mut oddities = Vec::new();
        let (mut claimed, mut has_mail_notice) = (0, false);
        for entry in unread.entries()? {
            if is_handoff_name(&entry.name) {
                match entry.kind {
                    Kind::File => handoffs.push(Waiting { name: entry.name, claim: None }),
                    kind => oddities.push(Oddity { name: entry.name, kind }),
                }
            } else if entry.kind != Kind::File {
                continue;
            } else if let Some(claim) = ClaimName::parse(&entry.name) {
                if claim.is_abandoned(unread, &entry.name) {
                    handoffs.push(Waiting { name: claim.name, claim: Some(entry.name) });
                } else {
                    claimed += 1;
                }
            } else if entry.name == MAIL_NOTICE {
                has_mail_notice = true;
            } else {
                sweep(unread, &entry);
            }
        }
        let handoffs = newest_first(unread, handoffs, Waiting::held_as);
        oddities.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { handoffs, oddities, claimed, has_mail_notice })
    }
}

/// Removes `entry` of `dir` when it is a temporary file and whoever wrote it is gone. Failing is no harm: the next
/// listing tries again.
pub(crate) fn sweep(dir: &Dir, Entry { name, kind }: &Entry) {
    if *kind != Kind::File || !name.as_encoded_bytes().starts_with(b".tmp-") {
        return;
    }
    let Some(written) = dir.modified(name) else { return };
    if Timestamp::now().seconds() - written < SWEEP_AFTER {
        return;
    }
    let Ok(file) = dir.open_file(name) else { return };
    if matches!(file.lock(), Ok(Lock::Taken | Lock::Unsupported)) {
        let _ = dir.remove(name);
    }
}

/// Sorts by the time in the name, and where a name has none by the file's; equal ones by name.
pub(crate) fn newest_first<T>(dir: &Dir, items: Vec<T>, held_as: impl Fn(&T) -> &OsStr) -> Vec<T> {
    let time = |held_as: &OsStr| {
        let name = held_as.as_encoded_bytes();
        let name = ClaimName::strip(name).unwrap_or(name);
        let written = Timestamp::parse_compact(name).map(Timestamp::seconds);
        written.or_else(|| dir.modified(held_as)).unwrap_or(i64::MIN)
    };
    let mut timed: Vec<(i64, T)> = items.into_iter().map(|item| (time(held_as(&item)), item)).collect();
    timed.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| held_as(right).cmp(held_as(left))));
    timed.into_iter().map(|(_, item)| item).collect()
}
