//! What the commands say and do, through the real programs: a handoff written, refused, listed, read, moved and found
//! again, for any worktree that git or a file system allows.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

mod acts;
mod addresses;
mod context;
mod inbox;
mod input;
mod mistyped;
mod refusals;
mod screen;
mod secrets;
mod support;
mod typed;
mod writing;
