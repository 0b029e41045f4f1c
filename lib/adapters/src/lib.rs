//! The coding tools that work can be handed between: which there are, where each looks for guidance and for hooks, which
//! are found here, and the wiring of them, with exact rollback.
//!
//! The rows of `lib/agents` are data. [`enable`] and [`disable`] read everything, change nothing and give a [`Plan`], which is shown or
//! carried out; a [`Manifest`] remembers what was changed, so that [`disable`] gives a file back
//! to the byte where it was not edited since, and takes only ours out where it was. [`status`] says how a tool stands.

mod disable;
mod earlier;
mod enable;
mod error;
mod exclude;
mod found;
mod fragment;
mod guidance;
mod manifest;
mod own;
mod plan;
mod planner;
mod records;
mod status;
mod surface;

pub use disable::disable;
pub use enable::enable;
pub use error::AdapterError;
pub use found::{Here, Sign, signs};
pub use guidance::told;
pub use handoff_edits::{Edit, Leftovers, Problem};
pub use manifest::Manifest;
pub use own::Own;
pub use plan::{Done, Note, Plan};
pub use planner::recover;
pub use records::{Records, tidy};
pub use status::{State, SurfaceStatus, ToolStatus, shows_handoffs, status};
pub use surface::{Scope, Surface};

#[cfg(test)]
mod tests;
