//! Renaming without ever replacing.

use std::ffi::OsStr;

use rustix::fs::{AtFlags, FlockOperation};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::FileError;

impl Dir {
    /// Gives the file `from` the name `to` in `target`; false, and nothing done, when something of that name is there.
    ///
    /// One system call where the file system can refuse to replace. Where it cannot (exFAT, some network ones), whoever
    /// uses this takes turns by a lock on the target directory. A hard link and an unlink would need no lock, but for
    /// an instant the file would have two names, and a kill would make that last.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename_new(
        &self,
        from: impl AsRef<OsStr>,
        target: &Self,
        to: impl AsRef<OsStr>,
    ) -> Result<bool, FileError> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let renamed = match rename_exclusive(self, from, target, to) {
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => rename_in_turn(self, from, target, to),
            other => other,
        };
        match renamed {
            Ok(()) => Ok(true),
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::ISDIR) => Ok(false),
            Err(error) => Err(self.error("rename", from)(error)),
        }
    }

    /// Gives the file `from` the name `to`, replacing what has it.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename_over(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
        rustix::fs::renameat(&self.fd, from.as_ref(), &self.fd, to.as_ref())
            .map_err(self.error("rename", from.as_ref()))
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_exclusive(source: &Dir, from: &OsStr, target: &Dir, to: &OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(&source.fd, from, &target.fd, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_exclusive(_: &Dir, _: &OsStr, _: &Dir, _: &OsStr) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

fn rename_in_turn(source: &Dir, from: &OsStr, target: &Dir, to: &OsStr) -> Result<(), Errno> {
    // A file system without locks either leaves only the luck of the random part of our names.
    let locked = rustix::fs::flock(&target.fd, FlockOperation::LockExclusive).is_ok();
    let renamed = match rustix::fs::statat(&target.fd, to, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(&source.fd, from, &target.fd, to),
        Err(error) => Err(error),
    };
    if locked {
        // Nothing can be done about a failure, and closing the directory unlocks it too.
        let _ = rustix::fs::flock(&target.fd, FlockOperation::Unlock);
    }
    renamed
}
