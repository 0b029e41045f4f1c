//! A handoff that one process has taken.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use handoff_document::{Timestamp, stamped};
use handoff_files::{Dir, FileError, Lock, OpenFile};
use rustix::process::Pid;

use crate::LARGEST;
use crate::inbox::{Inbox, changed, suffix};
use crate::listing::Waiting;

const PREFIX: &[u8] = b".claim-";

/// How many digits the process id has in our claims. The bash program writes its id without padding and reads both
/// alike, so the padding tells whose claim it is: ours holds a lock for as long as it lives, its does not.
const PADDED: usize = 10;

/// How long a claim without a lock is respected while some process has its id, in seconds. No hook lives longer than
/// its host lets it (600 s); after that the id is another process's.
const LONGEST_UNLOCKED: i64 = 3600;

/// `.claim-<pid>-<name>`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClaimName {
    pid: u64,
    locks: bool,
    pub(crate) name: OsString,
}

impl ClaimName {
    pub(crate) fn parse(held_as: &OsStr) -> Option<Self> {
        let rest = held_as.as_bytes().strip_prefix(PREFIX)?;
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let name = rest[digits..].strip_prefix(b"-").filter(|name| name.ends_with(b".md"))?;
        let pid = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        Some(Self { pid, locks: digits == PADDED, name: OsStr::from_bytes(name).to_owned() })
    }

    /// The name that a claim's bytes hold.
    pub(crate) fn strip(held_as: &[u8]) -> Option<&[u8]> {
        let rest = held_as.strip_prefix(PREFIX)?;
        rest.splitn(2, |&b| b == b'-').nth(1)
    }

    fn ours(name: &OsStr) -> OsString {
        let mut held_as = OsString::from(format!(".claim-{:0PADDED$}-", std::process::id()));
        held_as.push(name);
        held_as
    }

    /// Whether whoever made the claim `held_as` in `unread` is gone.
    pub(crate) fn is_abandoned(&self, unread: &Dir, held_as: &OsStr) -> bool {
        // Not to be opened means not to be taken over: leave it to whoever can.
        let Ok(file) = unread.open_file(held_as) else { return false };
        self.is_free(&file)
    }

    fn is_free(&self, file: &OpenFile) -> bool {
        match file.lock() {
            Ok(Lock::Taken) if self.locks => true,
            Ok(Lock::Taken | Lock::Unsupported) => !self.may_live(file),
            Ok(Lock::Busy) | Err(_) => false,
        }
    }

    /// By its process id, for claims without a lock.
    fn may_live(&self, file: &OpenFile) -> bool {
        let age = Timestamp::now().seconds().saturating_sub(file.changed());
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // Process 0 is nobody; the bash program's own test takes it for a live one.
        let lives =
            pid.is_none_or(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH));
        lives && age < LONGEST_UNLOCKED
    }
}

/// A handoff that this process has taken, and nobody else can while this lives. Dropped, it goes back to `unread/`;
/// killed, its lock is free and the next reader takes it over.
#[derive(Debug)]
pub struct Claim<'i> {
    inbox: &'i Inbox,
    file: OpenFile,
    held_as: OsString,
    name: OsString,
    archive_name: OsString,
    settled: bool,
}

/// Who was given a handoff, and when: what is stamped on it.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The time of reading.
    pub at: Timestamp,
    /// The reading session's id, when the host gave one.
    pub by: Option<String>,
    /// Whether that session repeated the sentinel, which shows that the model read it.
    pub is_acknowledged: bool,
}

impl Inbox {
    /// Takes `waiting`; None when somebody else was faster.
    ///
    /// The lock comes before the rename, so a claim of ours is never seen unlocked while we live.
    ///
    /// # Errors
    /// What the system says.
    pub fn claim(&self, waiting: &Waiting, archive: &Dir) -> Result<Option<Claim<'_>>, FileError> {
        let unread = self.unread()?;
        let gone = |error: &FileError| error.kind() == std::io::ErrorKind::NotFound;
        let file = match unread.open_file(waiting.held_as()) {
            Err(error) if gone(&error) => return Ok(None),
            other => other?,
        };
        // A stale claim is judged again now that it is open: it may have been taken since the listing.
        let free = match ClaimName::parse(waiting.held_as()) {
            Some(claim) => claim.is_free(&file),
            None => file.lock()? != Lock::Busy,
        };
        if !free {
            return Ok(None);
        }
        let held_as = ClaimName::ours(waiting.name());
        match unread.rename_new(waiting.held_as(), unread, &held_as) {
            Ok(true) => {}
            // In a container every hook may have the same process id: the stale claim has our name already.
            Ok(false) if waiting.held_as() == held_as => {}
            Ok(false) => return Ok(None),
            Err(error) if gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        let name = waiting.name().to_owned();
        let mut claim =
            Claim { inbox: self, file, held_as, archive_name: name.clone(), name, settled: false };
        // Between opening and renaming the name may have passed to another file, which was not locked. That one is given
        // back, unless another process has taken it for an abandoned claim meanwhile.
        match unread.open_file(&claim.held_as) {
            Ok(held) if claim.file.is_same(&held) => {}
            Ok(_) => return Ok(None),
            Err(error) if gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        claim.archive_name = free_name(archive, &claim.name)?;
        Ok(Some(claim))
    }
}

impl Claim<'_> {
    /// The handoff's file name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Where it will be once it is archived.
    pub fn archive_path(&self) -> PathBuf {
        self.inbox.read_path().join(&self.archive_name)
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// Its bytes; of one over [`LARGEST`] only the first MiB.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self) -> Result<Vec<u8>, FileError> {
        content(&mut self.file)
    }

    /// Stamps it and moves it to the archive; gives the path that it has there. `content` is what [`Claim::read`] gave.
    ///
    /// What cannot be stamped, because it has no frontmatter or the disk is full, is archived as it is: a receipt is
    /// not worth showing a handoff twice.
    ///
    /// # Errors
    /// What the system says; the handoff goes back to `unread/` then.
    pub fn archive(mut self, archive: &Dir, content: &[u8], receipt: &Receipt) -> Result<PathBuf, FileError> {
        let unread = self.inbox.unread()?;
        if self.file.size() <= LARGEST {
            // The lock passes from the old file to the new one before the old one is gone.
            if let Some(file) = stamp(unread, &self.held_as, content, receipt) {
                self.file = file;
            }
        }
        while !unread.rename_new(&self.held_as, archive, &self.archive_name)? {
            self.archive_name = with_suffix(&self.name)?;
        }
        self.settled = true;
        Ok(self.archive_path())
    }

    /// Moves it to the `unread/` of `target` and sets `fields`; `content` is what [`Claim::read`] gave.
    ///
    /// It stays a claim on its way, so that no reader meets it half changed. The rename into `target` comes first: a
    /// process that is killed before it leaves a claim that is the source's, and one that is killed after it leaves a
    /// claim that is the target's, which only still names the worktree that it came from (see
    /// [`is_elsewhere`](crate::is_elsewhere)). Either is taken over by the next reader. Returns the name that it has there.
    ///
    /// # Errors
    /// What the system says; until it is in `target`, the handoff goes back to where it was then.
    pub fn transfer(
        mut self,
        target: &Inbox,
        content: &[u8],
        fields: &[(&str, Option<&str>)],
    ) -> Result<OsString, FileError> {
        let (source, unread) = (self.inbox.unread()?, target.unread()?);
        let changed = if self.file.size() <= LARGEST { changed(unread, content, fields)? } else { None };
        let mut name = self.name.clone();
        let mut held_as = ClaimName::ours(&name);
        while self.inbox.path() != target.path() && !source.rename_new(&self.held_as, unread, &held_as)? {
            name = with_suffix(&self.name)?;
            held_as = ClaimName::ours(&name);
        }
        self.settled = true;
        if let Some(Ok(file)) = changed.map(|changed| changed.replace(&held_as)) {
            // The lock passes from the old file to the new one before the old one is gone. What cannot be changed is
            // moved as it is.
            self.file = file;
        }
        let mut published = name.clone();
        while !unread.rename_new(&held_as, unread, &published)? {
            published = with_suffix(&name)?;
        }
        Ok(published)
    }

    /// Puts `content` in the place of its bytes and gives it back to `unread/`; returns the name that it has there.
    ///
    /// The new bytes are on the disk under the claim's name before it is a handoff again, so that no reader meets a part of
    /// them, and a process that is killed in between leaves a claim that is whole.
    ///
    /// # Errors
    /// What the system says; the handoff goes back to `unread/` then.
    pub fn rewrite(mut self, content: &[u8]) -> Result<OsString, FileError> {
        // The lock passes from the old file to the new one before the old one is gone.
        let unread = self.inbox.unread()?;
        self.file = unread.temporary(&[content])?.replace(&self.held_as)?;
        let name = self.give_back()?;
        self.settled = true;
        // The writer's draft goes next.
        unread.sync()?;
        Ok(name)
    }

    /// Deletes it for good: no copy of it is kept.
    ///
    /// # Errors
    /// What the system says; the handoff goes back to `unread/` then.
    pub fn delete(mut self) -> Result<(), FileError> {
        self.inbox.unread()?.remove(&self.held_as)?;
        self.settled = true;
        Ok(())
    }

    /// Gives it back to `unread/`; returns the name that it has there.
    fn give_back(&mut self) -> Result<OsString, FileError> {
        let unread = self.inbox.unread()?;
        let mut name = self.name.clone();
        while !unread.rename_new(&self.held_as, unread, &name)? {
            name = with_suffix(&self.name)?;
        }
        Ok(name)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.settled {
            // Failing leaves an unlocked claim, which the next reader takes over.
            let _ = self.give_back();
        }
    }
}

/// The bytes of a handoff; of one over [`LARGEST`] only the first MiB.
pub(crate) fn content(file: &mut OpenFile) -> Result<Vec<u8>, FileError> {
    const BEGINNING: u64 = 1 << 20;
    let limit = if file.size() > LARGEST { BEGINNING } else { LARGEST };
    file.read(limit)
}

fn stamp(unread: &Dir, held_as: &OsStr, content: &[u8], receipt: &Receipt) -> Option<OpenFile> {
    let at = receipt.at.to_string();
    // One that was restored names an earlier reader.
    let fields = [
        ("received_at", Some(at.as_str())),
        ("received_by", receipt.by.as_deref()),
        ("acknowledged", receipt.is_acknowledged.then_some("true")),
    ];
    let (head, body) = stamped(content, &fields)?;
    unread.temporary(&[&head, body]).ok()?.replace(held_as).ok()
}

fn free_name(archive: &Dir, name: &OsStr) -> Result<OsString, FileError> {
    Ok(if archive.kind_of(name)?.is_none() { name.to_owned() } else { with_suffix(name)? })
}

/// `x.md` as `x-<5 hex>.md`.
pub(crate) fn with_suffix(name: &OsStr) -> Result<OsString, FileError> {
    let bytes = name.as_bytes();
    let stem = bytes.strip_suffix(b".md").unwrap_or(bytes);
    let mut suffixed = OsStr::from_bytes(stem).to_owned();
    suffixed.push(format!("-{}.md", suffix()?));
    Ok(suffixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_names_its_owner_and_its_handoff() {
        let parse = |held_as: &str| ClaimName::parse(OsStr::new(held_as));
        let claim = |pid, locks, name: &str| Some(ClaimName { pid, locks, name: name.into() });
        assert_eq!(parse(".claim-4711-a-b.md"), claim(4711, false, "a-b.md"));
        assert_eq!(parse(".claim-0-x.md"), claim(0, false, "x.md"));
        assert_eq!(parse(".claim-0000004711-x.md"), claim(4711, true, "x.md"));
        for other in
            [".claim--x.md", ".claim-x.md", ".claim-12", ".claim-12-x", "claim-12-x.md", ".claim-1a-x.md"]
        {
            assert_eq!(parse(other), None, "{other}");
        }
        let ours = ClaimName::ours(OsStr::new("x.md"));
        assert_eq!(ClaimName::parse(&ours), claim(u64::from(std::process::id()), true, "x.md"));
        assert_eq!(ClaimName::strip(ours.as_bytes()), Some(&b"x.md"[..]));
    }
}
