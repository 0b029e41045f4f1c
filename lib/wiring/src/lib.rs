//! Edits of files that belong to users and other programs: hooks and MCP servers in a host's settings, a managed block in
//! a markdown file, writable roots in Codex's TOML.
//!
//! Pure: text in, text out. A library parses and says where things stand; what we add or take out is spliced in there,
//! so every other byte stays by construction. What is broken or not of the shape that the host documents is
//! [`Malformed`] and left alone.

mod allow_write;
mod block;
mod diff;
mod edit;
mod entries;
mod hooks;
mod json;
mod malformed;
mod roots;
mod server;
mod shell;
mod splice;
mod status_line;
mod trust;
mod undo;

use serde::{Deserialize, Serialize};

pub use allow_write::AllowWrite;
pub use block::Block;
pub use diff::unified;
pub use edit::{Edit, Edited, hash};
pub use hooks::{Conditions, Found, Handler, Hooks, Matcher, NeverRuns, Run, Standing};
pub use json::{enabled, flag, readable, strings};
pub use malformed::{Malformed, text};
pub use roots::Roots;
pub use server::{FoundServer, Server, ServerFormat, ServerShape};
pub use shell::Call;
pub use status_line::StatusLine;
pub use trust::Trust;
pub use undo::Undo;

/// What of the surroundings an edit made, so that taking it back leaves what the user had: an empty `"hooks": {}` that
/// was there before stays. In a manifest it is the name in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Made {
    /// Only the innermost thing: the list that it is in was there.
    Item,
    /// The list too.
    List,
    /// The list and what the list is in.
    Parent,
    /// All of it, to the outermost. Also whatever else a manifest says.
    #[serde(other)]
    Outer,
}

/// The byte order mark some editors write. It is no part of what the parsers read.
const BOM: &str = "\u{feff}";

/// `text` without its byte order mark, and the mark.
fn without_bom(text: &str) -> (&str, &str) {
    match text.strip_prefix(BOM) {
        Some(rest) => (BOM, rest),
        None => ("", text),
    }
}

#[cfg(test)]
mod tests;
