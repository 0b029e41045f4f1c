//! An open regular file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, FlockOperation};
use rustix::io::Errno;

use crate::error::{FileError, no_file};
use crate::mode;

/// An open regular file of the store. Its lock, once taken, is held until this is dropped or the process ends,
/// however it ends.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    path: PathBuf,
    size: u64,
    changed: i64,
    identity: (u64, u64),
}

/// Who may use a file or directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The owner's user id.
    pub owner: u32,
    /// The permission bits.
    pub mode: u32,
}

impl Access {
    /// Whether this process runs as the owner.
    pub fn is_ours(self) -> bool {
        self.owner == rustix::process::geteuid().as_raw()
    }
}

/// What came of asking for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It is ours.
    Taken,
    /// A live process has it.
    Busy,
    /// This file system has no locks.
    Unsupported,
}

/// Asks for the lock of an open file or directory without waiting.
pub(crate) fn lock(file: impl AsFd) -> Result<Lock, Errno> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock::Taken),
        Err(Errno::WOULDBLOCK) => Ok(Lock::Busy),
        Err(Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL | Errno::BADF) => {
            Ok(Lock::Unsupported)
        }
        Err(error) => Err(error),
    }
}

impl OpenFile {
    pub(crate) fn new(fd: OwnedFd, path: PathBuf) -> Result<Self, FileError> {
        let stat = rustix::fs::fstat(&fd).map_err(FileError::new("look at", &path))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            found => return Err(FileError::new("read", &path)(no_file(found))),
        }
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        // The types of these differ between systems.
        #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
        let (identity, changed) = ((stat.st_dev as u64, stat.st_ino as u64), stat.st_ctime as i64);
        Ok(Self { file: File::from(fd), path, size, changed, identity })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes when it was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Seconds since 1970 at which its name or anything else of it was last changed, when it was opened.
    pub fn changed(&self) -> i64 {
        self.changed
    }

    /// Who may use it.
    ///
    /// # Errors
    /// What the system says.
    pub fn access(&self) -> Result<Access, FileError> {
        let stat = rustix::fs::fstat(&self.file).map_err(FileError::new("look at", &self.path))?;
        Ok(Access { owner: stat.st_uid, mode: mode::bits(&stat) })
    }

    /// How many names it has: hard links, itself among them.
    pub(crate) fn links(&self) -> Result<u64, FileError> {
        let stat = rustix::fs::fstat(&self.file).map_err(FileError::new("look at", &self.path))?;
        // Its type differs between systems.
        #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
        Ok(stat.st_nlink as u64)
    }

    /// Whether `other` is the same file, whatever its name.
    pub fn is_same(&self, other: &Self) -> bool {
        self.identity == other.identity
    }

    /// Asks for the lock without waiting.
    ///
    /// # Errors
    /// What the system says.
    pub fn lock(&self) -> Result<Lock, FileError> {
        lock(&self.file).map_err(FileError::new("lock", &self.path))
    }

    /// The first `limit` bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self, limit: u64) -> Result<Vec<u8>, FileError> {
        let expected = usize::try_from(self.size.min(limit)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(expected.saturating_add(1));
        let read =
            self.file.seek(SeekFrom::Start(0)).and_then(|_| (&self.file).take(limit).read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(FileError::new("read", &self.path))
    }

    /// At most `limit` bytes from `offset` on; fewer when the file ends before.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_at(&self, offset: u64, limit: u64) -> Result<Vec<u8>, FileError> {
        let expected = usize::try_from(self.size.saturating_sub(offset).min(limit)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(expected.saturating_add(1));
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.take(limit).read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(FileError::new("read", &self.path))
    }

    /// The file itself, to write a stream to.
    pub fn into_file(self) -> File {
        self.file
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }
}
