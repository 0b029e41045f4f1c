//! What a process is given: environment, input, output.
//!
//! Two of the project's three doors: nothing else reads the environment, standard input or the working directory, and
//! nothing else prints. What is read here is handed on as plain values.
#![expect(clippy::disallowed_methods, reason = "these are the doors that the lint keeps shut elsewhere")]

mod ancestor;
mod background;
mod editor;
mod environment;
mod failure;
mod handoff_request;
mod input;
mod output;
mod secret;
mod sibling;
mod terminal;

pub use ancestor::{ProcessId, directory_of_ancestor, process_space};
pub use background::{Background, end_with_group};
pub use editor::{EditorError, asks_person, edit, editor, is_input_terminal, opening};
pub use environment::{
    Environment, ForeignHome, MAX_SESSION_ID_BYTES, NoState, NoStore, Unattended, is_session_id,
};
pub use failure::Failure;
pub use handoff_request::{HandoffRequest, SendError, Sent};
pub use handoff_text::quoted;
pub use input::{
    InputError, InputFault, InputLimits, is_input_silent_for, read_input, read_line, read_whole,
    read_whole_input,
};
pub use output::{Output, Status};
pub use secret::ask_secret;
pub use sibling::ask_sibling;
pub use terminal::{is_in_foreground, to_terminal};
