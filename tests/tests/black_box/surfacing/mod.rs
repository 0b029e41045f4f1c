//! What a new session is told, and what is kept of it.

mod budget;
mod compact;
mod drift;
mod hosts;
mod many;
mod message;
mod place;
mod published;
mod stamp;
mod standard_input;
