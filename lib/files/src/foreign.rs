//! Files that belong to users and other programs, outside of the store.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Uid};
use rustix::io::Errno;

use crate::attributes;
use crate::dir::{Dir, Kind};
use crate::error::{FileError, no_file};
use crate::exchange::Replaced;
use crate::in_place::{self, is_mount_point, overwrite};
use crate::mode;
use crate::open::Lock;
use crate::temporary::{Temporary, temporary_name};

/// What an edit of such a file is called until it is whole. Left behind only by a killed program.
pub(crate) const TEMPORARY: &str = ".agent-handoff-tmp-";

/// Links that lead to links, as far as systems follow them.
const LINKS: usize = 40;

/// A file as it was when it was read. Links to it stay links: what they lead to is edited.
#[derive(Debug)]
pub struct Foreign {
    path: PathBuf,
    /// Where it really is.
    place: PathBuf,
    content: Option<Vec<u8>>,
    mode: u32,
    owner: Option<(u32, u32)>,
    /// How many names it has.
    links: u64,
    /// Whether a new one is for whoever the umask lets at it.
    shared: bool,
}

impl Foreign {
    /// Reads the file at `path`, at most `limit` bytes of it. One that is not there has no content.
    ///
    /// # Errors
    /// What the system says; `InvalidInput` when it is no regular file, `FileTooLarge` when it is longer.
    pub fn read(path: &Path, limit: u64) -> Result<Self, FileError> {
        let place = follow(path)?;
        let missing = |place| Self {
            path: path.to_owned(),
            place,
            content: None,
            mode: 0o600,
            owner: None,
            links: 1,
            shared: false,
        };
        let found = match std::fs::metadata(&place) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(missing(place)),
            Err(error) => return Err(FileError::new("look at", path)(error)),
        };
        if !found.is_file() {
            return Err(FileError::new("read", path)(no_file(mode::file_type(found.mode()))));
        }
        let content =
            crate::read_file(&place, limit).map_err(|error| FileError::new("read", path)(error.source))?;
        Ok(Self {
            path: path.to_owned(),
            place,
            content: Some(content),
            mode: found.mode() & 0o7777,
            owner: Some((found.uid(), found.gid())),
            links: found.nlink(),
            shared: false,
        })
    }

    /// The same, but one that is not there is made as other programs make theirs, 0666 as the umask leaves it, and not
    /// 0600: for what lies in a project.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// The path it was asked for by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it is in, or will be: of what it leads to, when it is a link.
    pub fn directory(&self) -> Option<PathBuf> {
        let directory = self.place.parent()?;
        Some(if self.place == self.path { directory.to_owned() } else { crate::canonical(directory) })
    }

    /// Where it really is, links followed, also when nothing is there yet: two paths of one file have the same.
    pub fn place(&self) -> PathBuf {
        match (self.directory(), self.place.file_name()) {
            (Some(directory), Some(name)) => crate::canonical(&directory).join(name),
            _ => self.place.clone(),
        }
    }

    /// What is in it; None when it is not there.
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// Its permission bits; those of a new one where it is not there.
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// Fails unless it may be changed: the file is not read-only, also where root could write to it all the same, nor is
    /// what it is mounted from, one with several names can be written to, and its directory can take another.
    ///
    /// # Errors
    /// `PermissionDenied`, or what the system says.
    pub fn check_writable(&self) -> Result<(), FileError> {
        if self.content.is_some() && self.mode & 0o200 == 0 {
            return Err(FileError::new("change", &self.path)(Errno::ACCESS));
        }
        if self.content.is_some()
            && let Err(error) = rustix::fs::access(&self.place, rustix::fs::Access::WRITE_OK)
            && (error == Errno::ROFS || self.links > 1)
        {
            return Err(FileError::new("change", &self.path)(error));
        }
        let mut dir = self.place.parent();
        while let Some(path) = dir {
            if let Some(dir) = Dir::open(path)? {
                return dir
                    .check_writable()
                    .map_err(|error| FileError::new("change", &self.path)(error.source));
            }
            dir = path.parent();
        }
        Ok(())
    }

    /// Puts `content` in its place, whole or not at all, with the mode, the owner and the extended attributes that it had. Its
    /// directory must exist. A mount point, a file with several names and one with an attribute that no new file can be given
    /// are written to where they are, see [`crate::in_place`].
    ///
    /// # Errors
    /// What the system says; `ResourceBusy` when another program changed it since it was read, up to the call that replaces
    /// it. It is as that program left it then.
    pub fn replace(&self, content: &[u8]) -> Result<(), FileError> {
        let (dir, name) = self.unchanged()?;
        let Some(old) = &self.content else {
            let temporary = if self.shared {
                let made = dir.temporary_called(TEMPORARY, &[content], true, 0o666);
                made.map_err(|error| self.own(error))?
            } else {
                self.temporary(&dir, content, self.mode, true)?
            };
            self.take_place(temporary, &dir, name, content)?;
            return dir.sync();
        };
        let temporary = if self.links > 1 { None } else { self.equal(&dir, name, content)? };
        let replaced = match temporary {
            Some(temporary) => self.take_place(temporary, &dir, name, content),
            None if overwrite(&dir, name, &self.path, old, content)? => Ok(()),
            None => Err(self.changed()),
        };
        replaced?;
        dir.sync()
    }

    /// A temporary file with `content` and all else that the file has; `None` if there can be none.
    fn equal<'d>(
        &self,
        dir: &'d Dir,
        name: &OsStr,
        content: &[u8],
    ) -> Result<Option<Temporary<'d>>, FileError> {
        let mut temporary = self.temporary(dir, content, self.mode, true)?;
        let mut old = dir.open_to_read(name).map_err(|error| self.own(error))?;
        let is_equal = attributes::copy(old.file(), temporary.file()).is_ok();
        Ok(is_equal.then_some(temporary))
    }

    /// An error of a temporary as one of the file, whose name the user knows.
    fn own(&self, error: FileError) -> FileError {
        FileError::new("change", &self.path)(error.source)
    }

    /// The same for a file that is ours alone: another takes the place of it, with `mode`, and without what was noted of the
    /// old one. It is brought to the disk only when `durable`, which costs milliseconds that a file that can be made again is
    /// not worth.
    ///
    /// # Errors
    /// As for [`Foreign::replace`].
    pub fn put(&self, content: &[u8], mode: u32, durable: bool) -> Result<(), FileError> {
        let (dir, name) = self.unchanged()?;
        self.take_place(self.temporary(&dir, content, mode, durable)?, &dir, name, content)?;
        if durable { dir.sync() } else { Ok(()) }
    }

    /// A temporary file with `content` and `mode`, and the owner that the file has.
    fn temporary<'d>(
        &self,
        dir: &'d Dir,
        content: &[u8],
        mode: u32,
        durable: bool,
    ) -> Result<Temporary<'d>, FileError> {
        let temporary = dir.temporary_called(TEMPORARY, &[content], durable, 0o600);
        let mut temporary = temporary.map_err(|error| self.own(error))?;
        let error = || FileError::new("change", &self.path);
        rustix::fs::fchmod(temporary.file(), mode::mode(mode)).map_err(error())?;
        if let Some((user, group)) = self.owner {
            // Only root may give files away, and only root would take them.
            let _ =
                rustix::fs::fchown(temporary.file(), Some(Uid::from_raw(user)), Some(Gid::from_raw(group)));
        }
        Ok(temporary)
    }

    /// Gives the temporary file its name, if what has that name is still what was read.
    fn take_place(
        &self,
        mut temporary: Temporary<'_>,
        dir: &Dir,
        name: &OsStr,
        content: &[u8],
    ) -> Result<(), FileError> {
        let replaced = match &self.content {
            None => temporary.publish(name).map_err(|error| self.own(error))?,
            Some(old) => match temporary.replace_if(name, |dir, name| self.is_at(dir, name)) {
                Err(error) if is_mount_point(&error) => overwrite(dir, name, &self.path, old, content)?,
                replaced => replaced? == Replaced::Done,
            },
        };
        if replaced { Ok(()) } else { Err(self.changed()) }
    }

    /// Removes it. A mount point is emptied: only who mounted it can remove it.
    ///
    /// # Errors
    /// As for [`Foreign::replace`].
    pub fn remove(&self) -> Result<(), FileError> {
        let (dir, name) = self.unchanged()?;
        if let Some(old) = &self.content {
            // Killed in between, it is removed, and the rest of it is swept.
            let aside = temporary_name(TEMPORARY)?;
            let removed = match dir.move_away_if(name, &dir, &aside, |dir, name| self.is_at(dir, name)) {
                Err(error) if is_mount_point(&error) => overwrite(&dir, name, &self.path, old, b"")?,
                moved => moved? == Replaced::Done,
            };
            if !removed {
                return Err(self.changed());
            }
            dir.remove(aside)?;
        }
        dir.sync()
    }

    /// Whether `name` in `dir` is the file that was read: its content, mode, owner and number of names.
    fn is_at(&self, dir: &Dir, name: &OsStr) -> Result<bool, FileError> {
        let Some(content) = &self.content else { return Ok(dir.kind_of(name)?.is_none()) };
        if dir.kind_of(name)? != Some(Kind::File) {
            return Ok(false);
        }
        let mut file = dir.open_to_read(name)?;
        let access = file.access()?;
        let is_owner = self.owner.is_none_or(|(owner, _)| owner == access.owner);
        Ok(is_owner
            && file.links()? == self.links
            && access.mode == self.mode
            && file.read(content.len() as u64 + 1)? == *content)
    }

    fn changed(&self) -> FileError {
        let words = "another program changed it meanwhile; what it wrote stays, try again";
        FileError::new("change", &self.path)(std::io::Error::new(std::io::ErrorKind::ResourceBusy, words))
    }

    /// Removes what killed programs left beside it.
    ///
    /// # Errors
    /// What the system says.
    pub fn sweep(&self) -> Result<(), FileError> {
        match self.place.parent().map(Dir::open).transpose()?.flatten() {
            Some(dir) => Self::sweep_directory(&dir),
            None => Ok(()),
        }
    }

    /// Removes what killed programs left in `dir`, and gives a file back that one of them had taken out of its place or not
    /// written as a whole.
    ///
    /// # Errors
    /// What the system says.
    pub fn sweep_directory(dir: &Dir) -> Result<(), FileError> {
        for entry in dir.entries()? {
            if !entry.name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) {
                continue;
            }
            // Its lock is held until it is dealt with. A link has none.
            let held = dir.open_file(&entry.name).ok().filter(|file| matches!(file.lock(), Ok(Lock::Taken)));
            let is_left = entry.kind == Kind::Link || held.is_some();
            // Another program may have dealt with it meanwhile.
            if is_left
                && dir.kind_of(&entry.name)?.is_some()
                && !in_place::recover(dir, &entry.name)?
                && !dir.restore(&entry.name)?
            {
                dir.remove(&entry.name)?;
            }
        }
        Ok(())
    }

    /// Its directory and name, after a look whether it is still as it was read.
    fn unchanged(&self) -> Result<(Dir, &OsStr), FileError> {
        let now = Self::read(&self.path, self.content.as_ref().map_or(0, |old| old.len() as u64));
        match now {
            Ok(now) if now.content == self.content && now.place == self.place => {}
            Err(error) if error.kind() != std::io::ErrorKind::FileTooLarge => return Err(error),
            _ => return Err(self.changed()),
        }
        let no_file = || FileError::new("change", &self.path)(Errno::ISDIR);
        let name = self.place.file_name().ok_or_else(no_file)?;
        let parent = self.place.parent().ok_or_else(no_file)?;
        let dir = Dir::open(parent)?.ok_or_else(|| FileError::new("open", parent)(Errno::NOENT))?;
        Ok((dir, name))
    }
}

/// Where `path` leads, also when nothing is there yet.
fn follow(path: &Path) -> Result<PathBuf, FileError> {
    let mut place = path.to_owned();
    for links in 0..LINKS {
        let Ok(target) = std::fs::read_link(&place) else {
            // A link may lead through directories that are not there, and out of them again.
            return Ok(match (place.parent(), place.file_name()) {
                (Some(parent), Some(name)) if links > 0 => crate::canonical(parent).join(name),
                _ => place,
            });
        };
        place = place.parent().unwrap_or(Path::new("/")).join(target);
    }
    Err(FileError::new("follow", path)(Errno::LOOP))
}
