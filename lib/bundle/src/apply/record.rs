//! What an apply is about to do, and what was there before: enough to put everything back.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError, Kind, OpenFile};
use serde::{Deserialize, Serialize};

use super::UNDO;
use crate::bundle::Claim;
use crate::commits::Moved;
use crate::error::BundleError;
use crate::layout::Handover;
use crate::path::{TreePath, hex};
use crate::policy;
use crate::repository::Repository;
use crate::tree::{Parent, Tree};
use crate::trust::{Keyring, PLACEHOLDER, RecordSeal};

pub(super) const RECORD: &str = "record.json";
/// What was there before, and what comes: a file each, named after the number of its path.
pub(super) const OLD: &str = "old";
pub(super) const NEW: &str = "new";
/// Git's index before and after.
pub(super) const INDEX_BEFORE: &str = "index.before";
pub(super) const INDEX_AFTER: &str = "index.after";
/// The one that an undo replaces: git may have written the one after anew.
pub(super) const INDEX_NOW: &str = "index.now";
/// The largest record that is read, in bytes.
const MAX_RECORD_BYTES: u64 = 64 << 20;
/// The version that is written and read.
const VERSION: u32 = 2;
/// The most names that are looked at in `undo/`.
const MAX_NAMES: usize = 10_000;

/// How far an apply has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Something may have been changed.
    Begun,
    /// Everything was.
    Done,
}

/// `record.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) version: u32,
    /// The top of the worktree that it is about.
    pub(super) worktree: TreePath,
    pub(super) bundle: String,
    /// Where the bundle lies, and what the claim on it says.
    pub(super) source: Option<TreePath>,
    pub(super) claim: Option<String>,
    pub(super) state: State,
    pub(super) head: Option<String>,
    /// From where HEAD was moved forward for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<Moved>,
    /// BLAKE3 of git's index before; None: there was none.
    pub(super) index_before: Option<String>,
    /// BLAKE3 of git's index after; None: it stays as it was.
    pub(super) index_after: Option<String>,
    /// Hashes of all that the index says, but for the times in it, before and after.
    pub(super) entries_before: String,
    pub(super) entries_after: String,
    pub(super) nodes: Vec<Node>,
    /// Directories that were there and may be removed, with their permission bits, the uppermost first.
    pub(super) directories: Vec<(TreePath, u32)>,
    /// Directories that were not there and may be made, the uppermost first.
    pub(super) new_directories: Vec<TreePath>,
    /// Over everything above, with the user's key. The hashes of `old/` and of both indexes are among it.
    pub(super) keyed_hash: String,
}

/// One path of the working tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) path: TreePath,
    pub(super) before: Was,
    pub(super) after: Was,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Was {
    /// No file and no link.
    Absent,
    /// A file.
    File { permissions: u32, size: u64, blake3: String },
    /// A symbolic link.
    Link { target: TreePath },
}

impl Was {
    /// What stands at `path` now; None when it is neither a file, nor a link, nor nothing. A directory is nothing: what
    /// is in it has its own paths.
    pub(super) fn now(tree: &Tree, path: &TreePath) -> Result<Option<Self>, BundleError> {
        if !tree.is_spelled_so(path)? {
            return Ok(Some(Self::Absent));
        }
        match tree.parent(path)? {
            Parent::There(place) => Self::of(&place, path.name()),
            _ => Ok(Some(Self::Absent)),
        }
    }

    /// The same for the name `name` in `place`.
    pub(super) fn of(place: &Dir, name: &OsStr) -> Result<Option<Self>, BundleError> {
        let Some(found) = place.look(name)? else { return Ok(Some(Self::Absent)) };
        Ok(match found.kind {
            Kind::Directory => Some(Self::Absent),
            Kind::Special => None,
            Kind::Link => Some(Self::Link { target: TreePath::new(place.read_link(name)?) }),
            Kind::File => {
                let blake3 = hash(place.open_to_read(name)?)?;
                Some(Self::File { permissions: found.mode, size: found.size, blake3 })
            }
        })
    }
}

fn hash(mut file: OpenFile) -> Result<String, BundleError> {
    let path = file.path().to_owned();
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.stream().read(&mut buffer).map_err(FileError::new("read", &path))?;
        if count == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..count]);
    }
}

/// A record on disk.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) within: Dir,
    pub(super) name: String,
    pub(super) dir: Dir,
    pub(super) record: Record,
    pub(super) seal: RecordSeal,
}

impl Recorded {
    pub(super) fn is_begun(&self) -> bool {
        self.record.state == State::Begun
    }

    pub(super) fn bundle(&self) -> &str {
        &self.record.bundle
    }

    /// The paths that it is about.
    pub(super) fn paths(&self) -> impl Iterator<Item = &TreePath> {
        self.record.nodes.iter().map(|node| &node.path)
    }

    /// Notes how far it is.
    pub(super) fn mark(&mut self, state: State) -> Result<(), BundleError> {
        self.record.state = state;
        self.dir.temporary(&[self.record.sealed(&self.seal).as_bytes()])?.replace(RECORD)?;
        // It is so, whatever becomes of this: should the name be lost with the power, what was done is put back, and of
        // what is being put back the next undo does the rest.
        let _ = self.dir.sync();
        Ok(())
    }

    /// Makes the bundle pending again where it came from; false when it is another's by now, or not to be had.
    pub(super) fn give_back(&self) -> Option<PathBuf> {
        let (source, claim) = (self.record.source.as_ref()?, self.record.claim.as_ref()?);
        let source = Path::new(OsStr::from_bytes(source.as_bytes()));
        // The worktree is as it was, which matters more; a bundle that stays claimed can be taken again by its name.
        let claim = Claim::known(source, claim.clone()).ok().flatten()?;
        claim.give_back().unwrap_or(false).then(|| source.to_owned())
    }

    /// The directory of the bundle, if that lies under the claim of this apply.
    pub(super) fn claimed(&self) -> Result<Option<Dir>, BundleError> {
        let (Some(source), Some(claim)) = (&self.record.source, &self.record.claim) else { return Ok(None) };
        let Some(dir) = Dir::open(Path::new(OsStr::from_bytes(source.as_bytes()))).ok().flatten() else {
            return Ok(None);
        };
        let claim = Claim::known(dir.path(), claim.clone())?;
        Ok(claim.is_some_and(|claim| claim.holds()).then_some(dir))
    }

    /// Removes it: first its name, then what is in it.
    pub(super) fn remove(self) -> Result<(), BundleError> {
        let hidden = format!(".tmp-{}", hex(&handoff_files::random::<8>()?));
        self.within.rename_over(&self.name, &hidden)?;
        self.within.sync()?;
        // It is in nobody's way any more.
        let _ = self.within.remove_all(&hidden);
        Ok(())
    }
}

impl Record {
    pub(super) const VERSION: u32 = VERSION;

    /// It as JSON, with its keyed hash.
    pub(super) fn sealed(&mut self, seal: &RecordSeal) -> String {
        PLACEHOLDER.clone_into(&mut self.keyed_hash);
        let text = match serde_json::to_string(self) {
            Ok(text) => text,
            Err(error) => unreachable!("a record is always JSON: {error}"),
        };
        match seal.seal(&text) {
            Some(sealed) => sealed,
            None => unreachable!("the placeholder was just put in"),
        }
    }
}

impl Handover {
    /// The records, oldest first. With `sweep`, which needs the lock, what a killed program left half made is removed.
    fn records(&self, sweep: bool) -> Result<Vec<(u64, String)>, BundleError> {
        self.check_undo_dir()?;
        let Some(within) = self.dir().child(UNDO)? else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for entry in within.first_entries(MAX_NAMES)? {
            match entry.name.to_str() {
                Some(name) if name.starts_with(".tmp-") && sweep => {
                    // It is in nobody's way.
                    let _ = within.remove_all(name);
                }
                Some(name) => records.extend(number(name).map(|number| (number, name.to_owned()))),
                None => {}
            }
        }
        records.sort();
        Ok(records)
    }

    /// The newest record that this user's key sealed for this worktree. No other is obeyed, and none is in the way.
    pub(super) fn newest_record(
        &self,
        keyring: &Keyring,
        sweep: bool,
    ) -> Result<Option<Recorded>, BundleError> {
        let Some(seal) = keyring.record_seal() else { return Ok(None) };
        let records = self.records(sweep)?;
        Ok(records.iter().rev().find_map(|(_, name)| self.own_record(name, &seal)))
    }

    /// The directories in `undo/` that look like records and are not obeyed: nothing shows that this user's key sealed
    /// them for this worktree. Cheap where nothing was ever applied.
    ///
    /// # Errors
    /// What the system says.
    pub fn ignored_records(&self, keyring: &Keyring) -> Result<Vec<IgnoredRecord>, BundleError> {
        let seal = keyring.record_seal();
        let is_own = |name: &str| seal.as_ref().is_some_and(|seal| self.own_record(name, seal).is_some());
        let ignored = self.records(false)?.into_iter().filter(|(_, name)| !is_own(name));
        let within = self.dir().child(UNDO)?;
        let made_in = |name: &str| {
            let dir = within.as_ref()?.child(name).ok().flatten()?;
            let record = read(&dir, seal.as_ref()?)?;
            Some(PathBuf::from(OsStr::from_bytes(record.worktree.as_bytes())))
        };
        let ignored = ignored.map(|(_, name)| IgnoredRecord {
            made_in: made_in(&name).filter(|top| top != self.top()),
            path: self.dir().path_of(UNDO).join(name),
        });
        Ok(ignored.collect())
    }

    /// The record `name`; None when it can't be read, or is not this user's, or is another worktree's.
    fn own_record(&self, name: &str, seal: &RecordSeal) -> Option<Recorded> {
        let within = self.dir().child(UNDO).ok().flatten()?;
        Recorded::open(within, name, self.top(), seal)
    }
}

/// A record that is not obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredRecord {
    /// Its directory.
    pub path: PathBuf,
    /// The worktree that this user made it in, where that is another one: this one was moved or copied from there.
    pub made_in: Option<PathBuf>,
}

/// The record in `dir`, if this user's key sealed it and this version reads it.
fn read(dir: &Dir, seal: &RecordSeal) -> Option<Record> {
    let mut file = dir.open_to_read(RECORD).ok().filter(|file| file.size() <= MAX_RECORD_BYTES)?;
    let bytes = file.read(MAX_RECORD_BYTES).ok()?;
    let record: Record = serde_json::from_slice(&bytes).ok()?;
    (record.version == VERSION && seal.is_own(&bytes, &record.keyed_hash)).then_some(record)
}

impl Recorded {
    fn open(within: Dir, name: &str, top: &Path, seal: &RecordSeal) -> Option<Self> {
        let dir = within.child(name).ok().flatten()?;
        let record = read(&dir, seal)?;
        // One that lay in another worktree, or in a copy of this one, tells of that one's files.
        if record.worktree.as_bytes() != top.as_os_str().as_bytes() {
            return None;
        }
        let directories = record.directories.iter().map(|(path, _)| path).chain(&record.new_directories);
        // The user's files in our directory are below it; it is there anyway, and is neither made nor removed.
        let directories = directories.filter(|path| path.as_bytes() != policy::OWN_DIRECTORY.as_bytes());
        let mut paths = record.nodes.iter().map(|node| &node.path).chain(directories);
        // No apply of ours writes to such a path.
        if paths.any(|path| policy::forbidden(path).is_some()) {
            return None;
        }
        Some(Self { within, name: name.to_owned(), dir, record, seal: seal.clone() })
    }

    /// Removes this user's older records of this worktree.
    pub(super) fn forget_older(&self) {
        let Ok(entries) = self.within.first_entries(MAX_NAMES) else { return };
        let top = Path::new(OsStr::from_bytes(self.record.worktree.as_bytes()));
        for name in entries.iter().filter_map(|entry| entry.name.to_str()) {
            let is_older = number(name) < number(&self.name) && number(name).is_some();
            let within = || Dir::open(self.within.path()).ok().flatten();
            if is_older && within().is_some_and(|within| Self::open(within, name, top, &self.seal).is_some())
            {
                // An old record is only in the way of disk space.
                let _ = self.within.remove_all(name);
            }
        }
    }
}

/// The number that a record has for its name: eight digits.
pub(super) fn number(name: &str) -> Option<u64> {
    let is_number = name.len() == 8 && name.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { name.parse().ok() } else { None }
}

/// BLAKE3 of the file `name`; None when there is none.
pub(super) fn hash_of(dir: &Dir, name: &str) -> Result<Option<String>, BundleError> {
    match dir.open_to_read(name) {
        Ok(file) => Ok(Some(hash(file)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A hash of everything that the real index says but for the times in it.
pub(super) fn entries(repository: &Repository<'_>) -> Result<String, BundleError> {
    hash_entries(repository.call("ls-files"))
}

pub(super) fn hash_entries(call: crate::git::Call) -> Result<String, BundleError> {
    let (hash, _) = call.args(["--stage", "-v", "-z"]).read(Vec::new(), |stdout| {
        let mut hasher = blake3::Hasher::new();
        std::io::copy(stdout, &mut hasher).map_err(crate::git::failed("ls-files"))?;
        Ok(hasher.finalize().to_hex().to_string())
    })?;
    Ok(hash)
}
