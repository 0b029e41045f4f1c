//! JSON lines of any shape and size, read as far as they make sense.
//!
//! What coding agents print and what they keep as transcripts is JSON, one value a line, whose fields change with every
//! version, which is cut off anywhere by a kill, and a line of which may have 20 MB. Here: lines out of bytes in
//! any portions ([`Lines`]), values where they stand in a line ([`Value`]), and their strings ([`Raw`]). Nothing in here
//! fails, recurses, or keeps more than it is told to.
//!
//! Not here: what any field means.

mod lines;
mod string;
mod value;

pub use lines::{BEGINNING, Fate, Limits, Line, Lines, blank_trimmed, trimmed};
pub use string::{Body, Raw};
pub use value::Value;

#[cfg(test)]
mod tests;
