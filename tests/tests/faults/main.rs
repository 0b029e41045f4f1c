//! What kills, full disks, other users and bad luck do to handoffs: none is lost, none is archived that no session
//! used, and one that is shown twice is said to be.
//!
//! The faults are real ones: signals, refused system calls (strace), file systems that are full, read-only or poor.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

mod all_pairs;
mod claims;
mod exfat;
mod full_disk;
mod killed_acts;
mod killed_hook;
mod killed_inbox;
mod killed_move;
mod killed_writer;
mod output;
mod permissions;
mod races;
mod refused_hook;
mod refused_writer;
mod scale;
mod support;
