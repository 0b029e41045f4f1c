//! The uncommitted work itself: captured whole, and put back all or nothing.
//!
//! A capture holds everything uncommitted of a git worktree, staged and unstaged apart, to the byte. It changes nothing in
//! the repository. An apply checks everything before it touches anything, and can be undone, also when it was killed in
//! the middle. The rules are `spec/bundle.md`.

mod adopt;
mod apply;
mod bundle;
mod capture;
mod commits;
mod content;
mod error;
mod git;
mod layout;
mod literal;
mod manifest;
mod patch;
mod path;
pub mod policy;
mod repository;
mod status;
mod tree;
pub mod trust;

pub use adopt::Adopted;
pub use apply::{Applied, ApplyOptions, IgnoredRecord, Undone};
pub use bundle::{Bundle, Claim, ClaimNote, Trusted};
pub use capture::{Description, Draft, Limits, Own, Unnamed};
pub use commits::{Brought, CommitsHead, Moved, Unpushed};
pub use content::{Take, Which};
pub use error::{BundleError, Refusal};
pub use git::{Git, GitError};
pub use layout::{BundleId, Handover, Listed};
pub use manifest::{Change, Contents, File, Manifest, NotCarried, Origin, Part, Reason, Staged};
pub use patch::{PatchError, Section, Side, parse};
pub use path::TreePath;
pub use repository::Progress;
pub use trust::{Keyring, Trust};
