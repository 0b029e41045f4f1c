//! The MCP server through its pipes: what a client is told and given, that a handoff is archived only once the client has
//! it, and what becomes of clients that break the protocol.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

mod asking;
mod client;
mod conformance;
mod given;
mod hostile;
mod received;
mod runs;
mod sdk;
