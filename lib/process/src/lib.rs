//! What a process is given: environment, input, output.
//!
//! Two of the project's three doors: nothing else reads the environment, standard input or the working directory, and
//! nothing else prints. What is read here is handed on as plain values.
#![expect(clippy::disallowed_methods, reason = "these are the doors that the lint keeps shut elsewhere")]

mod environment;
mod failure;
mod input;
mod output;
mod word;

pub use environment::{Environment, NoState, NoStore, quoted};
pub use failure::Failure;
pub use input::{Patience, read_input, read_line};
pub use output::{Output, Status};
pub use word::{Left, SessionWord};
