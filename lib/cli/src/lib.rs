//! The command line of every program: one table of verbs and options ([`table`], filled in [`tables`]), from which the
//! parser, the help, the man pages, the shells' completions and the reference are made. It prints nothing, and knows
//! nothing of what a verb does.
//!
//! The hook `session-start` does not use it: it has four options, and pays for every byte.

mod ask;
mod called;
pub mod complete;
mod duration;
mod given;
mod help;
mod man;
mod number;
mod parse;
mod reference;
pub mod table;
pub mod tables;
mod usage;
mod wrap;

#[cfg(test)]
mod tests;

pub use ask::{Asked, ask};
pub use called::CalledAs;
pub use duration::{NotADuration, age, duration, timeout};
pub use given::Given;
pub use help::{program_help, verb_help};
pub use man::man_page;
pub use number::{NotANumber, limit, number, positive_limit};
pub use parse::{Misplaced, Misuse, Parsed, Rewritten, UsageError, parse};
pub use reference::reference;
pub use usage::usage;
