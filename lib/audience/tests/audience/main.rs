//! Asking a real git server on this machine, and servers that are none.
#![expect(clippy::disallowed_methods, reason = "tests set up files and processes by hand")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod asks;
mod server;
