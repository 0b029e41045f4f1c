//! Handoffs on their way to another machine or another person: packed with the work that belongs to them, signed, and taken
//! in where they come to, verified.
//!
//! A letter travels as one file, by mail, on a stick, or through ssh. Typed requests in, typed results out; nothing here
//! prints. The rules are `spec/reach.md`.

mod config;
mod error;
mod git;
mod identity;
mod machine;
pub mod mailroom;
mod objects;
mod open;
mod pack;
mod parcel;
mod people;
mod recipients;
mod room;
mod sandbox;
mod scan;
mod send;
mod take;
mod unreceipted;
mod whom;

pub use error::{MailError, NotPacked, NotTaken};
pub use handoff_sealed::Passphrase;
pub use identity::Identity;
pub use machine::{Machine, MachineError};
pub use open::{Opened, Signer};
pub use pack::{PackRequest, Packed, Seal, pack};
pub use people::{Added, ME, People, PeopleError, Person, PersonKey, PersonName};
pub use recipients::{NoRecipients, Recipients};
pub use sandbox::{Invitation, KEY_VARIABLE, PEOPLE_VARIABLE, SandboxError};
pub use scan::{Leak, Leaks};
pub use send::{Destination, NoDestination, Receipt, SendError, introduce, send};
pub use take::{TakeOptions, Taken, take};
pub use unreceipted::Unreceipted;
pub use whom::NoAddress;
