//! The record of runs through its public functions, on real disks and with real processes.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests look at files from outside, and end where they are surprised"
)]

mod deleted;
mod delivered;
mod faults;
mod life;
mod messages;
mod old;
mod processes;
mod support;
mod updates;
