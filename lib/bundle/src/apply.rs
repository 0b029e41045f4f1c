//! Puts a bundle back: checked first, then all of it or nothing, and undone by [`Handover::undo`].
//!
//! Everything is made ready beside the working tree before anything in it is touched: the contents, each with its hash
//! checked; the new index; what was there before. From then on a kill at any moment leaves a record from which
//! [`Handover::recover`] puts everything back. The record is sealed with the user's key: one that came with a clone is not
//! obeyed.

mod build;
mod change;
mod durable;
mod preflight;
mod ready;
mod record;
mod trial;
mod undo;

use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::{Dir, Kind, Lock, OpenFile};

use crate::bundle::Trusted;
use crate::error::{BundleError, Refusal};
use crate::git::Git;
use crate::layout::{Handover, Hidden};
use crate::path::TreePath;
use crate::repository::{Repository, Scratch};
use crate::tree::Tree;
use crate::trust::Keyring;

use ready::Preparation;

pub(crate) use preflight::uncommitted;
pub use record::IgnoredRecord;
pub(crate) use trial::refused;
pub use undo::Undone;

/// Held by whoever applies or undoes.
const LOCK: &str = "apply.lock";
const UNDO: &str = "undo";
/// How often the lock is asked for, and how long is waited in between.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// Where the scratch repository is, while it is needed.
const WORKSHOP: &str = "workshop";

/// What the user allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Also files that programs run or obey, see [`crate::policy::is_config`], and links that lead out of the tree.
    pub allow_config: bool,
    /// Where HEAD is not the commit that the bundle was made on: merge it three-way.
    pub onto_head: bool,
    /// Also a bundle that was claimed already.
    pub again: bool,
}

/// What an apply did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Files and links that were written.
    pub written: Vec<TreePath>,
    /// Files and links that were removed.
    pub removed: Vec<TreePath>,
    /// Paths whose index entry was changed.
    pub staged: Vec<TreePath>,
    /// Those of them that programs run or obey, or that lead out of the tree.
    pub config: Vec<TreePath>,
    /// Whether it was merged with a HEAD other than the base.
    pub merged: bool,
}

impl Handover {
    /// Whether the bundle could be applied, and what that would do; files that programs run or obey are listed, and no
    /// reason to refuse. Nothing is changed.
    ///
    /// # Errors
    /// As for [`Handover::apply`].
    pub fn check(
        &self,
        git: &Git,
        keyring: &Keyring,
        bundle: &Trusted,
        options: ApplyOptions,
    ) -> Result<Applied, BundleError> {
        let _lock = self.lock()?;
        let repository = self.repository(git)?;
        let options = ApplyOptions { allow_config: true, ..options };
        let newest = self.newest_record(keyring, true)?;
        Ok(self.ready(&repository, newest.as_ref(), bundle, options, false)?.1.applied)
    }

    /// Claims the bundle as `by` and applies it to this worktree: both, whole, or neither.
    ///
    /// # Errors
    /// A [`Refusal`] or [`BundleError::Claimed`], with nothing changed; [`BundleError::Interrupted`],
    /// [`BundleError::Busy`]; git's and the system's, with everything put back.
    pub fn apply(
        &self,
        git: &Git,
        keyring: &Keyring,
        bundle: &Trusted,
        options: ApplyOptions,
        by: &str,
        at: Timestamp,
    ) -> Result<Applied, BundleError> {
        let lock = self.lock()?;
        let seal = keyring.record_seal().ok_or(BundleError::NoKey)?;
        let repository = self.repository(git)?;
        let newest = self.newest_record(keyring, true)?;
        let ready = self.ready(&repository, newest.as_ref(), bundle, options, true);
        let (hidden, ready) = ready.map_err(|error| repository.explain(error))?;
        let applied = ready.applied.clone();
        let claim = bundle.note(by, at)?;
        // The record knows the claim before it is made, so that whoever finds the record can give it back.
        let after = newest.and_then(|newest| record::number(&newest.name)).unwrap_or(0);
        let started = ready.start(hidden, &self.undo_dir()?, bundle, &claim, seal, after)?;
        let taken = if options.again { claim.take_over() } else { claim.take() };
        let tree = Tree::open(self.top())?.telling_apart(started.paths());
        match taken.and_then(|()| started.change(&repository, &tree)) {
            Ok(()) => Ok(applied),
            Err(error) => {
                drop(lock);
                // Where that goes wrong too, the record stays, and the next command tries again.
                match self.recover(git, keyring) {
                    Ok(_) => Err(error),
                    Err(trouble) => {
                        Err(BundleError::NotPutBack { why: Box::new(error), trouble: Box::new(trouble) })
                    }
                }
            }
        }
    }

    /// Checks everything, and makes everything ready.
    fn ready(
        &self,
        repository: &Repository<'_>,
        newest: Option<&record::Recorded>,
        bundle: &Trusted,
        options: ApplyOptions,
        keep: bool,
    ) -> Result<(Hidden, ready::Ready), BundleError> {
        if let Some(record) = newest.filter(|record| record.is_begun()) {
            return Err(BundleError::Interrupted(record.bundle().to_owned()));
        }
        let hidden = Hidden::new(self.undo_dir()?)?;
        let workshop = hidden.dir().make_child(WORKSHOP, 0o700)?;
        let patches = preflight::patches(bundle, &workshop)?;
        let scratch = Scratch::new(repository, workshop)?;
        let target = preflight::target(repository, bundle, options)?;
        let contents = &bundle.manifest().contents;
        let built = build::build(&scratch, repository, &patches, contents, &target)?;
        let promised = contents.intent_to_add.iter().map(|promised| &promised.path);
        let mut paths = built.workspace.keys().chain(built.index.keys()).chain(promised);
        if let Some(path) = paths.find(|path| repository.is_left_out(path)) {
            return Err(Refusal::Path { path: path.clone(), reason: "which is this program's own" }.into());
        }
        let dir = hidden.dir();
        let preparation = Preparation { repository, scratch: &scratch, dir, bundle, target, options, keep };
        let mut ready = preparation.ready(built)?;
        ready.record.moved.clone_from(&self.moved);
        hidden.dir().remove_all(WORKSHOP)?;
        Ok((hidden, ready))
    }

    fn undo_dir(&self) -> Result<Dir, BundleError> {
        self.check_undo_dir()?;
        Ok(self.dir().create_child(UNDO)?)
    }

    /// Fails where something other than a directory is in the place of the undo records.
    fn check_undo_dir(&self) -> Result<(), BundleError> {
        match self.dir().kind_of(UNDO)? {
            None | Some(Kind::Directory) => Ok(()),
            Some(kind) => {
                Err(BundleError::NoUndoDirectory { path: self.dir().path_of(UNDO), what: kind.name() })
            }
        }
    }

    /// Waits a moment for another, and not longer: nothing here takes long but a large apply.
    pub(crate) fn lock(&self) -> Result<OpenFile, BundleError> {
        self.lock_called(LOCK)
    }

    /// The same for another lock.
    pub(crate) fn lock_called(&self, name: &str) -> Result<OpenFile, BundleError> {
        let mut tries = 0;
        loop {
            let file = match self.dir().open_file(name) {
                Ok(file) => file,
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                Err(_) => match self.dir().create_new(name)? {
                    Some(file) => file,
                    None => continue,
                },
            };
            match file.lock()? {
                Lock::Busy if tries < LOCK_TRIES => {
                    tries += 1;
                    std::thread::sleep(LOCK_PAUSE);
                }
                Lock::Busy => return Err(BundleError::Busy),
                // Where there are no locks, git's own lock on the index is what is left.
                Lock::Taken | Lock::Unsupported => return Ok(file),
            }
        }
    }
}

/// For the patch `file`: `reason` as git says it, without its prefix.
fn does_not_apply(file: &'static str, reason: &str) -> BundleError {
    let reason = reason.trim().trim_start_matches("error: ").replace('\n', "; ");
    // Git says each of these when it could not store what it made of the patch, and they say nothing of the patch.
    const UNSTORED: [&str; 5] =
        ["No space left", "Disk quota exceeded", "Out of diskspace", "unable to write", "write error"];
    if UNSTORED.iter().any(|words| reason.contains(words)) {
        BundleError::NoSpace { file, reason }
    } else {
        Refusal::DoesNotApply { file, reason }.into()
    }
}
