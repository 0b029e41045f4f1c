//! Edits of files that belong to users and to other programs: the one engine under `handoff install` and `handover enable`.
//!
//! A [`Target`] is such a file as it was when the plan was made; what of ours is put into its text and taken out again is a
//! [`Fragment`], built on the editors of `handoff-wiring`. A plan is a list of [`Change`]s: shown, or carried out by
//! [`carry_out`], which sets aside what cannot be done, does all the rest, and has the caller's [`Account`] say of each file
//! what is true of it. What cannot be changed is among the [`Leftovers`], with the [`Problem`] and with what to put in or take out
//! by hand.
//!
//! What is put where, and what is recorded of it, is the business of the crates that use this.

mod carry;
mod change;
mod fragment;
mod hook;
mod left;
mod problem;
mod record;
mod target;

pub use carry::{Account, carry_out};
pub use change::{Change, Edit, PRIVATE, PROGRAM};
pub use fragment::{Fragment, by_hand, is_blank, is_nothing, take_out, without};
pub use hook::Hook;
pub use left::{Cause, Left, Leftovers};
pub use problem::Problem;
pub use record::{former, is_plain, reset};
pub use target::{MAX_FILE_BYTES, MAX_TEXT_BYTES, Target, missing};
