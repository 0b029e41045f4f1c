//! What waits in a worktree, looked at for a bounded time: what comes with a clone can be many and large.

use std::time::{Duration, Instant};

use handoff_bundle::{Bundle, BundleError, Handover};

use crate::Project;
use crate::project::KeyringError;

/// What waits in a worktree.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The newest capture that is this user's and for this worktree.
    pub newest: Option<Bundle>,
    /// How many older ones of them there are.
    pub older: usize,
    /// How many are not this user's as they stand.
    pub foreign: usize,
    /// How many were not looked at, since the time was over.
    pub unseen: usize,
}

impl Waiting {
    /// Looks at what waits in the worktree of `project`, for `time` at most.
    ///
    /// # Errors
    /// [`WaitingError`].
    pub fn look(project: &Project<'_>, time: Duration) -> Result<Self, WaitingError> {
        let Some(handover) = project.handover()? else { return Ok(Self::default()) };
        Self::of(project, &handover, time)
    }

    fn of(project: &Project<'_>, handover: &Handover, time: Duration) -> Result<Self, WaitingError> {
        let pending = handover.pending()?;
        if pending.is_empty() {
            return Ok(Self::default());
        }
        let keyring = project.keyring()?;
        let start = Instant::now();
        let mut waiting = Self { unseen: pending.len(), ..Self::default() };
        for id in &pending {
            if start.elapsed() > time {
                break;
            }
            waiting.unseen -= 1;
            let Ok(bundle) = handover.bundle(id) else { continue };
            if !keyring.trust(&bundle)?.is_good() {
                waiting.foreign += 1;
            } else if !project.is_for_us(&bundle) {
                continue;
            } else if waiting.newest.is_none() {
                waiting.newest = Some(bundle);
            } else {
                waiting.older += 1;
            }
        }
        Ok(waiting)
    }
}

/// Why it is not known what waits.
#[derive(Debug, thiserror::Error)]
pub enum WaitingError {
    /// The captures can't be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The user's key can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}
