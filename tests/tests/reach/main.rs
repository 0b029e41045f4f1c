//! Handoffs on their way to another machine and to other people, through the real programs: two machines with clones of one
//! repository, and what comes of a letter between them.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

mod encrypted;
mod faults;
mod forge;
mod forged;
mod junk;
mod over_ssh;
mod people;
mod refused;
mod secrets;
mod support;
mod there;
