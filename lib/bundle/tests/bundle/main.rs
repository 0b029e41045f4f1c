//! Capture and apply with real git, in real repositories.
#![expect(clippy::disallowed_methods, reason = "tests look at the files as any program would")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod applies;
mod captures;
mod claims;
mod folding;
mod hostile;
mod kills;
mod property;
mod records;
mod rest;
mod states;
mod support;
mod trusts;
