//! `handover`, through the real program: the work itself is saved, and put back once, to the byte.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests set up files and processes by hand"
)]

mod agents;
mod capture;
mod events;
mod faults;
mod meanwhile;
mod pickup;
mod refusals;
mod sandbox;
mod setup;
mod support;
mod trust;
mod words;
