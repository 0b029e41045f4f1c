//! The sources, the policy and its memory through their public functions: real sockets, real files, real processes.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests look at files from outside, and end where they are surprised"
)]

mod claims;
mod daemon;
mod export;
mod limit_hit;
mod rollout;
mod statusline;
mod support;
