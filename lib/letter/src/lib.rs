//! Letters: handoffs on their way to another machine or to another person.
//!
//! A letter is one commit without parents in git's own format, signed with the key of the machine that wrote it. Its tree
//! holds the handoff (`handoff.md`) and what the letter says of itself (`letter.json`, [`Letter`]). Uncommitted work and
//! commits that go along are a second commit, the parcel, which the letter names. Here are the bytes alone; who carries
//! them is not known here. The rules are `spec/reach.md`.

mod commit;
mod id;
mod key;
mod letter;
mod mailbox;
mod signature;
mod wire;

pub use commit::{Commit, CommitError, State, Unsigned};
pub use id::LetterId;
pub use key::{NotAKey, PublicKey, SecretKey};
pub use letter::{Commits, Letter, LetterError, Parcel, Sender};
pub use mailbox::{Mailbox, NoMailbox};
pub use signature::{BadSignature, NAMESPACE, Signature};

/// The largest handoff that a letter carries, in bytes.
pub const MAX_HANDOFF_BYTES: u64 = 1 << 20;

/// The largest `letter.json`, in bytes.
pub const MAX_LETTER_BYTES: u64 = 64 << 10;

/// What the names of all refs of ours begin with.
pub const REFS: &str = "refs/handoffs/v1/";

/// For so many seconds a letter can be taken: 30 days.
pub const LIFETIME_SECS: i64 = 30 * 86_400;

/// By so many seconds two clocks may differ before a letter that is taken late, or early, is refused: 2 days.
pub const SKEW_SECS: i64 = 2 * 86_400;
