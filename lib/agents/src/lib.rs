//! What each agent host is: one row for each, in a file of its own below `hosts/`.
//!
//! A row holds what differs between hosts: names, directories and files, what their hooks send and take, the formats of
//! their transcripts and streams, the forms of their skills. Code asks the row for what it needs, never which host it is.
//! What was observed of each host, and with which version, is in `docs/hosts.md`.
//!
//! A session's host is known by what it sends to its hook, never by a guess: several hosts run hooks that
//! were wired for another one and discard what they print, and a handoff that is offered to no model must stay where it
//! is. So a payload that fits no row is no session start.

mod certainty;
mod files;
mod host;
mod hosts;
mod mcp;
mod output;
mod payload;
mod protocol;
mod session;
mod skills;
mod wiring;

pub use certainty::{Certainties, Certainty};
pub use files::{Directory, Event, Form, Guidance, HookFiles, Linked, Reader, Signs};
pub use host::Host;
pub use hosts::{CLAUDE_CODE, CODEX, HOSTS};
pub use mcp::{McpFormat, McpHost, McpWiring};
pub use output::OutputForm;
pub use payload::{SessionStart, Source};
pub use protocol::{Program, Protocol, StopRequest};
pub use session::{Attendance, Delivers, Dialect, PayloadForm, Unproven};
pub use skills::{PluginPrograms, SkillForm, SkillText, TaskForm};
pub use wiring::{
    HookSwitches, InboxHook, InboxInstructions, InboxWiring, Matchers, OwnFile, OwnText, PLUGIN_PROGRAM,
    PluginEntry, PluginList, SandboxList, SessionHook, SettingsRules, SkillsDirectory, TimeUnit, Wirable,
};

#[cfg(test)]
mod tests;
