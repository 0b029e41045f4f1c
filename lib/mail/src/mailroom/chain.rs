//! A letter's ref: its letter, and what became of it, each step a commit behind the one before.

use handoff_letter::{Commit, PublicKey, State};

use super::MailroomError;
use crate::room::Room;

/// The most steps that a letter takes: taken and given back a few times.
const MAX_STEPS: usize = 32;

/// A letter's ref as it was read. Its signatures hold; whose keys they are is another matter.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The newest commit.
    pub(super) tip: String,
    /// What that says.
    pub(super) newest: Commit,
    /// The key that signed it.
    pub(super) by: PublicKey,
    /// The letter's own commit; that of the withdrawal, where the letter itself never came.
    pub(super) letter: String,
    /// Every commit of it, the newest first.
    pub(super) steps: Vec<String>,
    /// The key that signed that.
    pub(super) writer: PublicKey,
}

impl Chain {
    /// Reads the ref at `tip`.
    pub(super) fn read(room: &Room, tip: &str) -> Result<Self, MailroomError> {
        const ODD: MailroomError = MailroomError::Odd("it is not as letters are");
        let commit = |id: &str| Commit::verified(&room.commit(id)?).map_err(|_| ODD);
        let (newest, by) = commit(tip)?;
        let (mut at, mut now, mut writer) = (tip.to_owned(), newest.clone(), by);
        let mut steps = Vec::new();
        for _ in 0..MAX_STEPS {
            steps.push(at.clone());
            // A step changes nothing of what the letter holds.
            if now.tree != newest.tree || now.state.is_none() {
                return Err(ODD);
            }
            match &now.parents[..] {
                [] if now.state == Some(State::Waiting)
                    || (now.state == Some(State::Withdrawn) && at == tip) =>
                {
                    return Ok(Self { tip: tip.to_owned(), newest, by, letter: at, steps, writer });
                }
                [parent] => {
                    at.clone_from(parent);
                    (now, writer) = commit(&at)?;
                }
                _ => return Err(ODD),
            }
        }
        Err(ODD)
    }

    /// What became of the letter.
    pub(super) fn state(&self) -> State {
        self.newest.state.unwrap_or(State::Waiting)
    }

    /// Whether it can be taken.
    pub(super) fn is_free(&self) -> bool {
        matches!(self.state(), State::Waiting | State::Returned)
    }
}
