//! Capture and apply with real git, in real repositories.
#![expect(clippy::disallowed_methods, reason = "tests look at the files as any program would")]
#![allow(missing_docs)]

mod applies;
mod captures;
mod claims;
mod generated;
mod hostile;
mod kills;
mod states;
mod support;
mod trusts;
