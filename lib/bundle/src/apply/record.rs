//! What an apply is about to do, and what was there before: enough to put everything back.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use handoff_files::{Dir, FileError, Kind};
use serde::{Deserialize, Serialize};

use super::UNDO;
use crate::bundle::Claim;
use crate::error::BundleError;
use crate::layout::Handover;
use crate::path::{TreePath, hex};
use crate::policy;
use crate::repository::Repository;
use crate::tree::Tree;

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
const LARGEST: u64 = 64 << 20;
/// The version that is written and read.
const VERSION: u32 = 1;

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
    pub(super) bundle: String,
    /// Where the bundle lies, and what the claim on it says.
    pub(super) source: Option<TreePath>,
    pub(super) claim: Option<String>,
    pub(super) state: State,
    pub(super) head: Option<String>,
    pub(super) had_index: bool,
    pub(super) changes_index: bool,
    /// Hashes of all that the index says, but for the times in it, before and after.
    pub(super) entries_before: String,
    pub(super) entries_after: String,
    pub(super) nodes: Vec<Node>,
    /// Directories that were there and may be removed, with their permission bits, the uppermost first.
    pub(super) directories: Vec<(TreePath, u32)>,
    /// Directories that were not there and may be made, the uppermost first.
    pub(super) new_directories: Vec<TreePath>,
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
        let Some(found) = tree.look(path)? else { return Ok(Some(Self::Absent)) };
        Ok(match found.kind {
            Kind::Directory => Some(Self::Absent),
            Kind::Special => None,
            Kind::Link => Some(Self::Link { target: TreePath::new(tree.link(path)?) }),
            Kind::File => {
                let place = tree.there(path)?;
                let blake3 = hash(&place, path)?;
                Some(Self::File { permissions: found.mode, size: found.size, blake3 })
            }
        })
    }
}

fn hash(place: &Dir, path: &TreePath) -> Result<String, BundleError> {
    let mut file = place.open_to_read(path.name())?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count =
            file.stream().read(&mut buffer).map_err(FileError::new("read", &place.path_of(path.name())))?;
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
}

impl Recorded {
    pub(super) fn is_begun(&self) -> bool {
        self.record.state == State::Begun
    }

    pub(super) fn bundle(&self) -> &str {
        &self.record.bundle
    }

    /// Notes how far it is.
    pub(super) fn mark(&mut self, state: State) -> Result<(), BundleError> {
        self.record.state = state;
        self.dir.temporary(&[&self.record.bytes()])?.replace(RECORD)?;
        // It is so, whatever becomes of this: should the name be lost with the power, what was done is put back, and of
        // what is being put back the next undo does the rest.
        let _ = self.dir.sync();
        Ok(())
    }

    /// Makes the bundle pending again where it came from; false when it is another's by now, or not to be had.
    pub(super) fn give_back(&self) -> bool {
        let (Some(source), Some(claim)) = (&self.record.source, &self.record.claim) else { return false };
        let source = Path::new(OsStr::from_bytes(source.as_bytes()));
        // The worktree is as it was, which matters more; a bundle that stays claimed can be taken again by its name.
        let claim = Claim::known(source, claim.clone()).ok().flatten();
        claim.is_some_and(|claim| claim.give_back().unwrap_or(false))
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

    pub(super) fn bytes(&self) -> Vec<u8> {
        match serde_json::to_vec(self) {
            Ok(bytes) => bytes,
            Err(error) => unreachable!("a record is always JSON: {error}"),
        }
    }
}

impl Handover {
    /// The records, oldest first. With `sweep`, which needs the lock, what a killed program left half made is removed.
    fn records(&self, sweep: bool) -> Result<Vec<(u64, String)>, BundleError> {
        let Some(within) = self.dir().child(UNDO)? else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for entry in within.entries()? {
            match entry.name.to_str() {
                Some(name) if name.starts_with(".tmp-") && sweep => {
                    // It is in nobody's way.
                    let _ = within.remove_all(name);
                }
                Some(name) => records.extend(name.parse().ok().map(|number: u64| (number, name.to_owned()))),
                None => {}
            }
        }
        records.sort();
        Ok(records)
    }

    pub(super) fn newest_record(&self, sweep: bool) -> Result<Option<Recorded>, BundleError> {
        let Some((_, name)) = self.records(sweep)?.pop() else { return Ok(None) };
        let Some(within) = self.dir().child(UNDO)? else { return Ok(None) };
        let Some(dir) = within.child(&name)? else { return Ok(None) };
        let bytes = dir.open_to_read(RECORD)?.read(LARGEST)?;
        let damaged = |reason: String| BundleError::Damaged { id: format!("{UNDO}/{name}"), reason };
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if record.version != VERSION {
            return Err(damaged(format!("its version is {}, and only {VERSION} is known", record.version)));
        }
        // One that was not written here could have anything put anywhere.
        let directories = record.directories.iter().map(|(path, _)| path).chain(&record.new_directories);
        let mut paths = record.nodes.iter().map(|node| &node.path).chain(directories);
        if let Some(path) = paths.find(|path| policy::forbidden(path).is_some()) {
            return Err(damaged(format!(
                "it names {path}, which nothing is written to; remove .handover/undo"
            )));
        }
        Ok(Some(Recorded { within, name, dir, record }))
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
