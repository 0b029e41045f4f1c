//! A file on its way to its name.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use rustix::fs::OFlags;

use crate::dir::Dir;
use crate::error::FileError;
use crate::exchange::Replaced;
use crate::mode;
use crate::open::OpenFile;
use crate::random;

/// A whole, synced file under a name that readers skip (`.tmp-…`), locked while this lives. Dropped unpublished, it is
/// removed; killed, its lock is free and the next reader that lists the directory sweeps it.
#[derive(Debug)]
pub struct Temporary<'d> {
    dir: &'d Dir,
    name: OsString,
    file: OpenFile,
    published: bool,
}

impl Dir {
    /// Writes `parts` one after the other to a temporary file, 0600, and brings it to the disk.
    ///
    /// # Errors
    /// What the system says, a full disk above all; nothing is left behind then.
    pub fn temporary(&self, parts: &[&[u8]]) -> Result<Temporary<'_>, FileError> {
        self.temporary_called(".tmp-", parts, true, 0o600)
    }

    /// Puts `content` in the place of the file `name`, at once, mode 0600. For a file that is ours alone and can be made
    /// again: it is not brought to the disk, and of two writers at once the last one wins.
    ///
    /// # Errors
    /// What the system says.
    pub fn put(&self, name: impl AsRef<OsStr>, content: &[u8]) -> Result<(), FileError> {
        self.temporary_called(crate::foreign::TEMPORARY, &[content], false, 0o600)?.replace(name).map(drop)
    }

    /// The same under a name that starts with `prefix`, with `mode` as the umask leaves it; brought to the disk only
    /// when `durable`.
    pub(crate) fn temporary_called(
        &self,
        prefix: &str,
        parts: &[&[u8]],
        durable: bool,
        mode: u32,
    ) -> Result<Temporary<'_>, FileError> {
        self.temporary_named(temporary_name(prefix)?, parts, durable, mode)
    }

    /// The same under the name `name`.
    pub(crate) fn temporary_named(
        &self,
        name: OsString,
        parts: &[&[u8]],
        durable: bool,
        mode: u32,
    ) -> Result<Temporary<'_>, FileError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, &name, flags, mode::mode(mode))
            .map_err(self.error("create", &name))?;
        let file = OpenFile::new(fd, self.path_of(&name))?;
        let mut temporary = Temporary { dir: self, name, file, published: false };
        // Where there are no locks, only its age protects it from being swept.
        let _ = temporary.file.lock()?;
        temporary.fill(parts, durable).map_err(self.error("write", &temporary.name))?;
        Ok(temporary)
    }
}

/// A name that starts with `prefix` and that no file has.
pub(crate) fn temporary_name(prefix: &str) -> Result<OsString, FileError> {
    let digits = u64::from_ne_bytes(random()?);
    Ok(OsString::from(format!("{prefix}{digits:016x}")))
}

impl Temporary<'_> {
    fn fill(&mut self, parts: &[&[u8]], durable: bool) -> std::io::Result<()> {
        let file = self.file.file();
        for part in parts {
            file.write_all(part)?;
        }
        if durable { file.sync_data() } else { Ok(()) }
    }

    pub(crate) fn file(&mut self) -> &std::fs::File {
        self.file.file()
    }

    /// Has it stay under the name that it has.
    pub(crate) fn keep(&mut self) {
        self.published = true;
    }

    /// Gives it the name `name`; false when that is taken, and then it can be tried with another.
    ///
    /// # Errors
    /// What the system says.
    pub fn publish(&mut self, name: impl AsRef<OsStr>) -> Result<bool, FileError> {
        self.published = self.dir.rename_new(&self.name, self.dir, name)?;
        Ok(self.published)
    }

    /// Puts it in the place of `name`, if what has that name is what `is_expected` accepts, see [`Dir::replace_if`]; the old
    /// file is removed then.
    ///
    /// # Errors
    /// As for [`Dir::replace_if`].
    pub fn replace_if(
        mut self,
        name: impl AsRef<OsStr>,
        is_expected: impl FnMut(&Dir, &OsStr) -> Result<bool, FileError>,
    ) -> Result<Replaced, FileError> {
        // Whatever goes wrong, another program's file may have this name by then, which only what is found here decides.
        self.published = true;
        let replaced = self.dir.replace_if(&self.name, self.dir, name, is_expected);
        let is_own = || self.dir.open_to_read(&self.name).is_ok_and(|there| there.is_same(&self.file));
        if matches!(replaced, Ok(Replaced::Done)) || is_own() {
            // What cannot be removed is swept later.
            let _ = self.dir.remove(&self.name);
        }
        replaced
    }

    /// Puts it in the place of `name`, and gives back the open file with its lock.
    ///
    /// # Errors
    /// What the system says; `name` is as it was then.
    pub fn replace(mut self, name: impl AsRef<OsStr>) -> Result<OpenFile, FileError> {
        self.dir.rename_over(&self.name, name.as_ref())?;
        self.published = true;
        // The same open file twice: the lock belongs to both, so dropping the first does not free it.
        let file = self.file.file().try_clone().map_err(self.dir.error("open", name.as_ref()))?;
        OpenFile::new(file.into(), self.dir.path_of(name))
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.published {
            // What could not be removed is swept later.
            let _ = self.dir.remove(&self.name);
        }
    }
}
