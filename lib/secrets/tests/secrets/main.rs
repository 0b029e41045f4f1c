//! What is found in a handoff and what is not.
//!
//! Secrets are put together while the tests run, so that no other scanner finds one in this
//! repository.

mod assignment;
mod keys;
mod near_misses;
mod properties;
mod random;
mod redaction;
mod shapes;
mod structured;
mod unremarkable;
