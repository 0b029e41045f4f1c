//! Reads a finished patch again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read, Seek, SeekFrom};

use handoff_files::{Dir, FileError, OpenFile};

use crate::error::BundleError;
use crate::manifest::Part;
use crate::patch;
use crate::path::TreePath;
use crate::status::Entry;

/// For how many paths that should not be changed the ones to blame are looked for, in one try.
const BLAMED: usize = 100;

/// Reads the finished patch, and compares it with what it should say. Nothing that git or this program got wrong must
/// come to light only when the original is gone.
pub(super) fn check<'e>(
    dir: &Dir,
    name: &'static str,
    mut file: OpenFile,
    expected: impl Iterator<Item = (&'e TreePath, Option<&'e Entry>, Option<&'e Entry>)>,
) -> Result<Part, BundleError> {
    file.sync()?;
    let wrong = |error| FileError::new("read", &dir.path_of(name))(error);
    file.stream().seek(SeekFrom::Start(0)).map_err(wrong)?;
    let mut hashing = Hashing {
        source: BufReader::with_capacity(1 << 16, file.stream()),
        hasher: blake3::Hasher::new(),
        size: 0,
    };
    let unfaithful = |reason: String| BundleError::Unfaithful(format!("{name}, {reason}"));
    let sections = patch::parse(BufReader::with_capacity(1 << 16, &mut hashing))
        .map_err(|error| unfaithful(error.to_string()))?;
    let expected = expected.map(|(path, head, after)| (path, (head, after))).collect();
    compare(&sections, &expected).map_err(|error| match error {
        Fault::Paths(paths) => BundleError::CannotCarry(paths),
        Fault::Unexpected(path) => unfaithful(format!("{path} was not changed")),
    })?;
    Ok(Part { size: hashing.size, blake3: hashing.hasher.finalize().to_hex().to_string() })
}

/// What each path is to become: what HEAD has, and what comes.
type Expected<'e> = BTreeMap<&'e TreePath, (Option<&'e Entry>, Option<&'e Entry>)>;

/// What is wrong with a patch.
enum Fault {
    /// These are not, or cannot be, in it as they should.
    Paths(Vec<TreePath>),
    /// It changes this one, for which no other is to blame.
    Unexpected(TreePath),
}

fn compare(sections: &[patch::Section], expected: &Expected<'_>) -> Result<(), Fault> {
    // Where a path is changed that should not be, what stands above or below it is to blame.
    let blamed = |path: &TreePath| {
        let is_near =
            |other: &&&TreePath| other.is_within(path.as_bytes()) || path.is_within(other.as_bytes());
        let near: Vec<_> = expected.keys().filter(is_near).map(|path| (*path).clone()).collect();
        if near.is_empty() { Err(Fault::Unexpected(path.clone())) } else { Ok(near) }
    };
    let outcomes = match patch::outcomes(sections) {
        Ok(outcomes) => outcomes,
        Err(path) => return Err(Fault::Paths(blamed(&path)?)),
    };
    let mut wrong = BTreeSet::new();
    for path in outcomes.keys().filter(|path| !expected.contains_key(path)).take(BLAMED) {
        wrong.extend(blamed(path)?);
    }
    for (path, (head, after)) in expected {
        let is_right = outcomes.get(*path).is_some_and(|outcome| {
            patch::is(outcome.old.as_ref(), *head, *after) && patch::is(outcome.new.as_ref(), *after, *head)
        });
        if !is_right {
            wrong.insert((*path).clone());
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Fault::Paths(wrong.into_iter().collect())) }
}

struct Hashing<R> {
    source: R,
    hasher: blake3::Hasher,
    size: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.size += count as u64;
        Ok(count)
    }
}
