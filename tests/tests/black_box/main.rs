//! What users and hosts see of the programs, the whole visible result.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files and processes by hand"
)]

mod delivery;
mod hostile;
mod smoke;
mod support;
mod surfacing;
