//! The work of a session: saved with a summary, chosen, taken over, applied, put back.
//!
//! Typed requests in, typed results out. What a user should know on the way goes to an [`Observer`]; nothing here prints.
//! Messages name commands, since that is how a user goes on whichever program asked.

mod announcement;
mod called;
mod capture;
mod event;
mod observer;
mod occasion;
mod pickup;
mod project;
mod recover;
mod repository;
pub mod secrets;
pub mod settings;
mod summary;
#[cfg(test)]
mod tests;
mod waiting;
pub mod windows;
mod words;

pub use called::called;
pub use capture::{
    CaptureCondition, CaptureError, CaptureNote, CaptureRequest, Captured, MANUAL, Unannounced, capture,
};
pub use event::Event;
pub use observer::{Notice, Observer};
pub use occasion::{Always, Occasion, why};
pub use pickup::{
    AppliedCapture, PickedUp, PickupError, PickupRequest, Whereabouts, again, apply, claim, elsewhere, find,
    take, undo,
};
pub use project::{ChooseError, KeyringError, Outside, Project, ProjectError, Untrusted, state, taken};
pub use recover::{NotRecovered, recover};
pub use repository::Unusable;
pub use settings::Settings;
pub use summary::MAX_SUMMARY_BYTES;
pub use waiting::{Waiting, WaitingError};
pub use words::counted;
