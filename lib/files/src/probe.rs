//! Whether a directory takes a new file, and how much room there is.

use std::path::Path;

use crate::dir::{Dir, Kind};
use crate::error::FileError;

/// The room that a file system has left for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// In bytes.
    pub bytes: u64,
    /// How many files can be made; `None` where the file system has no such limit.
    pub files: Option<u64>,
}

impl Room {
    /// That of the file system that `path` is on; `None` where it cannot be found out.
    pub fn of(path: &Path) -> Option<Self> {
        let found = rustix::fs::statvfs(path).ok()?;
        let files = (found.f_files > 0).then_some(found.f_favail);
        Some(Self { bytes: found.f_bavail.saturating_mul(found.f_frsize), files })
    }
}

/// Whether the file system of `path` is mounted so that no program on it may be run. `false` where that cannot be found out, as on macOS.
pub fn is_on_no_exec(path: &Path) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::fs::StatVfsMountFlags;
        rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC))
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = path;
        false
    }
}

impl Kind {
    /// That of what stands at `path`, a link not followed; `None` where nothing stands there, or it cannot be told.
    pub fn at(path: &Path) -> Option<Self> {
        let found = std::fs::symlink_metadata(path).ok()?.file_type();
        Some(match (found.is_file(), found.is_dir(), found.is_symlink()) {
            (true, ..) => Self::File,
            (_, true, _) => Self::Directory,
            (_, _, true) => Self::Link,
            _ => Self::Special,
        })
    }
}

impl Dir {
    /// Makes a file of `length` bytes, brings it to the disk, and removes it. Where the system can, the file never has a
    /// name, so that nothing is left of a process that is killed meanwhile.
    ///
    /// # Errors
    /// What the system says: no space, a quota, a file system that is read-only, no permission.
    pub fn try_write(&self, length: usize) -> Result<(), FileError> {
        let content = vec![b' '; length];
        #[cfg(target_os = "linux")]
        {
            use std::io::Write;

            use rustix::fs::OFlags;

            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            if let Ok(fd) = rustix::fs::openat(&self.fd, ".", flags, crate::mode::mode(0o600)) {
                let mut file = std::fs::File::from(fd);
                let written = file.write_all(&content).and_then(|()| file.sync_data());
                return written.map_err(FileError::new("write to", self.path()));
            }
        }
        // A file system without files that have no name; or what is wrong is said by this.
        self.temporary(&[&content]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::Room;
    use crate::Dir;

    #[test]
    fn nothing_is_left_of_a_try() {
        let there = tempfile::tempdir().unwrap();
        let dir = Dir::open(there.path()).unwrap().unwrap();
        dir.try_write(100_000).unwrap();
        assert_eq!(std::fs::read_dir(there.path()).unwrap().count(), 0);
        assert!(Room::of(there.path()).unwrap().bytes > 0);
        assert_eq!(Room::of(&there.path().join("none")), None);
    }
}
