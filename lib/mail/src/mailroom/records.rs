//! What a mailroom writes down about each letter, a small file for each, brought to the disk before the step that it is about.

use std::io::ErrorKind;

use handoff_files::Dir;
use handoff_letter::LetterId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::MailroomError;

/// Letters that go out.
pub(super) const OUT: &str = "out";
/// Letters that are being taken.
pub(super) const JOURNAL: &str = "journal";
/// Letters that went out and are settled.
pub(super) const SENT: &str = "sent";
/// Letters that were taken here and given back.
pub(super) const RETURNED: &str = "returned";

const MAX_BYTES: u64 = 64 << 10;

/// A letter that goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Out {
    /// The key of the mailbox that it goes to.
    pub(super) mailbox: String,
    /// The mailbox itself.
    pub(super) to: String,
    /// The letter's commit.
    pub(super) letter: String,
    /// Its parcel's.
    pub(super) parcel: Option<String>,
    /// Whether they are encrypted.
    #[serde(default)]
    pub(super) encrypted: bool,
    /// Its title.
    pub(super) title: String,
    /// When it was written, in seconds since 1970.
    pub(super) at: i64,
    /// The file name of its handoff here, and the worktree in whose inbox that is.
    pub(super) handoff: String,
    pub(super) worktree: String,
    pub(super) state: OutState,
    /// Whether its handoff waits here still, and is to be archived.
    #[serde(default)]
    pub(super) unarchived: bool,
    /// Whether it was seen at the remote.
    #[serde(default)]
    pub(super) seen: bool,
    /// How many of its pushes ended without an answer. Each can still arrive.
    #[serde(default)]
    pub(super) unanswered: u32,
    /// Why the remote refused it, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<String>,
    /// Who has it, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) taken: Option<By>,
}

/// How far a letter that goes out has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OutState {
    /// The remote may have it or not.
    Queued,
    /// The remote had it.
    Sent,
    /// Its sender takes it back.
    Recalling,
}

/// Who has a letter, and since when. A claim of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct By {
    pub(super) who: String,
    pub(super) at: i64,
}

/// A letter that went out and is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settled {
    pub(super) out: Out,
    pub(super) end: End,
    /// Whether a push of it can still arrive at the remote.
    #[serde(default)]
    pub(super) watched: bool,
    /// The commit that keeps such a push out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) withdrawn: Option<String>,
    /// When that was noted, in seconds since 1970.
    pub(super) at: i64,
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum End {
    /// It is on the disk of who took it.
    Delivered(By),
    /// Its sender took it back.
    Recalled,
    /// It went from the remote, and no machine is known to have taken it.
    Gone,
}

/// A letter that is being taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) mailbox: String,
    /// The commit that was waiting.
    pub(super) from: String,
    /// The commit that says that it is taken here.
    pub(super) claim: String,
    /// The commit that says that it is on the disk here.
    pub(super) done: Option<String>,
    /// The worktree that it is for.
    pub(super) worktree: String,
    /// Whether it is being given back: then `claim` is the commit that says so.
    #[serde(default)]
    pub(super) returning: bool,
}

/// A letter that was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Returned {
    /// How many copies of its handoff are archived here. One more means that it was taken again.
    pub(super) copies: usize,
    /// When it was given back, in seconds since 1970.
    pub(super) at: i64,
}

/// All records in `within`, by letter.
pub(super) fn all<T: DeserializeOwned>(dir: &Dir, within: &str) -> Result<Vec<(LetterId, T)>, MailroomError> {
    let Some(within) = dir.child(within)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in within.entries()? {
        let Some(id) = entry.name.to_str().and_then(|name| LetterId::parse(name.strip_suffix(".json")?))
        else {
            continue;
        };
        if let Some(record) = read(&within, &entry.name)? {
            found.push((id, record));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// Makes the directory `within`, and removes what programs that were killed left half written there. The caller has the mailroom
/// for itself.
pub(super) fn prepare(dir: &Dir, within: &str) -> Result<(), MailroomError> {
    let within = dir.create_child(within)?;
    for entry in within.entries()? {
        if entry.name.as_encoded_bytes().starts_with(b".tmp-") {
            within.remove(&entry.name)?;
        }
    }
    Ok(())
}

fn read<T: DeserializeOwned>(within: &Dir, name: &std::ffi::OsStr) -> Result<Option<T>, MailroomError> {
    let bytes = match within.open_to_read(name).and_then(|mut file| file.read(MAX_BYTES)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let record = serde_json::from_slice(&bytes);
    record.map(Some).map_err(|error| MailroomError::Record { path: within.path_of(name), error })
}

/// The record of one letter.
pub(super) fn one<T: DeserializeOwned>(
    dir: &Dir,
    within: &str,
    id: &LetterId,
) -> Result<Option<T>, MailroomError> {
    match dir.child(within)? {
        Some(within) => read(&within, name(id).as_ref()),
        None => Ok(None),
    }
}

/// Writes one, whole and on the disk.
pub(super) fn write<T: Serialize>(
    dir: &Dir,
    within: &str,
    id: &LetterId,
    record: &T,
) -> Result<(), MailroomError> {
    let within = dir.create_child(within)?;
    let path = within.path_of(name(id));
    let mut bytes =
        serde_json::to_vec_pretty(record).map_err(|error| MailroomError::Record { path, error })?;
    bytes.push(b'\n');
    within.temporary(&[&bytes])?.replace(name(id))?;
    Ok(within.sync()?)
}

/// Removes one.
pub(super) fn remove(dir: &Dir, within: &str, id: &LetterId) -> Result<(), MailroomError> {
    if let Some(within) = dir.child(within)? {
        within.remove(name(id))?;
        within.sync()?;
    }
    Ok(())
}

fn name(id: &LetterId) -> String {
    format!("{id}.json")
}
