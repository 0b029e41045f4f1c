//! Bringing a whole file system to the disk at once.

use crate::dir::Dir;
use crate::error::FileError;

/// The file systems of which one call is known to bring contents, names and modes of all that was written to the disk, as
/// a call for each file would: ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, overlayfs, and tmpfs, which has no disk. Not
/// those that a program or another machine keeps, who need not be asked by it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const KNOWN: [u64; 8] =
    [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0xca45_1a4e, 0x2fc1_2fc1, 0x794c_7630, 0x0102_1994];

impl Dir {
    /// Which file system it is on.
    ///
    /// # Errors
    /// What the system says.
    pub fn device(&self) -> Result<u64, FileError> {
        let stat = rustix::fs::fstat(&self.fd).map_err(FileError::new("look at", &self.path))?;
        // Its type differs between systems.
        #[allow(clippy::unnecessary_cast)]
        Ok(stat.st_dev as u64)
    }

    /// Whether [`Dir::sync_whole`] brings all that was written to its file system to the disk.
    pub fn can_sync_whole(&self) -> bool {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // Its type differs between architectures, and with it whether the sign is extended.
            #[allow(clippy::unnecessary_cast)]
            let is_known = |kind| KNOWN.contains(&(kind as u64 & 0xffff_ffff));
            rustix::fs::fstatfs(&self.fd).is_ok_and(|found| is_known(found.f_type))
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        false
    }

    /// Brings everything that was written to its file system to the disk, other programs' writes too: worth it for many
    /// files. Only where [`Dir::can_sync_whole`].
    ///
    /// # Errors
    /// What the system says; `Unsupported` where there is no such call.
    pub fn sync_whole(&self) -> Result<(), FileError> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let synced = rustix::fs::syncfs(&self.fd);
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let synced: Result<(), _> = Err(rustix::io::Errno::NOTSUP);
        synced.map_err(FileError::new("sync the file system of", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use crate::Dir;

    #[test]
    fn a_file_system_is_synced_whole_where_that_is_said() -> Result<(), Box<dyn std::error::Error>> {
        let place = tempfile::tempdir()?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        let sub = dir.make_child("sub", 0o700)?;
        assert_eq!(dir.device()?, sub.device()?);
        assert_eq!(dir.can_sync_whole(), sub.can_sync_whole());
        if dir.can_sync_whole() {
            sub.sync_whole()?;
        }
        if let Some(proc) = Dir::open("/proc".as_ref())? {
            assert!(!proc.can_sync_whole() && proc.device()? != dir.device()?);
        }
        Ok(())
    }
}
