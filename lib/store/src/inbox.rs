//! One worktree's inbox.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use handoff_address::Address;
use handoff_document::{Document, FileName, stamped};
use handoff_files::{Dir, FileError, Kind, Lock, OpenFile, Temporary, random};

use crate::claim::with_suffix;
use crate::listing::{Listing, Waiting, newest_first, sweep};
use crate::{HEAD, StoreError};

pub(crate) const UNREAD: &str = "unread";
pub(crate) const READ: &str = "read";

/// One worktree's inbox.
#[derive(Debug)]
pub struct Inbox {
    pub(crate) dir: Dir,
    unread: Option<Dir>,
    slug: String,
    key: String,
}

impl Inbox {
    pub(crate) fn open(dir: Dir, slug: &str, key: &str) -> Result<Self, FileError> {
        let unread = dir.child(UNREAD)?;
        Ok(Self { dir, unread, slug: slug.to_owned(), key: key.to_owned() })
    }

    /// The inbox's own directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The recipient's slug, shared by the worktrees of a project.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The recipient's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where what was shown is kept.
    pub fn read_path(&self) -> PathBuf {
        self.dir.path_of(READ)
    }

    /// Where what waits is.
    pub fn unread_path(&self) -> PathBuf {
        self.dir.path_of(UNREAD)
    }

    pub(crate) fn exists(&self) -> bool {
        self.unread.is_some() || matches!(self.dir.kind_of(READ), Ok(Some(Kind::Directory)))
    }

    pub(crate) fn unread(&self) -> Result<&Dir, FileError> {
        self.unread.as_ref().ok_or_else(|| {
            FileError::new("open", &self.unread_path())(std::io::Error::from(std::io::ErrorKind::NotFound))
        })
    }

    /// Another directory of the inbox, for what is recorded beside the handoffs; `None` when it is not there.
    ///
    /// # Errors
    /// What the system says; a symbolic link in the way is an error.
    pub fn child(&self, name: &str) -> Result<Option<Dir>, FileError> {
        self.dir.child(name)
    }

    /// The same, made when it is not there. Its name need not be on disk when this returns.
    ///
    /// # Errors
    /// As for [`Inbox::child`].
    pub fn create_child(&self, name: &str) -> Result<Dir, FileError> {
        self.dir.create_unsynced(name)
    }

    /// The archive, made when it is not there.
    ///
    /// # Errors
    /// What the system says, above all that something else stands there or that it cannot be written to.
    pub fn archive(&self) -> Result<Dir, FileError> {
        let archive = self.dir.create_child(READ)?;
        archive.check_writable()?;
        Ok(archive)
    }

    /// Fails unless this process may move files from `unread/` to `archive`. A file that it may not move all the same is
    /// the only one of its kind then.
    ///
    /// # Errors
    /// What the system says.
    pub fn check_movable(&self, archive: &Dir) -> Result<(), FileError> {
        self.unread()?.check_writable()?;
        archive.check_writable()
    }

    /// What waits here, newest first. Claims whose owner is gone are among it, and what dead writers left is swept.
    ///
    /// # Errors
    /// What the system says.
    pub fn waiting(&self) -> Result<Listing, FileError> {
        self.unread.as_ref().map(Listing::of).transpose().map(Option::unwrap_or_default)
    }

    /// The first 64 KiB of a waiting handoff, without claiming it.
    ///
    /// # Errors
    /// What the system says.
    pub fn peek(&self, waiting: &Waiting) -> Result<Vec<u8>, FileError> {
        self.unread()?.open_file(waiting.held_as())?.read(HEAD)
    }

    /// All of a waiting handoff, without claiming it.
    ///
    /// # Errors
    /// What the system says.
    pub fn peek_whole(&self, waiting: &Waiting) -> Result<Vec<u8>, FileError> {
        self.unread()?.open_file(waiting.held_as())?.read(crate::LARGEST)
    }

    /// A waiting handoff as [`Claim::read`](crate::Claim::read) gives it, without claiming it, and its size in bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_in_place(&self, waiting: &Waiting) -> Result<(Vec<u8>, u64), FileError> {
        let mut file = self.unread()?.open_file(waiting.held_as())?;
        Ok((crate::claim::content(&mut file)?, file.size()))
    }

    /// What the last look at the repository's remote left here, at most 4 kB; `None` where it left nothing.
    pub fn mail_notice(&self) -> Option<Vec<u8>> {
        self.unread().ok()?.open_file(crate::MAIL_NOTICE).ok()?.read(4 << 10).ok()
    }

    /// Puts a handoff here under `name`, or under `name` with a random suffix when that is taken.
    ///
    /// # Errors
    /// What the system says; nothing is left behind then.
    pub fn deliver(&self, name: &FileName, parts: &[&[u8]]) -> Result<PathBuf, StoreError> {
        let unread = self.dir.create_child(UNREAD)?;
        let name = publish(&unread, name, parts)?;
        Ok(unread.path_of(name))
    }

    /// The worktree that this inbox is of, as the newest handoff says that names a worktree of this address. `None` when
    /// none of the newest does.
    ///
    /// # Errors
    /// What the system says.
    pub fn worktree(&self) -> Result<Option<PathBuf>, FileError> {
        const EXAMINED: usize = 20;
        let waiting = self.waiting()?.handoffs;
        let archived = self.archived()?;
        let unread = waiting.iter().take(EXAMINED).map(|waiting| self.peek(waiting));
        let read = archived.iter().take(EXAMINED).map(|name| self.read_archived(name, HEAD));
        // What a killed move left still names the worktree that it came from.
        let is_own = |path: &PathBuf| {
            let address = Address::of(path);
            address.slug() == self.slug && address.key() == self.key
        };
        let named = |bytes: Vec<u8>| Document::parse(&bytes).field("to_path").map(PathBuf::from);
        Ok(unread.chain(read).filter_map(Result::ok).filter_map(named).find(is_own))
    }

    /// The names in the archive, newest first. What a killed move left there is swept.
    ///
    /// # Errors
    /// What the system says.
    pub fn archived(&self) -> Result<Vec<OsString>, FileError> {
        let Some(archive) = self.dir.child(READ)? else { return Ok(Vec::new()) };
        let entries = archive.entries()?.into_iter().inspect(|entry| sweep(&archive, entry));
        let files = entries.filter(|entry| entry.kind == Kind::File && is_handoff_name(&entry.name));
        Ok(newest_first(&archive, files.map(|entry| entry.name).collect(), |name| name))
    }

    /// The first `limit` bytes of an archived handoff.
    ///
    /// # Errors
    /// What the system says, `NotFound` included.
    pub fn read_archived(&self, name: &OsStr, limit: u64) -> Result<Vec<u8>, FileError> {
        self.archive_dir()?.open_file(name)?.read(limit)
    }

    /// The first `limit` bytes of an unread handoff, by its file name.
    ///
    /// # Errors
    /// What the system says, `NotFound` included.
    pub fn read_unread(&self, name: &OsStr, limit: u64) -> Result<Vec<u8>, FileError> {
        self.unread()?.open_file(name)?.read(limit)
    }

    /// Puts an archived handoff back to `unread/`.
    ///
    /// # Errors
    /// What the system says, `NotFound` included.
    pub fn restore(&self, name: &OsStr) -> Result<Moved, FileError> {
        let unread = self.dir.create_child(UNREAD)?;
        let archive = self.archive_dir()?;
        let Some(_held) = held(&archive, name)? else { return Ok(Moved::Busy) };
        Ok(if archive.rename_new(name, &unread, name)? { Moved::Done } else { Moved::NameTaken })
    }

    /// Moves an archived handoff to the archive of `target`, under a name with a suffix when its own is taken there, and
    /// sets `fields`. The rename comes first: a process that is killed after it leaves a handoff that is in `target`, and
    /// only still names the worktree that it came from (see [`is_elsewhere`]).
    ///
    /// # Errors
    /// What the system says, `NotFound` included; the handoff is where it was then.
    pub fn transfer_archived(
        &self,
        name: &OsStr,
        target: &Self,
        fields: &[(&str, Option<&str>)],
    ) -> Result<Moved, FileError> {
        let (source, archive) = (self.archive_dir()?, target.archive()?);
        let Some(mut file) = held(&source, name)? else { return Ok(Moved::Busy) };
        let changed = match file.size() {
            0..=crate::LARGEST => changed(&archive, &file.read(crate::LARGEST)?, fields)?,
            _ => None,
        };
        let mut moved = name.to_owned();
        while self.path() != target.path() && !source.rename_new(name, &archive, &moved)? {
            moved = with_suffix(name)?;
        }
        if let Some(changed) = changed {
            // What cannot be changed is moved as it is. The lock is held until the new file, locked too, has the name.
            let _ = changed.replace(&moved);
        }
        drop(file);
        Ok(Moved::Done)
    }

    /// Puts a copy of an archived handoff with `fields` set into the `unread/` of `target`, published as a written one is.
    /// The archived one stays as it is, locked meanwhile: of two that copy it at the same time the second gets [`Copied::Busy`].
    ///
    /// # Errors
    /// What the system says, `NotFound` included, `FileTooLarge` when it has more than [`LARGEST`](crate::LARGEST) bytes;
    /// nothing is left in `target` then.
    pub fn copy_archived(
        &self,
        name: &OsStr,
        target: &Self,
        fields: &[(&str, Option<&str>)],
    ) -> Result<Copied, StoreError> {
        let Some(mut file) = held(&self.archive_dir()?, name)? else { return Ok(Copied::Busy) };
        if file.size() > crate::LARGEST {
            return Err(FileError::new("copy", file.path())(std::io::Error::from(
                std::io::ErrorKind::FileTooLarge,
            ))
            .into());
        }
        let content = file.read(crate::LARGEST)?;
        let unread = target.dir.create_child(UNREAD)?;
        let body = Document::parse(&content).body();
        let is_same = |there: Vec<u8>| Document::parse(&there).body() == body;
        if unread.open_file(name).and_then(|mut there| there.read(crate::LARGEST)).is_ok_and(is_same) {
            return Ok(Copied::WaitsThere);
        }
        let changed = stamped(&content, fields);
        let parts = changed.as_ref().map_or([&content[..], &[]], |(head, body)| [head, body]);
        publish_as(&unread, name.to_owned(), || with_suffix(name), &parts).map(Copied::As)
    }

    /// When an archived handoff was last written, which is when it was archived, in seconds since 1970.
    pub fn archived_at(&self, name: &OsStr) -> Option<i64> {
        self.archive_dir().ok()?.modified(name)
    }

    /// Removes an archived handoff for good if `is_meant` says so while no other process can move it: since it was listed
    /// it may have been restored and archived anew. `is_meant` is given its first 64 KiB and the time of its last change
    /// in seconds since 1970. False when it stays, also because another process moves it.
    ///
    /// # Errors
    /// What the system says, `NotFound` included.
    pub fn forget(&self, name: &OsStr, is_meant: impl Fn(&[u8], i64) -> bool) -> Result<bool, FileError> {
        self.forget_if(name, HEAD, is_meant)
    }

    /// The same, but `is_meant` is given all of it.
    ///
    /// # Errors
    /// What the system says, `NotFound` included.
    pub fn forget_whole(&self, name: &OsStr, is_meant: impl Fn(&[u8]) -> bool) -> Result<bool, FileError> {
        self.forget_if(name, crate::LARGEST, |content, _| is_meant(content))
    }

    fn forget_if(
        &self,
        name: &OsStr,
        limit: u64,
        is_meant: impl Fn(&[u8], i64) -> bool,
    ) -> Result<bool, FileError> {
        let archive = self.archive_dir()?;
        let Some(mut file) = held(&archive, name)? else { return Ok(false) };
        let content = file.read(limit)?;
        let is_meant = archive.modified(name).is_some_and(|modified| is_meant(&content, modified));
        if is_meant {
            archive.remove(name)?;
        }
        Ok(is_meant)
    }

    fn archive_dir(&self) -> Result<Dir, FileError> {
        let missing =
            || FileError::new("open", &self.read_path())(std::io::Error::from(std::io::ErrorKind::NotFound));
        self.dir.child(READ)?.ok_or_else(missing)
    }
}

/// What came of moving an archived handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was moved.
    Done,
    /// Another handoff has its name there.
    NameTaken,
    /// Another process is moving it.
    Busy,
}

/// What came of copying an archived handoff to another inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// It has this name there.
    As(OsString),
    /// One of the same name and body waits there already.
    WaitsThere,
    /// Another process is moving it.
    Busy,
}

/// `content` with `fields` set, in a locked temporary file of `dir`. `None` when it has no frontmatter to set them in.
pub(crate) fn changed<'d>(
    dir: &'d Dir,
    content: &[u8],
    fields: &[(&str, Option<&str>)],
) -> Result<Option<Temporary<'d>>, FileError> {
    stamped(content, fields).map(|(head, body)| dir.temporary(&[&head, body])).transpose()
}

/// The archived file `name`, locked, and the one that has that name: two that move it at the same time would leave two.
/// `None` when another process has it.
fn held(archive: &Dir, name: &OsStr) -> Result<Option<OpenFile>, FileError> {
    let file = archive.open_file(name)?;
    if file.lock()? == Lock::Busy {
        return Ok(None);
    }
    // Between opening and locking the name may have passed to another file, or be gone.
    let named = archive.open_file(name)?;
    Ok(file.is_same(&named).then_some(file))
}

/// Whether `document`, which lies in the inbox of `here`, is for another worktree that exists. Two paths can have one
/// inbox (`/x-y/z` and `/x/y/z`), so the inbox alone does not say whose a handoff is; one to a path that is gone belongs
/// to the worktree that took its place. One to a path that has another inbox was moved here, by a process that was killed
/// before it changed the address, or by hand: it belongs here, since no other worktree looks into this inbox.
pub fn is_elsewhere(document: &Document<'_>, here: &Path) -> bool {
    let Some(to) = document.field("to_path").map(Path::new) else { return false };
    if !to.is_absolute() || to == here || !handoff_files::is_directory(to) {
        return false;
    }
    let to = handoff_files::canonical(to);
    to != here && shares_inbox(&Address::of(&to), &Address::of(here))
}

fn shares_inbox(one: &Address, other: &Address) -> bool {
    (one.slug(), one.key()) == (other.slug(), other.key())
}

/// Whether readers take `name` for a handoff.
pub(crate) fn is_handoff_name(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.ends_with(b".md") && !name.starts_with(b".")
}

/// Five random hex digits, for a name that is taken.
pub(crate) fn suffix() -> Result<String, FileError> {
    let bytes: [u8; 4] = random()?;
    Ok(format!("{:05x}", u32::from_ne_bytes(bytes) & 0xF_FFFF))
}

/// Writes `parts` to a file in `dir` under `name` or `name` with a suffix; both the file and its name are on disk when
/// this returns.
pub(crate) fn publish(dir: &Dir, name: &FileName, parts: &[&[u8]]) -> Result<String, StoreError> {
    publish_as(dir, name.plain(), || Ok(name.with_suffix(&suffix()?)), parts)
}

/// The same under `first`, or under the names that `next` gives when that is taken.
fn publish_as<N: AsRef<OsStr>>(
    dir: &Dir,
    first: N,
    next: impl Fn() -> Result<N, FileError>,
    parts: &[&[u8]],
) -> Result<N, StoreError> {
    const TRIES: usize = 16;
    let mut temporary = dir.temporary(parts)?;
    let mut candidate = first;
    for _ in 0..TRIES {
        if temporary.publish(&candidate)? {
            return match dir.sync() {
                Ok(()) => Ok(candidate),
                // Refused means not there: whoever tries again must not leave it twice.
                Err(error) => {
                    dir.remove(&candidate)?;
                    Err(error.into())
                }
            };
        }
        candidate = next()?;
    }
    Err(StoreError::NoFreeName(dir.path().to_owned()))
}
