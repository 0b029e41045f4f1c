//! `.handover/` below a worktree's top: what is where, and how it comes there.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError, Kind, Lock, OpenFile};

use crate::bundle::Bundle;
use crate::commits::Moved;
use crate::error::BundleError;
use crate::git::Git;
use crate::path::{TreePath, hex};
use crate::policy::OWN_DIRECTORY;

/// A bundle's files.
pub(crate) const SUMMARY: &str = "summary.md";
pub(crate) const TRANSCRIPT: &str = "transcript.jsonl";
pub(crate) const WORKSPACE: &str = "workspace.patch";
pub(crate) const INDEX: &str = "index.patch";
pub(crate) const MANIFEST: &str = "manifest.json";
/// Commits that the base needs and no remote has. Beside what is hashed: the manifest names the newest of them as the base.
pub(crate) const COMMITS: &str = "commits.bundle";
pub(crate) const CLAIMED: &str = "claimed";
/// The handoff that announces a bundle, by its path. Beside what is hashed: it is only where to find it again.
pub(crate) const ANNOUNCEMENT: &str = "told";

/// What is not a bundle yet, or any more, starts with this.
const HIDDEN: &str = ".tmp-";
/// Held by whoever works in a hidden directory.
const LOCK: &str = "lock";
/// The same until it is held.
const UNHELD: &str = "lock.new";
/// Seconds after which a hidden directory that nobody can have locked, or a hidden file, is swept.
const STALE_AFTER_SECS: i64 = 3_600;
/// The most names that are looked at in `bundles/`.
const MAX_NAMES: usize = 10_000;

const IGNORE_FILE: &str = ".gitignore";
/// What keeps `.handover` out of git.
const IGNORE_ALL: &str = "*\n";
/// The same as versions wrote it that knew of no `wired.json`.
const IGNORED_ONCE: &str = "/apply.lock\n/undo/\n/bundles/.tmp-*\n";
/// What is never for others, where the user wants bundles tracked.
const IGNORE_OWN: &str = "/apply.lock\n/undo/\n/wired.json\n/bundles/.tmp-*\n";

/// The name of a bundle: `<YYYYMMDDTHHMMSSZ>-<topic>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundleId(String);

impl BundleId {
    /// The longest name, in bytes.
    const MAX_BYTES: usize = 100;
    /// The longest topic that is made, in bytes.
    const MAX_TOPIC_BYTES: usize = 60;

    /// The name of a bundle made at `created`. What may not stand in a topic becomes `-`.
    pub fn new(created: Timestamp, topic: &str) -> Self {
        let mut slug = String::new();
        for c in topic.chars() {
            match c {
                c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
                _ if slug.is_empty() || slug.ends_with('-') => {}
                _ => slug.push('-'),
            }
            if slug.len() == Self::MAX_TOPIC_BYTES {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        let slug = if slug.is_empty() { "work" } else { slug };
        Self(format!("{}-{slug}", created.compact()))
    }

    /// Takes a name that is one.
    pub fn parse(text: &str) -> Option<Self> {
        let topic = text.get(16..)?.strip_prefix('-')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let good = text.len() <= Self::MAX_BYTES && !topic.is_empty() && topic.chars().all(plain);
        (good && Timestamp::parse_compact(text.as_bytes()).is_some()).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it was made, as its name says.
    pub fn created(&self) -> Timestamp {
        Timestamp::parse_compact(self.0.as_bytes()).unwrap_or(Timestamp::from_seconds(0))
    }

    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}-{suffix}", self.0))
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `.handover` directory of a worktree.
#[derive(Debug)]
pub struct Handover {
    top: PathBuf,
    dir: Dir,
    left_out: Vec<TreePath>,
    /// From where the branch was moved forward for the next apply.
    pub(crate) moved: Option<Moved>,
}

/// A bundle in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: BundleId,
    /// Whether somebody took it.
    pub claimed: bool,
}

impl Handover {
    /// Opens that of the worktree at `top`; None when there is none.
    ///
    /// # Errors
    /// What the system says; a symbolic link in its place is an error.
    pub fn open(top: &Path) -> Result<Option<Self>, BundleError> {
        let top = handoff_files::canonical(top);
        let Some(worktree) = Dir::open(&top)? else { return Ok(None) };
        Ok(worktree.child(OWN_DIRECTORY)?.map(|dir| Self { top, dir, left_out: Vec::new(), moved: None }))
    }

    /// Opens it, made 0700 with its own `.gitignore` when it is not there. With `track` git sees bundles, else nothing
    /// of it. A `.gitignore` that the user wrote stays.
    ///
    /// # Errors
    /// As for [`Handover::open`].
    pub fn create(top: &Path, track: bool) -> Result<Self, BundleError> {
        let top = handoff_files::canonical(top);
        let missing = || FileError::new("open", &top)(std::io::Error::from(std::io::ErrorKind::NotFound));
        let dir = Dir::open(&top)?.ok_or_else(missing)?.create_child(OWN_DIRECTORY)?;
        dir.restrict()?;
        let wanted = if track { IGNORE_OWN } else { IGNORE_ALL };
        let ours =
            |text: &[u8]| [IGNORE_ALL, IGNORE_OWN, IGNORED_ONCE].iter().any(|one| text == one.as_bytes());
        let there = ignore_file(&dir)?;
        if there.as_deref().is_none_or(ours) && there.as_deref() != Some(wanted.as_bytes()) {
            let mut new = dir.temporary(&[wanted.as_bytes()])?;
            // What another program writes there meanwhile is the user's.
            match there {
                None => drop(new.publish(IGNORE_FILE)?),
                Some(_) => drop(new.replace_if(IGNORE_FILE, |dir, name| {
                    Ok(dir.kind_of(name)? == Some(Kind::File)
                        && there == Some(dir.open_to_read(name)?.read(1 << 16)?))
                })?),
            }
            dir.sync()?;
        }
        Ok(Self { top, dir, left_out: Vec::new(), moved: None })
    }

    /// Leaves what is in these directories out of every capture, and has no apply write there: where this program has its
    /// own files, which may lie in the worktree of a repository around a home directory.
    #[must_use]
    pub fn leaving_out(mut self, directories: &[PathBuf]) -> Self {
        let canonical = directories.iter().map(|directory| handoff_files::canonical(directory));
        let within = canonical.filter_map(|path| Some(path.strip_prefix(&self.top).ok()?.to_owned()));
        let paths = within.filter(|path| !path.as_os_str().is_empty());
        self.left_out.extend(paths.map(|path| TreePath::new(path.as_os_str().as_bytes())));
        self
    }

    pub(crate) fn left_out(&self) -> &[TreePath] {
        &self.left_out
    }

    /// The worktree's top, canonical.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What its own file `name` says, at most `limit` bytes; None when there is none.
    ///
    /// # Errors
    /// What the system says; [`BundleError::Link`] for a symbolic link, `FileTooLarge` when it is longer.
    pub fn own_file(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, BundleError> {
        match self.dir.kind_of(name)? {
            None => return Ok(None),
            Some(Kind::Link) => return Err(BundleError::Link(self.dir.path_of(name))),
            Some(_) => {}
        }
        let content = self.dir.open_to_read(name)?.read(limit.saturating_add(1))?;
        if content.len() as u64 > limit {
            let error = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
            return Err(FileError::new("read", &self.dir.path_of(name))(error).into());
        }
        Ok(Some(content))
    }

    /// Whether git tracks its own file `name`: then it came with a clone, or can come with a pull.
    ///
    /// # Errors
    /// Git's.
    pub fn is_tracked(&self, git: &Git, name: &str) -> Result<bool, BundleError> {
        let call = git.real(&self.top, "ls-files", &[]).args(["-z", "--"]);
        let (said, _) = call.arg(format!("{OWN_DIRECTORY}/{name}")).output(Vec::new(), 1 << 16)?;
        Ok(!said.is_empty())
    }

    /// Makes its own file `name`, whole; false when something of that name is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_own_file(&self, name: &str, content: &[u8]) -> Result<bool, BundleError> {
        let is_new = self.dir.temporary(&[content])?.publish(name)?;
        self.dir.sync()?;
        Ok(is_new)
    }

    /// The directory for what other tools are given, made when it is not there.
    ///
    /// # Errors
    /// What the system says; a symbolic link in its place is an error.
    pub fn rendered(&self) -> Result<Dir, BundleError> {
        Ok(self.dir.create_child("rendered")?)
    }

    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    pub(crate) fn bundles(&self) -> Result<Option<Dir>, BundleError> {
        Ok(self.dir.child("bundles")?)
    }

    /// The bundles, newest first, with whether each is claimed. No file is opened. Names have whole seconds: those of one
    /// second are in the order in which their manifests were written.
    ///
    /// # Errors
    /// What the system says.
    pub fn list(&self) -> Result<Vec<Listed>, BundleError> {
        let Some(bundles) = self.bundles()? else { return Ok(Vec::new()) };
        let mut listed = Vec::new();
        for entry in bundles.first_entries(MAX_NAMES)? {
            let Some(id) = entry.name.to_str().and_then(BundleId::parse) else { continue };
            if entry.kind != Kind::Directory {
                continue;
            }
            let Some(dir) = bundles.child(&entry.name)? else { continue };
            let claimed = dir.kind_of(CLAIMED)?.is_some();
            listed.push(Listed { id, claimed });
        }
        listed.sort_by(|one, other| other.id.cmp(&one.id));
        for same in listed.chunk_by_mut(|one, other| one.id.created() == other.id.created()) {
            if same.len() > 1 {
                // A stable sort: what is unknown stays in the order of the names.
                same.sort_by_cached_key(|listed| std::cmp::Reverse(written(&bundles, &listed.id)));
            }
        }
        Ok(listed)
    }

    /// The unclaimed ones, newest first.
    ///
    /// # Errors
    /// What the system says.
    pub fn pending(&self) -> Result<Vec<BundleId>, BundleError> {
        Ok(self.list()?.into_iter().filter(|listed| !listed.claimed).map(|listed| listed.id).collect())
    }

    /// Opens a bundle.
    ///
    /// # Errors
    /// [`BundleError::Unknown`], [`BundleError::Damaged`], what the system says.
    pub fn bundle(&self, id: &BundleId) -> Result<Bundle, BundleError> {
        let unknown = || BundleError::Unknown(id.to_string());
        let dir = self.bundles()?.ok_or_else(unknown)?.child(id.as_str())?.ok_or_else(unknown)?;
        Bundle::open(dir, id.clone())
    }

    /// Makes `current/` a copy of the bundle's summary and workspace patch, each replaced at once.
    ///
    /// # Errors
    /// What the system says; what was there stays then.
    pub fn promote(&self, bundle: &Bundle) -> Result<(), BundleError> {
        // Of two at once one comes first, so that both files are of one bundle. Who waits in vain for a second goes on: a
        // copy of two bundles is better than none.
        let _lock = self.lock_called("current.lock").ok();
        let current = self.dir.create_child("current")?;
        for entry in current.first_entries(MAX_NAMES)? {
            let is_hidden = entry.name.as_encoded_bytes().starts_with(HIDDEN.as_bytes());
            if is_hidden && is_stale(&current, &entry.name) {
                // What a killed one left is as large as a patch, and in nobody's way.
                let _ = current.remove(&entry.name);
            }
        }
        for name in [WORKSPACE, SUMMARY] {
            copy_over(bundle.dir(), name, &current)?;
        }
        Ok(current.sync()?)
    }

    /// Makes a directory in `bundles/` that no reader looks at, and removes those that killed programs left.
    pub(crate) fn hidden(&self) -> Result<Hidden, BundleError> {
        let bundles = self.dir.create_child("bundles")?;
        sweep(&bundles)?;
        Hidden::new(bundles)
    }
}

/// What `.gitignore` says; None when there is none.
fn ignore_file(dir: &Dir) -> Result<Option<Vec<u8>>, BundleError> {
    match dir.open_to_read(IGNORE_FILE) {
        Ok(mut file) => Ok(Some(file.read(1 << 16)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// When the bundle's manifest was written, to the nanosecond.
fn written(bundles: &Dir, id: &BundleId) -> Option<(i64, u32)> {
    bundles.child(id.as_str()).ok().flatten()?.modified_exactly(MANIFEST)
}

/// Makes the file `name` of `to` that of `from`, at once.
pub(crate) fn copy_over(from: &Dir, name: &str, to: &Dir) -> Result<(), BundleError> {
    let hidden = format!("{HIDDEN}{}", hex(&handoff_files::random::<8>()?));
    let copied = (|| {
        crate::repository::copy(from, OsStr::new(name), to, OsStr::new(&hidden))?;
        to.open_file(&hidden)?.sync()?;
        Ok(to.rename_over(&hidden, name)?)
    })();
    if copied.is_err() {
        // The first error is the one to tell.
        let _ = to.remove(&hidden);
    }
    copied
}

/// A directory on its way to its name. Dropped unpublished, it is removed with all that is in it.
#[derive(Debug)]
pub(crate) struct Hidden {
    within: Dir,
    name: String,
    dir: Dir,
    /// Its lock, held while this lives.
    _lock: OpenFile,
    published: bool,
}

impl Hidden {
    pub(crate) fn new(within: Dir) -> Result<Self, BundleError> {
        let name = format!("{HIDDEN}{}", hex(&handoff_files::random::<8>()?));
        // It has no name yet that would have to last.
        let dir = within.make_child(&name, 0o700)?;
        let lock = dir.create_new(UNHELD)?.ok_or_else(|| crate::repository::taken(&dir, UNHELD))?;
        // Where there are no locks, only its age protects it from being swept.
        let _ = lock.lock()?;
        // Only now: a lock that is free says that whoever made it is dead.
        dir.rename_over(UNHELD, LOCK)?;
        Ok(Self { within, name, dir, _lock: lock, published: false })
    }

    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Gives it its name, or that name with a suffix when it is taken. Everything in it must be on disk.
    pub(crate) fn publish(
        mut self,
        id: &BundleId,
        mut ready: impl FnMut(&Dir, &BundleId) -> Result<(), BundleError>,
    ) -> Result<(Dir, BundleId), BundleError> {
        let mut name = id.clone();
        for _ in 0..16 {
            ready(&self.dir, &name)?;
            self.dir.sync()?;
            if self.within.rename_new(&self.name, &self.within, name.as_str())? {
                self.published = true;
                self.within.sync()?;
                // Only now: without it nobody could tell that a killed one is dead. Left behind it is no harm.
                let _ = self.dir.remove(LOCK);
                let missing = || BundleError::Unknown(name.to_string());
                return Ok((self.within.child(name.as_str())?.ok_or_else(missing)?, name));
            }
            name = id.with_suffix(&hex(&handoff_files::random::<3>()?)[..5]);
        }
        Err(BundleError::NoFreeName(self.within.path().to_owned()))
    }

    /// Gives it the next free number behind `after` for a name, eight digits. Everything in it must be on disk.
    pub(crate) fn publish_numbered(mut self, after: u64) -> Result<String, BundleError> {
        self.dir.sync()?;
        let mut number = after;
        for _ in 0..MAX_NAMES {
            number += 1;
            let name = format!("{number:08}");
            if self.within.rename_new(&self.name, &self.within, &name)? {
                self.published = true;
                self.within.sync()?;
                let _ = self.dir.remove(LOCK);
                return Ok(name);
            }
        }
        Err(BundleError::NoFreeName(self.within.path().to_owned()))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if !self.published {
            // What could not be removed is swept later.
            let _ = clear(&self.within, OsStr::new(&self.name), &self.dir);
        }
    }
}

fn is_stale(dir: &Dir, name: &OsStr) -> bool {
    dir.modified(name).is_some_and(|at| Timestamp::now().seconds().saturating_sub(at) > STALE_AFTER_SECS)
}

fn sweep(bundles: &Dir) -> Result<(), BundleError> {
    for entry in bundles.first_entries(MAX_NAMES)? {
        if entry.kind != Kind::Directory || !entry.name.as_encoded_bytes().starts_with(HIDDEN.as_bytes()) {
            continue;
        }
        let Ok(Some(dir)) = bundles.child(&entry.name) else { continue };
        let dead = match dir.open_file(LOCK).and_then(|file| file.lock()) {
            Ok(lock) => lock == Lock::Taken,
            Err(_) => is_stale(bundles, &entry.name),
        };
        if dead {
            // It is in nobody's way.
            let _ = clear(bundles, &entry.name, &dir);
        }
    }
    Ok(())
}

/// Removes a hidden directory, its lock last: killed on the way, it can still be seen to be dead.
fn clear(within: &Dir, name: &OsStr, dir: &Dir) -> Result<(), FileError> {
    for entry in dir.entries()?.into_iter().filter(|entry| entry.name != LOCK) {
        dir.remove_all(entry.name)?;
    }
    within.remove_all(name)
}

/// Writes `content` as the file `name`, replacing what an earlier try left, and brings it to the disk.
pub(crate) fn put(dir: &Dir, name: &str, content: &[u8]) -> Result<(), BundleError> {
    dir.remove(name)?;
    let mut file = dir.create_new(name)?.ok_or_else(|| crate::repository::taken(dir, name))?;
    file.stream().write_all(content).map_err(FileError::new("write", &dir.path_of(name)))?;
    Ok(file.sync()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_time_and_a_topic_and_nothing_else() {
        let at = Timestamp::parse("2026-11-21T10:00:00Z").unwrap();
        assert_eq!(BundleId::new(at, "Fix: the /login/ bug!").as_str(), "20261121T100000Z-fix-the-login-bug");
        assert_eq!(BundleId::new(at, "../..").as_str(), "20261121T100000Z-work");
        let long = BundleId::new(at, &"x".repeat(500));
        assert_eq!(BundleId::parse(long.as_str()), Some(long));
        for text in [
            "",
            "x",
            "20261121T100000Z",
            "20261121T100000Z-",
            "20261121T100000Z-a/b",
            "20261121T100000Z-a\n",
            "..",
            "20261321T100000Z-a",
            ".tmp-x",
            "20261121T100000Zé-x",
        ] {
            assert_eq!(BundleId::parse(text), None, "{text}");
        }
    }
}
