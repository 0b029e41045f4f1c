//! The real agents, run against a model that the test plays itself.
//!
//! What the model was sent is what the agent was told: tests assert on [`Model::texts`], not on what a hook printed.
//! No request leaves this machine but those of `npm install`, where the agents are not there yet.

mod host;
mod hosts;
mod install;
mod interactive;
mod machine;
mod model;
mod process;
mod record;
mod session;
mod trim;
mod trust;

pub use host::Host;
pub use hosts::put_settings;
pub use install::{both_ready, fetched, platform};
pub use interactive::Interactive;
pub use machine::{Machine, Wiring};
pub use model::{Model, Request, Role, Step, Text, call, call_ending, reading, refuse, shell, text};
pub use session::{Session, SessionEnd, minimal_path, with_node};
