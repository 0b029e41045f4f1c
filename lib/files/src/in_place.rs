//! Writing to a file where it is, for one that no other file can take the place of: a mount point, as single files are that
//! are mounted into a container; a file with several names (hard links); one with attributes that no other can be given.
//!
//! That is not one step, as a rename is: after a kill or a power cut the file may be a mixture of the old text and the new
//! one. So before the first byte is written, a record with both lies beside it, on disk. [`recover`] finds it there, and gives
//! the file its old text back.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::dir::{Dir, Kind};
use crate::error::FileError;
use crate::foreign::TEMPORARY;
use crate::open::OpenFile;
use crate::temporary::temporary_name;

/// Stands between the name of a temporary file and the name of the file that it records a change of.
const CHANGES: &str = ".of-";

/// The digits of a temporary file's name.
const DIGITS: usize = 16;

/// Far more than a record has.
const LONGEST_RECORD: u64 = 1 << 30;

/// Whether the system refused to rename or remove a file because it is a mount point.
pub(crate) fn is_mount_point(error: &FileError) -> bool {
    // Ours, which say that another program changed a file, have no number.
    error.source.raw_os_error() == Some(Errno::BUSY.raw_os_error())
}

/// Turns the regular file `name` in `dir` from `old` into `new`, if that is what is in it; false when it is not, or when
/// another program writes to it at the same time. Where it cannot be written as a whole, it is `old` again. `path` is what the
/// user calls it.
pub(crate) fn overwrite(
    dir: &Dir,
    name: &OsStr,
    path: &Path,
    old: &[u8],
    new: &[u8],
) -> Result<bool, FileError> {
    let error = |error: FileError| FileError::new("change", path)(error.source);
    let mut file = open(dir, name).map_err(error)?;
    if file.read(old.len() as u64 + 1)? != old {
        return Ok(false);
    }
    let mut record = dir
        .temporary_named(record_name(name)?, &[format!("{}\n", old.len()).as_bytes(), old, new], true, 0o600)
        .map_err(error)?;
    dir.sync()?;
    if let Err(refused) = write(file.file(), old, new) {
        // It had room for that. Where it fails too, the record stays.
        if put(file.file(), old, old.len()).is_err() {
            record.keep();
        }
        return Err(FileError::new("change", path)(refused));
    }
    let is_there = dir.open_to_read(name).is_ok_and(|there| there.is_same(&file));
    Ok(is_there && file.read(new.len() as u64 + 1)? == new)
}

/// Gives a file its old text back where the program that left the record `entry` was killed while it wrote the new one. One that
/// is whole, or that was changed since, stays as it is. The record is removed; false when `entry` is no record.
pub(crate) fn recover(dir: &Dir, entry: &OsStr) -> Result<bool, FileError> {
    let Some(name) = recorded_by(entry) else { return Ok(false) };
    let is_file = dir.kind_of(entry)? == Some(Kind::File);
    let record = if is_file { dir.open_to_read(entry)?.read(LONGEST_RECORD)? } else { Vec::new() };
    if let Some((old, new)) = parse(&record)
        && let Ok(mut there) = dir.open_to_read(name)
        && is_torn(&there.read(LONGEST_RECORD)?, old, new)
    {
        put(open(dir, name)?.file(), old, old.len()).map_err(dir.error("restore", name))?;
    }
    dir.remove(entry)?;
    Ok(true)
}

fn open(dir: &Dir, name: &OsStr) -> Result<OpenFile, FileError> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = rustix::fs::openat(&dir.fd, name, flags, Mode::empty()).map_err(dir.error("open", name))?;
    OpenFile::new(fd, dir.path_of(name))
}

fn write(file: &File, old: &[u8], new: &[u8]) -> io::Result<()> {
    put(file, &padded(old, new), new.len())
}

fn put(file: &File, bytes: &[u8], length: usize) -> io::Result<()> {
    file.write_all_at(bytes, 0)?;
    file.set_len(length as u64)?;
    file.sync_all()
}

/// `new` at the length of the longer one. What is behind the end of a text is white space until it is cut off.
fn padded(old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut padded = new.to_vec();
    padded.resize(new.len().max(old.len()), b'\n');
    padded
}

/// Whether `now` is what a change of `old` into `new` leaves that was cut short: each byte is of one of them, or a zero in what
/// was added, as file systems leave it that lost power.
fn is_torn(now: &[u8], old: &[u8], new: &[u8]) -> bool {
    let padded = padded(old, new);
    let is_written = |(at, byte): (usize, &u8)| padded[at] == *byte || *byte == *old.get(at).unwrap_or(&0);
    now != old
        && now != new
        && (old.len().min(new.len())..=padded.len()).contains(&now.len())
        && now.iter().enumerate().all(is_written)
}

/// The name of a record of a change of the file `name`.
fn record_name(name: &OsStr) -> Result<OsString, FileError> {
    let mut record = temporary_name(TEMPORARY)?;
    record.push(CHANGES);
    record.push(name);
    Ok(record)
}

/// The file that the record `entry` is of.
fn recorded_by(entry: &OsStr) -> Option<&OsStr> {
    let name = entry.as_bytes().strip_prefix(TEMPORARY.as_bytes())?.get(DIGITS..)?;
    let name = name.strip_prefix(CHANGES.as_bytes())?;
    (!name.is_empty()).then(|| OsStr::from_bytes(name))
}

/// The old and the new text in a record; `None` when it is not whole, and then nothing was changed yet.
fn parse(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = record.iter().position(|byte| *byte == b'\n')?;
    let length: usize = std::str::from_utf8(&record[..end]).ok()?.parse().ok()?;
    record[end + 1..].split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::Foreign;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    const CHANGED: [(&str, &str); 5] =
        [("old", "longer than that"), ("a long old text", "new"), ("x", ""), ("", "x"), ("one", "two")];

    #[test]
    fn a_file_is_written_to_where_it_is_if_it_is_as_expected() -> Outcome {
        let place = tempfile::tempdir()?;
        let path = place.path().join("file");
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        for (old, new) in CHANGED {
            fs::write(&path, old)?;
            let inode = fs::metadata(&path)?.ino();
            assert!(!overwrite(&dir, "file".as_ref(), &path, b"another", new.as_bytes())?);
            assert_eq!(fs::read_to_string(&path)?, old);
            assert!(overwrite(&dir, "file".as_ref(), &path, old.as_bytes(), new.as_bytes())?);
            assert_eq!(fs::read_to_string(&path)?, new);
            assert_eq!(fs::metadata(&path)?.ino(), inode);
            assert_eq!(fs::read_dir(place.path())?.count(), 1, "no record is left");
        }
        Ok(())
    }

    /// What is in the file that had `now` in it beside the record of a change, once its directory was swept.
    fn swept(old: &str, new: &str, now: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        fs::write(place.path().join("file"), now)?;
        let record = place.path().join(record_name("file".as_ref())?);
        fs::write(&record, format!("{}\n{old}{new}", old.len()))?;
        Foreign::sweep_directory(&dir)?;
        assert!(!record.exists());
        Ok(fs::read(place.path().join("file"))?)
    }

    #[test]
    fn a_file_whose_change_was_cut_short_is_what_it_was_before() -> Outcome {
        for (old, new) in CHANGED {
            let padded = padded(old.as_bytes(), new.as_bytes());
            for written in 0..=padded.len() {
                let rest = old.as_bytes().get(written..).unwrap_or_default();
                let torn = [&padded[..written], rest].concat();
                let is_whole = torn == new.as_bytes();
                let expected = if is_whole { new } else { old };
                assert_eq!(swept(old, new, &torn)?, expected.as_bytes(), "{written} of {new:?}");
            }
        }
        // The length reached the disk, and the last block did not.
        assert_eq!(swept("old", "longer", b"lon\0\0\0")?, b"old");
        Ok(())
    }

    #[test]
    fn a_file_that_was_changed_after_a_change_was_cut_short_stays() -> Outcome {
        for now in ["", "theirs", "old, and more than the new one", "new, and a line", "xld"] {
            assert_eq!(swept("old", "new and longer", now.as_bytes())?, now.as_bytes());
        }
        Ok(())
    }

    #[test]
    fn a_record_that_is_not_whole_or_of_no_file_is_only_removed() -> Outcome {
        let place = tempfile::tempdir()?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        for (content, file) in [("", "kept"), ("9\nold", "kept"), ("3\noldnew", "gone")] {
            fs::write(place.path().join("kept"), "text")?;
            fs::write(place.path().join(record_name(file.as_ref())?), content)?;
            Foreign::sweep_directory(&dir)?;
            assert_eq!(fs::read_dir(place.path())?.count(), 1);
            assert_eq!(fs::read(place.path().join("kept"))?, b"text");
        }
        Ok(())
    }
}
