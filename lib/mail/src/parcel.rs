//! The work that goes along with a letter, as files in a tree of ours.

use std::io::Read;
use std::path::Path;

use handoff_files::{Dir, FileError, open_named};
use handoff_letter::Parcel;
use sha2::{Digest, Sha256};

use crate::room::{Room, RoomError};

/// The most that a parcel may have, in bytes, to be taken in: as much as a capture holds, and as much again of commits.
pub(crate) const MAX_BYTES: u64 = 512 << 20;

/// The names that a parcel's files may have.
const NAMES: [&str; 5] = ["commits.bundle", "index.patch", "manifest.json", "summary.md", "workspace.patch"];

/// Files of a parcel that are written into a room.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) tree: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// Writes the files `names` of `directory` into `room`.
pub(crate) fn write(room: &Room, directory: &Path, names: &[&str]) -> Result<Written, RoomError> {
    let mut names = names.to_vec();
    names.sort_unstable();
    let mut sum = Sum::default();
    let mut entries = Vec::new();
    for name in names {
        let path = directory.join(name);
        sum.add(name, &path)?;
        entries.push((name, room.write_file(&path)?));
    }
    Ok(Written { tree: room.write_tree(&entries)?, size: sum.size, sha256: sum.finish() })
}

/// Puts the files of the parcel with the tree `tree` into `into`, which is empty, and compares them with what the letter says
/// of them.
pub(crate) fn read(room: &Room, tree: &str, parcel: &Parcel, into: &Dir) -> Result<(), RoomError> {
    let mut entries = room.entries(tree)?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    if entries.iter().any(|entry| !NAMES.contains(&entry.name.as_str())) {
        return Err(RoomError::Odd("its parcel has a file that no parcel has"));
    }
    const ODD: RoomError = RoomError::Odd("its parcel is larger than it says, or than any is");
    if parcel.size > MAX_BYTES {
        return Err(ODD);
    }
    let (mut sum, mut left) = (Sum::default(), parcel.size);
    for entry in &entries {
        let file = into.create_new(&entry.name)?.ok_or(RoomError::Odd("its parcel has a file twice"))?;
        left -= room.read_into(entry, file.into_file(), left).map_err(|error| match error {
            RoomError::Odd(_) => ODD,
            error => error,
        })?;
        sum.add(&entry.name, &into.path_of(&entry.name))?;
    }
    if left > 0 || sum.finish() != parcel.sha256 {
        return Err(RoomError::Odd("its parcel is not the one that it names"));
    }
    Ok(())
}

/// The hash over files: of each, in the order of their names, the name, a zero byte, its length as decimal digits, a zero
/// byte, its bytes.
#[derive(Default)]
struct Sum {
    hasher: Sha256,
    size: u64,
}

impl Sum {
    fn add(&mut self, name: &str, path: &Path) -> Result<(), FileError> {
        let failed = || FileError::new("read", path);
        let mut file = open_named(path)?;
        let length = file.metadata().map_err(failed())?.len();
        self.hasher.update(format!("{name}\0{length}\0"));
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = file.read(&mut buffer).map_err(failed())?;
            if count == 0 {
                break;
            }
            self.hasher.update(&buffer[..count]);
        }
        self.size += length;
        Ok(())
    }

    fn finish(self) -> String {
        self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
