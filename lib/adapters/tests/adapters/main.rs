//! Tools wired and unwired in real directories.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files and processes by hand"
)]

mod earlier;
mod exclude;
mod found;
mod guidance;
mod hooks;
mod in_the_way;
mod killed;
mod linked;
mod properties;
mod shared;
mod status_line;
mod support;
mod trusting;
