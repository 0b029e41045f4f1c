//! Which handoff was offered to which session, and whether that session used it.
//!
//! A hook that printed a handoff does not know whether anybody will read it: the session may be closed without a word.
//! So the handoff stays in `unread/`, and the hook records an [`Offer`] beside it. Whoever looks into the inbox next
//! settles the offers from evidence:
//!
//! ```text
//!             hook prints              an answer of the model follows the frame in the transcript
//! waiting ---------------> offered -----------------------------------------------------------------> delivered, read/
//!    ^                        |
//!    +------------------------+  the session is over, and there is no such answer
//! ```
//!
//! - [`Offer`] and [`History`] are what is recorded ([`record`](self)), one file for each handoff.
//! - Evidence is what a transcript shows; [`decide`] is the whole rule, without a file or a process.
//! - [`Ledger`] puts both together for one inbox: [`Ledger::standing`] tells, [`Ledger::settle`] archives.
//!
//! A record counts as evidence only together with a witness outside of the store ([`Looker::state`]), or with a
//! transcript where its host keeps them: any sandboxed agent may write in the store. What is forged can have a handoff
//! offered twice, never vanish. The rules are `spec/storage.md`.

mod decide;
mod dialects;
mod evidence;
mod ledger;
mod looker;
mod record;
mod witness;

pub use decide::{Evidence, Liveness, Verdict, decide};
pub use evidence::WINDOW;
pub use ledger::{Delivery, Ledger, Past, Standing};
pub use looker::Looker;
pub use record::{Event, History, Offer, Proof};

#[cfg(test)]
mod tests;

#[cfg(test)]
mod recorded_tests;
