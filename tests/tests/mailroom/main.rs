//! Handoffs through a remote of the repository, with the real programs and real servers: `git daemon`, `git http-backend`, and a
//! bare repository by its path.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

mod addresses;
mod answers;
mod background;
mod by_branch;
mod clocks;
mod cloud;
mod cloud_encrypted;
mod collected;
mod copied_and_taken;
mod copy;
mod crashes;
mod cut;
mod encrypted;
mod failures;
#[path = "../reach/forge.rs"]
#[allow(dead_code, reason = "others use the rest")]
mod forge;
mod full;
mod gitolite;
mod hostile;
mod letters;
mod mail_remote;
mod model;
mod notices;
mod numbers;
mod once_more;
mod other_git;
mod over_ssh;
mod overview;
mod policies;
mod processes;
mod races;
mod remote;
mod server;
mod slow;
mod sshd;
mod support;
mod told;
#[path = "../../../lib/audience/tests/audience/server.rs"]
#[allow(dead_code, reason = "others use the rest")]
mod web;
