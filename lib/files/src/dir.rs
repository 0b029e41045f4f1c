//! An open directory, and what is done inside it.

use std::ffi::{OsStr, OsString};
use std::fs::DirBuilder;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::error::FileError;
use crate::mode;
use crate::open::{Access, Lock, OpenFile, lock};

pub(crate) const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A directory that stays the same one, whatever happens to its path.
#[derive(Debug)]
pub struct Dir {
    pub(crate) fd: OwnedFd,
    pub(crate) path: PathBuf,
}

/// One name in a directory.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, any bytes but `/` and NUL.
    pub name: OsString,
    /// What stands there, links not followed.
    pub kind: Kind,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, never followed.
    Link,
    /// A named pipe, a socket or a device.
    Special,
}

impl Kind {
    /// The kind in words, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "symbolic link",
            Self::Special => "special file",
        }
    }

    pub(crate) fn of(file_type: FileType) -> Self {
        match file_type {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Link,
            _ => Self::Special,
        }
    }
}

impl Dir {
    /// Opens the directory at `path`, which may be a link to one. None when there is nothing.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> Result<Option<Self>, FileError> {
        match rustix::fs::open(path, OPEN_DIR, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, path: path.to_owned() })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(FileError::new("open", path)(error)),
        }
    }

    /// Opens the directory at `path`, made 0700 with its parents when it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        Self::create_as(path, 0o700)
    }

    /// The same, made as other programs make theirs, 0777 as the umask leaves it: for what lies in a project.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_shared(path: &Path) -> Result<Self, FileError> {
        Self::create_as(path, 0o777)
    }

    /// The same as [`Dir::create`], but the name of a new one need not be on disk when this returns: for what can be
    /// made again.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_path_unsynced(path: &Path) -> Result<Self, FileError> {
        if let Some(dir) = Self::open(path)? {
            return Ok(dir);
        }
        Self::build(path, 0o700)
    }

    fn create_as(path: &Path, mode: u32) -> Result<Self, FileError> {
        if let Some(dir) = Self::open(path)? {
            return Ok(dir);
        }
        let dir = Self::build(path, mode)?;
        if let Some(parent) = path.parent().map(Self::open).transpose()?.flatten() {
            parent.sync()?;
        }
        Ok(dir)
    }

    fn build(path: &Path, mode: u32) -> Result<Self, FileError> {
        DirBuilder::new().recursive(true).mode(mode).create(path).map_err(FileError::new("create", path))?;
        Self::open(path)?.ok_or_else(|| FileError::new("open", path)(Errno::NOENT))
    }

    /// Opens the subdirectory `name`. None when there is nothing of that name.
    ///
    /// # Errors
    /// What the system says; `NotADirectory` when something else stands there, a link to a directory included.
    pub fn child(&self, name: impl AsRef<OsStr>) -> Result<Option<Self>, FileError> {
        let name = name.as_ref();
        match rustix::fs::openat(&self.fd, name, OPEN_DIR.union(OFlags::NOFOLLOW), Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, path: self.path_of(name) })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP) => Err(self.error("open", name)(Errno::NOTDIR)),
            Err(error) => Err(self.error("open", name)(error)),
        }
    }

    /// Opens the subdirectory `name`, made 0700 when it is not there, its name on disk before this returns.
    ///
    /// # Errors
    /// As for [`Dir::child`].
    pub fn create_child(&self, name: impl AsRef<OsStr>) -> Result<Self, FileError> {
        let name = name.as_ref();
        if let Some(dir) = self.child(name)? {
            return Ok(dir);
        }
        match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) => self.sync()?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(self.error("create", name)(error)),
        }
        self.child(name)?.ok_or_else(|| self.error("open", name)(Errno::NOENT))
    }

    /// The same, but the name of a new one need not be on disk when this returns: for what can be made again.
    ///
    /// # Errors
    /// As for [`Dir::child`].
    pub fn create_unsynced(&self, name: impl AsRef<OsStr>) -> Result<Self, FileError> {
        let name = name.as_ref();
        if let Some(dir) = self.child(name)? {
            return Ok(dir);
        }
        match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(self.error("create", name)(error)),
        }
        self.child(name)?.ok_or_else(|| self.error("open", name)(Errno::NOENT))
    }

    /// Asks for the directory's lock without waiting. It is held until this is dropped.
    ///
    /// # Errors
    /// What the system says.
    pub fn lock(&self) -> Result<Lock, FileError> {
        lock(&self.fd).map_err(FileError::new("lock", &self.path))
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of `name` in it.
    pub fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// Who may use it.
    ///
    /// # Errors
    /// What the system says.
    pub fn access(&self) -> Result<Access, FileError> {
        let stat = rustix::fs::fstat(&self.fd).map_err(FileError::new("look at", &self.path))?;
        Ok(Access { owner: stat.st_uid, mode: mode::bits(&stat) })
    }

    /// Takes what others may do to it away, so that it is 0700; what the owner may do stays.
    ///
    /// # Errors
    /// What the system says.
    pub fn restrict(&self) -> Result<(), FileError> {
        let mode = self.access()?.mode;
        if mode & 0o077 == 0 {
            return Ok(());
        }
        rustix::fs::fchmod(&self.fd, mode::mode(mode & 0o700)).map_err(FileError::new("restrict", &self.path))
    }

    /// The same for the regular file `name` in it, so that it is 0600; that there is none is no error. The file is not
    /// opened: closing one that a database has open in this process would free the database's locks.
    ///
    /// # Errors
    /// What the system says.
    pub fn restrict_file(&self, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        let name = name.as_ref();
        let mode = match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => mode::bits(&stat),
            Ok(_) | Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(self.error("look at", name)(error)),
        };
        if mode & 0o077 == 0 {
            return Ok(());
        }
        rustix::fs::chmodat(&self.fd, name, mode::mode(mode & 0o700), AtFlags::empty())
            .map_err(self.error("restrict", name))
    }

    /// Fails unless this process may create and rename files in it.
    ///
    /// # Errors
    /// What the system says: no permission, a read-only file system.
    pub fn check_writable(&self) -> Result<(), FileError> {
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::accessat(&self.fd, ".", access, AtFlags::EACCESS)
            .map_err(FileError::new("write to", &self.path))
    }

    /// Every name in it, in no order, without `.` and `..`.
    ///
    /// # Errors
    /// What the system says.
    pub fn entries(&self) -> Result<Vec<Entry>, FileError> {
        self.first_entries(usize::MAX)
    }

    /// The first `most` names in it, for a directory that somebody else filled.
    ///
    /// # Errors
    /// What the system says.
    pub fn first_entries(&self, most: usize) -> Result<Vec<Entry>, FileError> {
        let error = || FileError::new("list", &self.path);
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(error())? {
            let entry = entry.map_err(error())?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() == most {
                break;
            }
            let kind = match entry.file_type() {
                // Some file systems don't say; a name that is gone by now is left out.
                FileType::Unknown => match self.kind_of(name)? {
                    Some(kind) => kind,
                    None => continue,
                },
                known => Kind::of(known),
            };
            entries.push(Entry { name: name.to_owned(), kind });
        }
        Ok(entries)
    }

    /// What stands under `name`, a link not followed; None when nothing does.
    ///
    /// # Errors
    /// What the system says.
    pub fn kind_of(&self, name: impl AsRef<OsStr>) -> Result<Option<Kind>, FileError> {
        let name = name.as_ref();
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Kind::of(FileType::from_raw_mode(stat.st_mode)))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.error("look at", name)(error)),
        }
    }

    /// Seconds since 1970 at which the content of `name` was last changed; None when it cannot be said.
    pub fn modified(&self, name: impl AsRef<OsStr>) -> Option<i64> {
        let stat = rustix::fs::statat(&self.fd, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        // Its type differs between systems.
        #[allow(clippy::useless_conversion)]
        i64::try_from(stat.st_mtime).ok()
    }

    /// The same to the nanosecond, as far as the file system counts: seconds since 1970, and nanoseconds.
    pub fn modified_exactly(&self, name: impl AsRef<OsStr>) -> Option<(i64, u32)> {
        let stat = rustix::fs::statat(&self.fd, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        // Their types differ between systems.
        #[allow(clippy::useless_conversion)]
        let (seconds, nanoseconds) =
            (i64::try_from(stat.st_mtime).ok()?, u32::try_from(stat.st_mtime_nsec).ok()?);
        Some((seconds, nanoseconds))
    }

    /// Opens the regular file `name`: for writing in place too where that is allowed, which some file systems want
    /// before they lock. Never waits for a pipe.
    ///
    /// # Errors
    /// What the system says, `NotFound` included; `InvalidInput` when it is no regular file.
    pub fn open_file(&self, name: impl AsRef<OsStr>) -> Result<OpenFile, FileError> {
        let name = name.as_ref();
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let open = |access| rustix::fs::openat(&self.fd, name, access | flags, Mode::empty());
        let fd = match open(OFlags::RDWR) {
            Err(Errno::ACCESS | Errno::ROFS | Errno::PERM) => open(OFlags::RDONLY),
            other => other,
        };
        OpenFile::new(fd.map_err(self.error("open", name))?, self.path_of(name))
    }

    /// Makes the empty file `name`, 0600, which only one process can do; None when something of that name is there.
    /// What is written to it goes to its end.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_new(&self, name: impl AsRef<OsStr>) -> Result<Option<OpenFile>, FileError> {
        let name = name.as_ref();
        let flags = OFlags::RDWR.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::APPEND);
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(fd) => OpenFile::new(fd, self.path_of(name)).map(Some),
            Err(Errno::EXIST) => Ok(None),
            Err(error) => Err(self.error("create", name)(error)),
        }
    }

    /// Adds `line` at the end of the file `name`, made 0600 when it is not there. A FIFO in its place is not waited for.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(&self, name: impl AsRef<OsStr>, line: &[u8]) -> Result<(), FileError> {
        let name = name.as_ref();
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags | OFlags::NONBLOCK, Mode::RUSR | Mode::WUSR);
        fd.and_then(|fd| rustix::io::write(fd, line)).map(drop).map_err(self.error("write", name))
    }

    /// Removes the file `name`; that it is gone already is no error.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        let name = name.as_ref();
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) if self.is_absent(name, error) => Ok(()),
            Err(error) => Err(self.error("remove", name)(error)),
        }
    }

    /// Removes the empty subdirectory `name`; false when it is not empty.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove_child(&self, name: impl AsRef<OsStr>) -> Result<bool, FileError> {
        let name = name.as_ref();
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(error) if self.is_absent(name, error) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(error) => Err(self.error("remove", name)(error)),
        }
    }

    /// Whether `refused`, the answer to removing `name`, is that of a system that refuses before it looks: one that is
    /// read-only here, or a sandbox, does so also where nothing has that name.
    fn is_absent(&self, name: &OsStr, refused: Errno) -> bool {
        let looks_later = matches!(refused, Errno::ROFS | Errno::ACCESS | Errno::PERM);
        let stat = || rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW);
        looks_later && matches!(stat(), Err(Errno::NOENT))
    }

    /// Brings the directory's names to the disk.
    ///
    /// # Errors
    /// What the system says; that the file system cannot do it to directories is no error.
    pub fn sync(&self) -> Result<(), FileError> {
        match sync_names(self.fd.as_fd()) {
            Ok(()) | Err(Errno::INVAL | Errno::ROFS) => Ok(()),
            Err(error) => Err(FileError::new("sync", &self.path)(error)),
        }
    }

    pub(crate) fn error<E: Into<std::io::Error>>(
        &self,
        verb: &'static str,
        name: &OsStr,
    ) -> impl FnOnce(E) -> FileError + use<E> {
        let path = self.path_of(name);
        move |source| FileError { verb, path, source: source.into() }
    }
}

#[cfg(not(target_vendor = "apple"))]
fn sync_names(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::fs::fsync(directory)
}

/// There `fsync` leaves what was written in the drive's own cache, which a power failure empties.
#[cfg(target_vendor = "apple")]
fn sync_names(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    match rustix::fs::fcntl_fullfsync(directory) {
        // A file system that knows no such call, as network ones.
        Err(Errno::NOTSUP | Errno::INVAL | Errno::NOTTY) => rustix::fs::fsync(directory),
        synced => synced,
    }
}
