//! Takes a capture over: which one, claimed for this worktree, its changes applied or put back.

use std::path::{Path, PathBuf};

use handoff_bundle::{
    Applied, ApplyOptions, Brought, Bundle, BundleError, BundleId, Claim, GitError, Handover, Trusted, Undone,
};
use handoff_document::Timestamp;
use handoff_files::canonical;
use handoff_process::quoted;
use handoff_text::Sanitised;
use handoff_worktree::Worktree;

use crate::called::called;
use crate::project::{ChooseError, KeyringError, Outside, Untrusted, no_capture};
use crate::recover::{announce, name_ignored, recover};
use crate::{Project, announcement};

/// How many bundles of another worktree are looked at, the newest first.
const MAX_ELSEWHERE: usize = 50;

/// Which capture, and how it is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct PickupRequest<'a> {
    /// Its id, or a part that no other has; `None` takes the newest that waits.
    pub id: Option<&'a str>,
    /// The worktree that has it, or its own directory; `None` is this worktree.
    pub from: Option<&'a Path>,
    /// What is allowed.
    pub options: ApplyOptions,
}

/// A capture that was taken over, without its changes.
#[derive(Debug)]
pub struct PickedUp {
    /// The capture.
    pub bundle: Trusted,
    claim: Claim,
}

/// A capture whose changes were applied here.
#[derive(Debug)]
pub struct AppliedCapture {
    /// The capture.
    pub bundle: Trusted,
    /// What was changed.
    pub applied: Applied,
    /// The commits that came with it.
    pub brought: Option<Brought>,
}

/// Where the changes of a capture are, as far as a look at this worktree says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It has none: nothing was uncommitted.
    NothingUncommitted,
    /// It has none: nothing that was uncommitted could be carried.
    NothingCarried,
    /// Nothing is uncommitted in this worktree.
    NotHere,
    /// They are in this worktree, unless they were removed.
    Here,
}

/// Why a capture was not taken over, applied or undone.
#[derive(Debug, thiserror::Error)]
pub enum PickupError {
    /// This is no worktree.
    #[error(transparent)]
    Outside(#[from] Outside),
    /// None was chosen.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// It is not the user's.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// There are no captures in this worktree.
    #[error("there is no .handover in {}", Sanitised::path(.0))]
    NoHandover(PathBuf),
    /// None waits here, and one does in this other worktree.
    #[error("no capture waits here, and there is one elsewhere: {called} pickup --from {}", quoted(.0), called = called())]
    Elsewhere(PathBuf),
    /// None waits here or elsewhere, and none was taken here.
    #[error("{}", no_capture(.0))]
    None(PathBuf),
    /// It was not claimed.
    #[error("{error}")]
    NotClaimed {
        /// The capture.
        id: BundleId,
        /// The worktree that has it, where that is another one.
        from: Option<PathBuf>,
        /// Why not.
        error: BundleError,
    },
    /// Its changes were not applied.
    #[error("could not apply it: {error}")]
    NotApplied {
        /// The capture.
        id: BundleId,
        /// The worktree that has it, where that is another one.
        from: Option<PathBuf>,
        /// Why not.
        error: BundleError,
    },
    /// No capture was ever applied here.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// An apply was not undone.
    #[error(transparent)]
    NotUndone(BundleError),
    /// There is no git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The captures can't be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The user's key can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl PickedUp {
    /// The summary has reached its reader: the handoff that announces the capture is archived.
    pub fn confirm(self, project: &Project<'_>) -> Trusted {
        announcement::withdraw(project, &self.bundle);
        self.bundle
    }

    /// Nothing reached a reader: the capture waits again.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn give_back(self) -> Result<(), BundleError> {
        self.claim.give_back().map(drop)
    }
}

/// Takes the capture of `request` over without its changes.
///
/// # Errors
/// [`PickupError`].
pub fn take(project: &Project<'_>, request: &PickupRequest<'_>) -> Result<PickedUp, PickupError> {
    recover(project, false)?;
    let (_, bundle) = find(project, request)?;
    let bundle = project.trusted(bundle)?;
    bundle.verify()?;
    let claim = claim(project, &bundle, request.options.again)?;
    Ok(PickedUp { bundle, claim })
}

/// Takes the capture of `request` over and puts its changes into this worktree, all or nothing.
///
/// # Errors
/// [`PickupError`].
pub fn apply(project: &Project<'_>, request: &PickupRequest<'_>) -> Result<AppliedCapture, PickupError> {
    recover(project, true)?;
    let (_, bundle) = find(project, request)?;
    let bundle = project.trusted(bundle)?;
    project.must_be_inside()?;
    let git = project.git()?;
    let not_applied = |error| {
        let (id, from) = at(project, &bundle);
        PickupError::NotApplied { id, from, error }
    };
    let target = Handover::create(project.top(), project.settings.track)
        .map_err(not_applied)?
        .leaving_out(&project.own_directories());
    let by = taker(project, "pickup --apply");
    let keyring = project.keyring()?;
    let brought = target.bring_commits(&git, &bundle, request.options).map_err(not_applied)?;
    let target = target.having_moved(brought.as_ref());
    let applied = target.apply(&git, &keyring, &bundle, request.options, &by, Timestamp::now());
    let applied = match (applied, &brought) {
        (Err(error), Some(brought)) => {
            // All or nothing: the branch goes back too. What keeps it from that is in the worktree, and the first error says it.
            let _ = target.move_back(&git, brought);
            return Err(not_applied(error));
        }
        (applied, _) => applied.map_err(not_applied)?,
    };
    announcement::withdraw(project, &bundle);
    Ok(AppliedCapture { bundle, applied, brought })
}

/// Puts back what the last apply changed here.
///
/// # Errors
/// [`PickupError`].
pub fn undo(project: &Project<'_>) -> Result<Undone, PickupError> {
    let handover = project.handover()?.ok_or(PickupError::NothingToUndo)?;
    let keyring = project.keyring()?;
    name_ignored(project, &handover, &keyring)?;
    let git = project.git()?;
    let undone = handover.undo(&git, &keyring).map_err(PickupError::NotUndone)?;
    // Where it cannot be done, as beside another git program, the user's next `git status` does it.
    let _ = handover.refresh_index(&git);
    announce(project, undone.waits.as_deref());
    Ok(undone)
}

/// Claims `bundle` for this worktree; with `again` also one that was claimed already.
///
/// # Errors
/// [`PickupError::NotClaimed`].
pub fn claim(project: &Project<'_>, bundle: &Bundle, again: bool) -> Result<Claim, PickupError> {
    let (by, now) = (taker(project, "pickup"), Timestamp::now());
    let claim = if again { bundle.claim_again(&by, now) } else { bundle.claim(&by, now) };
    claim.map_err(|error| {
        let (id, from) = at(project, bundle);
        PickupError::NotClaimed { id, from, error }
    })
}

/// How a claim names who has the capture then.
fn taker(project: &Project<'_>, how: &str) -> String {
    format!("{how} in {}", Sanitised::path(project.top()))
}

/// Which capture it is, and the worktree that has it where that is another one.
fn at(project: &Project<'_>, bundle: &Bundle) -> (BundleId, Option<PathBuf>) {
    // `TOP/.handover/bundles/ID`.
    let top = bundle.path().ancestors().nth(3);
    let from = top.filter(|top| canonical(top) != canonical(project.top()));
    (bundle.id().clone(), from.map(Path::to_owned))
}

/// The capture of `request`, and where it is.
///
/// # Errors
/// [`PickupError`].
pub fn find(project: &Project<'_>, request: &PickupRequest<'_>) -> Result<(Handover, Bundle), PickupError> {
    let PickupRequest { id, from, options: ApplyOptions { again, .. } } = *request;
    let Some(from) = from else {
        let own = project.handover()?;
        return match own {
            Some(own) if id.is_some() || again || !own.pending()?.is_empty() => {
                let bundle = project.choose(&own, id, again)?;
                Ok((own, bundle))
            }
            own => Err(none_here(project, own.as_ref())?),
        };
    };
    let from = canonical(from);
    // A bundle's own directory, or a worktree.
    let is_bundle = handoff_files::is_file(&from.join("manifest.json"));
    let (top, id) =
        match (is_bundle, from.file_name().and_then(|name| name.to_str()), from.ancestors().nth(3)) {
            (true, Some(name), Some(top)) => (top.to_owned(), Some(name)),
            // Any directory of it will do.
            _ => (Worktree::find(&from).map_or(from.clone(), |worktree| worktree.top().to_owned()), id),
        };
    let source = Handover::open(&top)?.ok_or(PickupError::NoHandover(top))?;
    let bundle = project.choose(&source, id, again)?;
    Ok((source, bundle))
}

/// Why nothing is picked up here.
fn none_here(project: &Project<'_>, own: Option<&Handover>) -> Result<PickupError, BundleError> {
    if let Some(outside) = project.outside() {
        return Ok(outside.into());
    }
    Ok(match (elsewhere(project)?.first(), own) {
        (Some((other, _)), _) => PickupError::Elsewhere(other.top().to_owned()),
        (None, Some(own)) => project.nothing(own).into(),
        (None, None) => PickupError::None(project.top().to_owned()),
    })
}

/// The other worktrees of this repository where something waits, with the newest that is for this one.
///
/// # Errors
/// [`BundleError`].
pub fn elsewhere(project: &Project<'_>) -> Result<Vec<(Handover, Bundle)>, BundleError> {
    let worktrees = project.worktree.worktrees();
    let mut found = Vec::new();
    for top in worktrees.iter().filter(|top| *top != project.top()) {
        let Some(other) = Handover::open(top)? else { continue };
        let newest = other.pending()?.into_iter().take(MAX_ELSEWHERE).filter_map(|id| other.bundle(&id).ok());
        if let Some(bundle) = newest.into_iter().find(|bundle| project.is_for_us(bundle)) {
            found.push((other, bundle));
        }
    }
    Ok(found)
}

impl Whereabouts {
    /// Where the changes of `bundle` are.
    pub fn of(project: &Project<'_>, bundle: &Bundle) -> Self {
        let contents = &bundle.manifest().contents;
        if contents.is_empty() {
            let is_clean = contents.left_behind().next().is_none();
            return if is_clean { Self::NothingUncommitted } else { Self::NothingCarried };
        }
        let _watch = handoff_files::PipeWatch::over(project.top());
        let changes = project.worktree.repository().and_then(|repository| repository.changes());
        if changes.is_some_and(|changes| changes.is_empty()) { Self::NotHere } else { Self::Here }
    }

    /// The same for a reader, who is sent to this command to have the changes of `bundle` here.
    pub fn describe(self, project: &Project<'_>, bundle: &Bundle) -> String {
        match self {
            Self::NothingUncommitted => "Nothing was uncommitted.\n".to_owned(),
            Self::NothingCarried => "Nothing uncommitted could be carried.\n".to_owned(),
            Self::NotHere => {
                let (id, from) = at(project, bundle);
                let command = again(&id, from.as_deref(), true);
                format!("Nothing is uncommitted in this worktree; to have the changes here: {command}\n")
            }
            Self::Here => {
                "The changes are in this worktree, unless somebody took them away: git status.\n".to_owned()
            }
        }
    }
}

/// The command that takes the capture `id` of the worktree `from` once more.
pub fn again(id: &BundleId, from: Option<&Path>, is_applied: bool) -> String {
    let from = from.map(|top| format!(" --from {}", quoted(top))).unwrap_or_default();
    let apply = if is_applied { " --apply" } else { "" };
    format!("{} pickup {id}{from} --again{apply}", called())
}
