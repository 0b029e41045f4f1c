//! Backends as data, and how one is launched.
//!
//! `~/.handoff/config.yaml` says which agents a task can be handed to; handoff-cli's files keep working. [`Config::load`]
//! reads it with its includes, [`Backend::run`] and [`Backend::open`] turn one entry into a [`Launch`]: program,
//! arguments and the whole environment. Nothing here starts a process, prints, or asks the environment: the caller
//! gives the variables with the [`Task`].
//!
//! What depends on variables stays as it is written until a launch, so a missing key of one backend is no trouble to
//! another. Token values are in no message, no [`Debug`] and no `Display` of this crate.

mod arguments;
mod backend;
mod config;
mod environment;
mod error;
mod hint;
mod include;
mod known;
mod launch;
mod notify;
mod place;
mod preset;
mod redact;
mod template;
mod toml;
mod yaml;

pub use backend::{Backend, Setting};
pub use config::Config;
pub use error::{ConfigError, LaunchError, Problem, Reason, UnknownBackend, Warning};
pub use known::{KnownSecrets, SecretFilter};
pub use launch::{Conversation, Launch, Task};
pub use notify::Notify;
pub use place::Place;
pub use preset::Preset;

/// What a backend is told when no `system_prompt` is configured: nobody is there to answer. An empty `system_prompt`
/// turns it off.
pub const SYSTEM_PROMPT: &str = "\
Another agent handed you this task and went on with its own work: nobody can answer questions. Carry the task out to \
its end. Understand it, do the work, check it, then report what you did and what you found. Do not stop to ask for \
confirmation, do not offer alternatives to choose from, and do not end with a plan or an analysis where work was asked \
for. Where the task is unclear, take the most sensible reading and say which one you took.";

#[cfg(test)]
mod tests;
