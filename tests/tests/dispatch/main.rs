//! `handoff` and its dispatcher, through the real program: a task goes to a backend, the truth comes back.
//!
//! Most of the backends are scripts that say what the real ones were recorded to say; `agents` has the real ones.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files and processes by hand"
)]

mod agents;
mod conversations;
mod deleted;
mod endings;
mod environment;
mod forging;
mod glance;
mod guarded;
mod inbox;
mod killed;
mod listed;
mod notify;
mod preview;
mod prompts;
mod readme;
mod records;
mod reserved;
mod screen;
mod setup;
mod support;
mod trouble;
mod which;
