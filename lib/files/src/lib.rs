//! The file door: every file of the store is opened, written, renamed and removed here.
//!
//! Inside the store everything is done relative to an open [`Dir`] and nothing follows a symbolic link, so whoever can
//! place a link in an inbox can neither have a file outside it shown nor written to. New directories are 0700, new
//! files 0600. A file appears under its name whole and on disk, or not at all.
#![expect(clippy::disallowed_methods, reason = "this is the door that the lint keeps shut elsewhere")]

mod attributes;
mod dir;
mod error;
mod exchange;
mod foreign;
mod in_place;
mod mode;
mod open;
mod pipes;
mod probe;
mod rename;
mod scratch;
mod temporary;
mod tree;
mod whole;

use std::io::Read;
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

pub use dir::{Dir, Entry, Kind};
pub use error::{FileError, reason};
pub use exchange::Replaced;
pub use foreign::Foreign;
pub use open::{Access, Lock, OpenFile};
pub use pipes::PipeWatch;
pub use probe::{Room, is_on_no_exec};
pub use scratch::Scratch;
pub use temporary::Temporary;
pub use tree::Found;

/// Reads a file that the user named: links are followed, a pipe is waited for. At most `limit` bytes; the flag says
/// whether there was more.
///
/// # Errors
/// What the system says, with the path.
pub fn read_named(path: &Path, limit: u64) -> Result<(Vec<u8>, bool), FileError> {
    let read = || -> std::io::Result<_> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        let more = bytes.len() as u64 > limit;
        bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok((bytes, more))
    };
    read().map_err(FileError::new("read", path))
}

/// The content of the regular file at `path`, links followed; never waits for a pipe.
///
/// # Errors
/// What the system says, with the path; `InvalidInput` when it is no regular file, `FileTooLarge` when it is longer than
/// `limit` bytes.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let content = open_regular(path)?.read(limit.saturating_add(1))?;
    if content.len() as u64 > limit { Err(FileError::new("read", path)(Errno::FBIG)) } else { Ok(content) }
}

/// Opens the regular file at `path` to be read, links followed; never waits for a pipe.
///
/// # Errors
/// What the system says, with the path; `InvalidInput` when it is no regular file.
pub fn open_regular(path: &Path) -> Result<OpenFile, FileError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(FileError::new("read", path))?;
    OpenFile::new(fd, path.to_owned())
}

/// Opens a file for another process to read.
///
/// # Errors
/// What the system says, with the path.
pub fn open_named(path: &Path) -> Result<std::fs::File, FileError> {
    std::fs::File::open(path).map_err(FileError::new("open", path))
}

/// `path` absolute and without links and `..`, as far as it exists; the rest is appended, and `..` there takes back the
/// name before it, since what does not exist is no link.
pub fn canonical(path: &Path) -> std::path::PathBuf {
    let mut rest = Vec::new();
    let mut existing = path;
    loop {
        if let Ok(mut found) = std::fs::canonicalize(existing) {
            for part in rest.iter().rev() {
                match part {
                    Component::ParentDir => drop(found.pop()),
                    part => found.push(part),
                }
            }
            return found;
        }
        match (existing.parent(), existing.components().next_back()) {
            (Some(parent), Some(part @ (Component::Normal(_) | Component::ParentDir))) => {
                rest.push(part);
                existing = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

/// Whether a directory stands at `path`, links followed.
pub fn is_directory(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_dir())
}

/// Whether a regular file stands at `path`, links followed.
pub fn is_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file())
}

/// Whether its owner may run the regular file at `path`, links followed.
pub fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o100 != 0)
}

/// Where the symbolic link at `path` leads, as it says; None when no link stands there.
pub fn link_target(path: &Path) -> Option<std::path::PathBuf> {
    std::fs::read_link(path).ok()
}

/// Puts a symbolic link to `target` at `path`, at once in the place of one that is there.
///
/// # Errors
/// What the system says; `AlreadyExists` when something else than a link stands there, `ResourceBusy` when another program
/// put another one there meanwhile.
pub fn put_link(path: &Path, target: &Path) -> Result<(), FileError> {
    use std::os::unix::ffi::OsStrExt;
    let error = |errno| FileError::new("link", path)(errno);
    let (parent, name) = path.parent().zip(path.file_name()).ok_or_else(|| error(Errno::ISDIR))?;
    let dir = Dir::open(parent)?.ok_or_else(|| error(Errno::NOENT))?;
    let there = match dir.kind_of(name)? {
        None => None,
        Some(Kind::Link) => Some(dir.read_link(name)?),
        Some(_) => return Err(error(Errno::EXIST)),
    };
    let beside = temporary::temporary_name(foreign::TEMPORARY)?;
    // The name beside it tells the user nothing.
    let made = dir.make_link(&beside, target.as_os_str().as_bytes());
    made.map_err(|made| FileError::new("link", path)(made.source))?;
    let is_expected = |dir: &Dir, name: &std::ffi::OsStr| -> Result<bool, FileError> {
        Ok(dir.kind_of(name)? == Some(Kind::Link) && Some(dir.read_link(name)?) == there)
    };
    let put = match there {
        None => dir.rename_new(&beside, &dir, name),
        Some(_) => dir.replace_if(&beside, &dir, name, is_expected).map(|put| put == Replaced::Done),
    };
    // After an error it may be another program's file that has this name, which is for the next to look at.
    if put.is_ok() {
        dir.remove(&beside)?;
    }
    if put? { Ok(()) } else { Err(error(Errno::BUSY)) }
}

/// Who may use the socket at `path`, links followed; None when nothing is there.
///
/// # Errors
/// What the system says; `InvalidInput` when something else stands there.
pub fn socket_access(path: &Path) -> Result<Option<Access>, FileError> {
    let stat = match rustix::fs::stat(path) {
        Ok(stat) => stat,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(FileError::new("look at", path)(error)),
    };
    match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
        rustix::fs::FileType::Socket => Ok(Some(Access { owner: stat.st_uid, mode: mode::bits(&stat) })),
        _ => Err(FileError::new("connect to", path)(Errno::INVAL)),
    }
}

/// Removes the directory at `path` when nothing is in it but what killed programs left of an edit; false when something
/// else is. That there is none is no error.
///
/// # Errors
/// What the system says.
pub fn remove_empty_directory(path: &Path) -> Result<bool, FileError> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let Some(parent) = Dir::open(parent)? else { return Ok(true) };
    if let Some(own) = parent.child(name).ok().flatten() {
        Foreign::sweep_directory(&own)?;
    }
    parent.remove_child(name)
}

/// Whether the file system of `path` is mounted read-only. `false` where that cannot be found out.
pub fn is_on_read_only(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY))
}

/// Whether anything stands at `path`, a link that leads nowhere included.
pub fn is_taken(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Whether a symbolic link stands at `path` that leads nowhere.
pub fn is_dead_link(path: &Path) -> bool {
    link_target(path).is_some() && std::fs::metadata(path).is_err()
}

/// `N` bytes that nobody can foresee.
///
/// # Errors
/// When the system has no randomness to give.
pub fn random<const N: usize>() -> Result<[u8; N], FileError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        FileError::new("read", Path::new("the system's random numbers"))(std::io::Error::other(
            error.to_string(),
        ))
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
