//! Handoffs through a remote of the repository, with the real programs and real servers: `git daemon`, `git http-backend`, and a
//! bare repository by its path.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

mod letters;
mod server;
mod support;
