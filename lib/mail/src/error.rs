//! Why a letter was not packed, opened or taken.

use std::path::PathBuf;

use handoff_bundle::{BundleError, GitError};
use handoff_capturing::{KeyringError, Outside};
use handoff_files::FileError;
use handoff_letter::{CommitError, LetterError, LetterId, Mailbox};
use handoff_process::{NoState, NoStore};
use handoff_sealed::{OpenError, Recipient, SealError};
use handoff_store::StoreError;
use handoff_text::Sanitised;

use crate::machine::MachineError;
use crate::people::PeopleError;
use crate::recipients::NoRecipients;
use crate::room::RoomError;
use crate::scan::Leaks;
use crate::whom::NoAddress;

/// What goes wrong with every letter alike.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It is unknown where the state directory is.
    #[error(transparent)]
    NoState(#[from] NoState),
    /// It is unknown where the store is.
    #[error(transparent)]
    NoStore(#[from] NoStore),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This machine's key can't be used.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The people can't be read.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// There is no git, or it failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What the system says.
    #[error(transparent)]
    File(#[from] FileError),
    /// The capture can't be made or taken in.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The user's key can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Git does not say who the user is.
    #[error("git does not know who you are here: git config --global {0} …")]
    Unset(&'static str),
}

/// No letter was made.
#[derive(Debug, thiserror::Error)]
pub enum NotPacked {
    /// As with every letter.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Nothing waits here.
    #[error("no handoff waits for {}; write one first, or name one that was read: handoff inbox log", Sanitised::path(.0))]
    NoHandoff(PathBuf),
    /// None has this in its name.
    #[error("could not find a handoff {0:?} here: handoff inbox; handoff inbox log")]
    NotFound(String),
    /// More than one has it.
    #[error("{text:?} is more than one handoff: {}", .names.join(", "))]
    Several {
        /// As it was given.
        text: String,
        /// At most five of them.
        names: Vec<String>,
    },
    /// It is not a handoff that can be sent.
    #[error("{name} cannot be sent: {reason}")]
    Unfit {
        /// Its file's name.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// What the user typed names nobody.
    #[error(transparent)]
    NoAddress(#[from] NoAddress),
    /// There are too many commits to go along.
    #[error("{0} commits here are on no remote, and at most {most} go along; push the branch, or send it with --no-work", most = crate::pack::MAX_COMMITS)]
    TooManyCommits(usize),
    /// It can't be encrypted to whom it goes to.
    #[error(transparent)]
    NoRecipients(#[from] NoRecipients),
    /// It was not encrypted.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// There are secrets in it.
    #[error(
        "it would carry secrets: {0}; take them out, leave the work behind with --no-work, or send them with --allow-secrets"
    )]
    Secrets(Leaks),
}

/// A letter was not opened, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// As with every letter.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The file is none.
    #[error("it is no letter: {0}")]
    NoLetter(String),
    /// Git could not read it: it is none, it was cut or changed, or there is no room to read it.
    #[error("it could not be read as a letter: {0}")]
    Unreadable(Sanitised),
    /// It is too large.
    #[error("it is no letter: it is larger than {0} bytes")]
    TooLarge(u64),
    /// It is encrypted to others.
    #[error(
        "it is encrypted to other machines than this one, whose age key is {0}; have it sent again by somebody who has that \
         key, as after `handoff join` here, or from `handoff people`"
    )]
    NotForHere(Recipient),
    /// It is encrypted with a passphrase, and nobody can be asked for that.
    #[error(
        "it is encrypted with a passphrase, and there is no terminal to ask for it at: --passphrase-file FILE"
    )]
    NeedsPassphrase,
    /// It could not be decrypted.
    #[error("it could not be decrypted: {0}")]
    Sealed(OpenError),
    /// It was encrypted to this machine, and written to somebody else.
    #[error(
        "it was written to {0} and not to you, so somebody else than its writer encrypted it to this machine: it is not taken"
    )]
    NotToYou(Mailbox),
    /// What it says of itself can't be.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// It is not signed as it has to be.
    #[error("it is not taken: {0}")]
    Unsigned(#[from] CommitError),
    /// It was signed by somebody who was not added.
    #[error(
        "it is signed with a key that is not known here, {fingerprint}; it says that it is from {sender}. To take letters of \
         that key: handoff people add NAME --from FILE"
    )]
    Stranger {
        /// The key.
        fingerprint: String,
        /// Who it says that it is.
        sender: Sanitised,
    },
    /// It says that it is from a machine whose key is known, and the key is another.
    #[error(
        "it says that it is from {person}'s machine {machine}, but is signed with another key than that machine's: \
         {fingerprint}. If {person} says that the key is new: handoff people add {person} --from FILE"
    )]
    OtherKey {
        /// Whose machine it says that it is.
        person: String,
        /// The machine.
        machine: Sanitised,
        /// The key that it is signed with.
        fingerprint: String,
    },
    /// It is signed by one person and says that it is from another.
    #[error("it says that it is from {other}, but {person} signed it: it is not taken")]
    OtherPerson {
        /// Whose key it is signed with.
        person: String,
        /// Whose machine it says that it is.
        other: String,
    },
    /// It is about another repository.
    #[error(
        "it is about {theirs}, and this repository is {ours}; go to that one, or take it here with --any-repository"
    )]
    OtherRepository {
        /// The letter's.
        theirs: Sanitised,
        /// This one's.
        ours: String,
    },
    /// It was taken here before.
    #[error("the letter {id} was taken here before: {}", Sanitised::path(path))]
    Already {
        /// Which.
        id: LetterId,
        /// Its handoff.
        path: PathBuf,
    },
    /// There is work in it, and this is no worktree.
    #[error(transparent)]
    Outside(#[from] Outside),
}

impl NotTaken {
    /// Whether it is the letter itself that is not as letters are, whoever looks at it and when.
    pub(crate) fn is_of_letter(&self) -> bool {
        matches!(self, Self::NoLetter(_) | Self::TooLarge(_) | Self::Letter(_) | Self::Unsigned(_))
    }
}

/// Has errors become those of [`MailError`] on their way into `$error`.
macro_rules! through_mail {
    ($error:ty) => {
        $crate::error::through_mail!($error: handoff_process::NoState, handoff_process::NoStore, handoff_store::StoreError,
            $crate::machine::MachineError, $crate::people::PeopleError, handoff_bundle::GitError, handoff_files::FileError,
            handoff_bundle::BundleError, handoff_capturing::KeyringError);
    };
    ($error:ty: $($from:ty),*) => {$(
        impl From<$from> for $error {
            fn from(error: $from) -> Self {
                Self::Mail(error.into())
            }
        }
    )*};
}
pub(crate) use through_mail;

through_mail!(NotPacked);
through_mail!(NotTaken);

impl From<RoomError> for NotPacked {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::Git(error) => error.into(),
            RoomError::File(error) => error.into(),
            RoomError::Seal(error) => Self::Seal(error),
            RoomError::Open(_) => {
                Self::Unfit { name: "the handoff".to_owned(), reason: "it could not be encrypted" }
            }
            // Only what others sent is odd.
            RoomError::Odd(reason) => Self::Unfit { name: "the handoff".to_owned(), reason },
        }
    }
}

impl From<RoomError> for NotTaken {
    fn from(error: RoomError) -> Self {
        match error {
            // What git says of a file that is none of its own is the reason.
            RoomError::Git(GitError::Failed { message, .. }) => {
                Self::Unreadable(Sanitised::line(message.as_bytes(), 300))
            }
            RoomError::Git(error) => error.into(),
            RoomError::File(error) => error.into(),
            // What is read is not encrypted anew.
            RoomError::Seal(error) => Self::NoLetter(error.to_string()),
            RoomError::Open(error) => Self::Sealed(error),
            RoomError::Odd(reason) => Self::NoLetter(reason.to_owned()),
        }
    }
}
