//! A user's own tree: what stands in it, with its modes and links, put there and taken away.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStringExt;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::dir::{Dir, Kind};
use crate::error::FileError;
use crate::mode;
use crate::open::OpenFile;

/// What stands under a name, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
    /// Its permission bits, with set-user-id and the like.
    pub mode: u32,
}

impl Dir {
    /// What stands under `name`; None when nothing does.
    ///
    /// # Errors
    /// What the system says.
    pub fn look(&self, name: impl AsRef<OsStr>) -> Result<Option<Found>, FileError> {
        let name = name.as_ref();
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Found {
                kind: Kind::of(FileType::from_raw_mode(stat.st_mode)),
                size: u64::try_from(stat.st_size).unwrap_or(0),
                mode: mode::bits(&stat),
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.error("look at", name)(error)),
        }
    }

    /// Opens the regular file `name` for reading alone, which is allowed also while it is being run.
    ///
    /// # Errors
    /// As for [`Dir::open_file`].
    pub fn open_to_read(&self, name: impl AsRef<OsStr>) -> Result<OpenFile, FileError> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let fd =
            rustix::fs::openat(&self.fd, name, flags, Mode::empty()).map_err(self.error("open", name))?;
        OpenFile::new(fd, self.path_of(name))
    }

    /// Where the symbolic link `name` leads, as it says.
    ///
    /// # Errors
    /// What the system says; `InvalidInput` when it is no link.
    pub fn read_link(&self, name: impl AsRef<OsStr>) -> Result<Vec<u8>, FileError> {
        let name = name.as_ref();
        let target =
            rustix::fs::readlinkat(&self.fd, name, Vec::new()).map_err(self.error("read the link", name))?;
        Ok(target.into_bytes())
    }

    /// Makes the symbolic link `name` that leads to `target`.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` when something of that name is there.
    pub fn make_link(&self, name: impl AsRef<OsStr>, target: &[u8]) -> Result<(), FileError> {
        let name = name.as_ref();
        let target = std::ffi::OsString::from_vec(target.to_owned());
        rustix::fs::symlinkat(target, &self.fd, name).map_err(self.error("link", name))
    }

    /// Makes the subdirectory `name` as any program of the user would: `mode` less the umask.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` when something of that name is there.
    pub fn make_child(&self, name: impl AsRef<OsStr>, mode: u32) -> Result<Self, FileError> {
        let name = name.as_ref();
        rustix::fs::mkdirat(&self.fd, name, mode::mode(mode)).map_err(self.error("create", name))?;
        self.child(name)?.ok_or_else(|| self.error("open", name)(Errno::NOENT))
    }

    /// Gives `from` the name `to` in `target`, replacing what has it.
    ///
    /// # Errors
    /// What the system says; `CrossesDevices` when `target` is on another file system.
    pub fn rename_into(
        &self,
        from: impl AsRef<OsStr>,
        target: &Self,
        to: impl AsRef<OsStr>,
    ) -> Result<(), FileError> {
        rustix::fs::renameat(&self.fd, from.as_ref(), &target.fd, to.as_ref())
            .map_err(target.error("rename to", to.as_ref()))
    }

    /// Removes `name`, a directory with all that is in it; that it is gone already is no error. Links are removed, not
    /// followed.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove_all(&self, name: impl AsRef<OsStr>) -> Result<(), FileError> {
        let name = name.as_ref();
        if self.kind_of(name)? != Some(Kind::Directory) {
            return self.remove(name);
        }
        if let Some(child) = self.child(name)? {
            for entry in child.entries()? {
                child.remove_all(entry.name)?;
            }
        }
        if self.remove_child(name)? { Ok(()) } else { Err(self.error("remove", name)(Errno::NOTEMPTY)) }
    }
}

impl OpenFile {
    /// Gives it the permission bits `mode`.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_mode(&mut self, mode: u32) -> Result<(), FileError> {
        let path = self.path().to_owned();
        rustix::fs::fchmod(self.file(), mode::mode(mode)).map_err(FileError::new("change the mode of", &path))
    }

    /// Brings its content to the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn sync(&mut self) -> Result<(), FileError> {
        let path = self.path().to_owned();
        self.file().sync_data().map_err(FileError::new("sync", &path))
    }

    /// The file itself, to read or write a stream.
    pub fn stream(&mut self) -> &mut std::fs::File {
        self.file()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use crate::{Dir, Kind};

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_tree_is_removed_with_its_links_and_not_with_what_they_lead_to() -> Outcome {
        let place = tempfile::tempdir()?;
        let path = place.path();
        fs::create_dir_all(path.join("gone/in"))?;
        fs::create_dir(path.join("kept"))?;
        fs::write(path.join("kept/file"), "x")?;
        symlink("../../kept", path.join("gone/in/link"))?;
        let dir = Dir::open(path)?.ok_or("missing")?;
        dir.remove_all("gone")?;
        dir.remove_all("gone")?;
        assert!(!path.join("gone").exists() && path.join("kept/file").exists());
        symlink("kept", path.join("link"))?;
        dir.remove_all("link")?;
        assert!(path.join("kept/file").exists());
        Ok(())
    }

    #[test]
    fn a_link_says_where_it_leads_and_is_replaced_as_such() -> Outcome {
        let place = tempfile::tempdir()?;
        let dir = Dir::open(place.path())?.ok_or("missing")?;
        let sub = dir.make_child("sub", 0o777)?;
        fs::write(place.path().join("sub/b"), "x")?;
        let found = sub.look("b")?.ok_or("b")?;
        assert_eq!((found.kind, found.size), (Kind::File, 1));
        dir.make_link("l", b"no \xff where")?;
        assert_eq!(dir.read_link("l")?, b"no \xff where");
        assert_eq!(dir.look("l")?.map(|found| found.kind), Some(Kind::Link));
        sub.rename_into("b", &dir, "l")?;
        let mut file = dir.open_to_read("l")?;
        file.set_mode(0o750)?;
        assert_eq!(fs::metadata(place.path().join("l"))?.permissions().mode() & 0o777, 0o750);
        Ok(())
    }
}
