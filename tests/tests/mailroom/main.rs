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
mod background;
mod by_branch;
mod cloud;
mod copy;
mod crashes;
mod cut;
mod encrypted;
mod failures;
mod hostile;
mod letters;
mod mail_remote;
mod model;
mod numbers;
mod over_ssh;
mod policies;
mod races;
mod remote;
mod server;
mod support;
mod told;
#[path = "../../../lib/audience/tests/audience/server.rs"]
#[allow(dead_code, reason = "others use the rest")]
mod web;
