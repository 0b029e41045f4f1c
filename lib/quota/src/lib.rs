//! How full the usage windows of the coding agents are, and when work has to be captured for it.
//!
//! All of this runs inside a hook, and nothing of it may hold the hook up: [`Sources::ask`] bounds the time, every source
//! bounds what it reads, and where nothing is configured and openusage is not there, each costs one look at the file
//! system. No thread is started and no process; what has to be run beside the hook is handed to the caller
//! ([`refresh`]).
//!
//! - Sources, in the order in which they should be asked: [`OpenusageSocket`] (asks a daemon that asks the vendors),
//!   [`OpenusageExport`] (what it said last), [`Tap`] (what Claude Code gave its statusline), [`Rollout`] (what Codex
//!   wrote down). Their modules say what of other programs is relied on, and of which versions.
//! - [`LimitHit`]: that a host says itself that it hit its limit.
//! - [`Policy`] decides, [`Ledger`] remembers, so that there is one capture for each window and reset time.
//!
//! Whatever the bytes of others are, nothing here panics, loops or grows without bound.

mod export;
mod http;
mod json;
mod limit_hit;
mod memory;
mod openusage;
mod policy;
mod rollout;
mod source;
mod tap;
mod window;

pub use export::{OpenusageExport, REFRESH_MINUTES, Refresh, refresh};
pub use limit_hit::{LimitHit, LimitKind};
pub use memory::{Claim, Ledger, Memory};
pub use openusage::{OpenusageSocket, socket_path};
pub use policy::{Cause, Moment, Policy, Trigger, Windows};
pub use rollout::{Ending, Rollout};
pub use source::{Answer, BUDGET, Source, SourceError, Sources};
pub use tap::{INPUT, Record, Recorded, Tap};
pub use window::{FRESH, Percent, Reading, SourceName, WINDOWS, Window, WindowName};

#[cfg(test)]
mod tests;
