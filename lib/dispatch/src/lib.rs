//! A task for another agent: planned, supervised, concluded, and its result left where it is wanted.
//!
//! Typed requests in, typed results out. What becomes known on the way goes to an [`Observer`]; nothing here prints. The
//! backend runs behind a guard process: `handoff guard` and `handoff leash` are [`guard::run`] and [`leash::run`].

mod conclude;
mod conversation;
mod deliver;
mod dispatcher;
mod excerpt;
mod journal;
mod notify;
mod observer;
mod opened;
mod order;
mod select;
mod stop;
mod supervise;
#[cfg(test)]
mod tests;

pub use conclude::Concluded;
pub use conversation::{ConversationError, Native, Resumable};
pub use deliver::{DeliverError, Why};
pub use dispatcher::{Dispatcher, NoConfig, NoHome, OpenError};
pub use excerpt::{Excerpt, Part};
pub use notify::NotifyError;
pub use observer::{Notice, Observer};
pub use opened::{OpenedSettings, SettingsError};
pub use order::{AtWork, DispatchError, Order, check_free};
pub use select::{NoWorktree, SelectError, Worktrees, find, find_or_newest, newest, newest_running, running};
pub use stop::{StopError, stop};
pub use supervise::{Signals, guard, leash};
