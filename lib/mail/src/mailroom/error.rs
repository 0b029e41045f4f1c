//! Why a mailroom was not used.

use handoff_capturing::{Outside, ProjectError};
use handoff_state::StateError;
use handoff_text::Sanitised;

use super::remote::RemoteError;
use crate::error::{MailError, NotPacked, NotTaken, through_mail};
use crate::git::OLDEST;
use crate::recipients::NoRecipients;
use crate::room::RoomError;

/// What went wrong with a mailroom.
#[derive(Debug, thiserror::Error)]
pub enum MailroomError {
    /// The repository is not joined.
    #[error("this repository has no mailroom yet: handoff join")]
    NotJoined,
    /// Git is too old.
    #[error("git {0} is too old for letters through a remote: they need {major}.{minor}", major = OLDEST.0, minor = OLDEST.1)]
    OldGit(String),
    /// It has no remote.
    #[error(
        "this repository has no remote that letters could go through; send a file instead: handoff export"
    )]
    NoRemote,
    /// It has no remote of that name.
    #[error("this repository has no remote `{0}`")]
    UnknownRemote(String),
    /// It has several.
    #[error("this repository has several remotes and no `origin`; name one: handoff join --remote NAME")]
    SeveralRemotes,
    /// It is reached otherwise than when it was joined.
    #[error(
        "the URL of {remote}, how git reaches it, or your mail address here changed since you joined; look at .git/config, then: \
         {again}"
    )]
    Changed {
        /// The repository's remote.
        remote: String,
        /// The command that joins it again.
        again: String,
    },
    /// The repository has no name by which others know it.
    #[error(
        "{0} has no URL with a host, so its letters could not be told from those of other repositories at a mail remote"
    )]
    NoName(String),
    /// Another program has it.
    #[error("another handoff command works in this mailroom; try again when it is done")]
    Busy,
    /// Strangers may read the remote.
    #[error(
        "{remote} {why}, so a letter there has to be encrypted, and: {reason}. Other ways: a private repository for letters \
         (handoff join --mail URL), a file (handoff export), or, if you know that strangers cannot read {remote}: handoff join \
         --private"
    )]
    Public {
        /// The remote.
        remote: String,
        /// What is known of its readers.
        why: String,
        /// Why it can't be encrypted.
        reason: NoRecipients,
    },
    /// Too many letters are under way.
    #[error(
        "the remote has {0} refs of letters, and each `git push` to it lists them all; have letters taken, or recall yours: handoff mail"
    )]
    TooMany(usize),
    /// No letter has this in its name.
    #[error("could not find a letter {0:?}: handoff mail")]
    NoLetter(String),
    /// More than one has.
    #[error("{0:?} is more than one letter: handoff mail")]
    Several(String),
    /// No machine of that name left a card.
    #[error("no machine called {0:?} left a card at the remote: handoff join shows them")]
    NoCard(String),
    /// More than one did.
    #[error(
        "more than one machine called {0:?} left a card; name it by its fingerprint: handoff join shows them"
    )]
    SeveralCards(String),
    /// Another machine has it.
    #[error("{id} was {state} {by}")]
    Taken {
        /// The letter.
        id: String,
        /// `taken by` or `delivered to`.
        state: &'static str,
        /// Who has it. A claim.
        by: Sanitised,
    },
    /// The remote was not reached, so the letter may still be taken.
    #[error("{id} is taken back as soon as the remote is reached, with the next handoff sync: {why}")]
    NotYetRecalled {
        /// The letter.
        id: String,
        /// Why not now.
        why: String,
    },
    /// It is not at the remote, and no machine is known to have it.
    #[error(
        "{0} is gone from the remote, and no machine is known to have taken it; to send it again: handoff push --reoffer {0}; to \
         have its handoff wait here: handoff log, and handoff restore"
    )]
    Gone(String),
    /// Its sender took it back.
    #[error(
        "{0} was taken back, so no machine is offered it; to send its handoff as a new letter: handoff push"
    )]
    Recalled(String),
    /// It is not at the remote yet.
    #[error("{0} did not go out yet; handoff mail says why, and handoff sync tries again")]
    NotOut(String),
    /// Nobody took it.
    #[error("{0} waits at the remote and is taken by nobody, so there is nothing to give back")]
    Untaken(String),
    /// It was copied here and not taken.
    #[error(
        "{0} is a copy here: it was not taken, so there is nothing to give back, and others may take it all the same; to put the \
         copy away: handoff inbox archive {0}"
    )]
    Copy(String),
    /// It went in a commit's message.
    #[error(
        "{id} went on the branch {branch}, in the commit {commit}: it is a part of what others fetch, and can neither be taken back, \
         offered again nor given back; to take it in another clone: handoff pull --via branch:{branch}"
    )]
    OnBranch {
        /// The letter.
        id: String,
        /// The branch.
        branch: String,
        /// The commit that carries it.
        commit: String,
    },
    /// It can't be given back any more.
    #[error(
        "{0} cannot be given back: its sender has the receipt already; send it back with: handoff push --to WHOM"
    )]
    Settled(String),
    /// The remote does not take what letters need.
    #[error("{remote} does not take letters: {said}")]
    Unfit {
        /// The remote.
        remote: String,
        /// In its words.
        said: String,
    },
    /// No branch is named, and none with a commit is checked out.
    #[error(
        "no branch with a commit is checked out here, so none can carry a handoff: git switch --create NAME"
    )]
    Detached,
    /// A branch can't be called so.
    #[error("{0:?} is not the name of a branch")]
    NoBranchName(String),
    /// The remote has no such branch.
    #[error("the remote has no branch {0}")]
    NoBranchThere(String),
    /// Strangers may read the remote of a branch.
    #[error(
        "{remote} {why}, so a handoff on a branch there could be read by others; if you know that strangers cannot read it: \
         --private"
    )]
    PublicBranch {
        /// The remote.
        remote: String,
        /// What is known of its readers.
        why: String,
    },
    /// A letter is larger than a commit's message carries.
    #[error("with its work the handoff has {bytes} bytes, and a commit carries 49152; {}", smaller(*is_work))]
    TooLargeForBranch {
        /// Its size.
        bytes: u64,
        /// Whether uncommitted work is a part of it.
        is_work: bool,
    },
    /// The branch at the remote went on.
    #[error(
        "{branch} at {remote} has commits that are not here; bring them first: git pull {remote} {branch}"
    )]
    BranchMoved {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// The remote did not take the branch.
    #[error("{remote} did not take {branch}, and nothing is changed here: {said}")]
    BranchRefused {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
        /// In git's words.
        said: Sanitised,
    },
    /// It is encrypted, and to other machines than this sandbox.
    #[error("it is encrypted, and not to this sandbox; from home: handoff push --to {0}")]
    NotForSandbox(String),
    /// The remote did not answer in time.
    #[error("{0} did not answer in time")]
    Slow(String),
    /// The remote.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The letter was not made.
    #[error(transparent)]
    NotPacked(NotPacked),
    /// The letter was not taken.
    #[error(transparent)]
    NotTaken(NotTaken),
    /// Not in a worktree.
    #[error(transparent)]
    Outside(#[from] Outside),
    /// The worktree can't be opened.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The state directory can't be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// As with every letter.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A record of the mailroom is not as this program writes it.
    #[error("could not read {}: {error}", Sanitised::path(path))]
    Record {
        /// Its file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// What came is not as letters are.
    #[error("{0}")]
    Odd(&'static str),
}

/// How a letter gets smaller.
fn smaller(is_work: bool) -> &'static str {
    if is_work {
        "commit the work first, so that the branch itself carries it, or leave it behind with --no-work"
    } else {
        "shorten it, or send a file: handoff export"
    }
}

through_mail!(MailroomError);

impl From<NotPacked> for MailroomError {
    fn from(error: NotPacked) -> Self {
        match error {
            NotPacked::Mail(error) => Self::Mail(error),
            error => Self::NotPacked(error),
        }
    }
}

impl From<NotTaken> for MailroomError {
    fn from(error: NotTaken) -> Self {
        match error {
            NotTaken::Mail(error) => Self::Mail(error),
            NotTaken::Outside(error) => Self::Outside(error),
            error => Self::NotTaken(error),
        }
    }
}

impl From<RoomError> for MailroomError {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::Git(error) => error.into(),
            RoomError::File(error) => error.into(),
            RoomError::Seal(error) => NotPacked::from(error).into(),
            RoomError::Open(error) => NotTaken::Sealed(error).into(),
            RoomError::Odd(reason) => Self::Odd(reason),
        }
    }
}
