//! What is run on bytes that others wrote: one function for each kind of input.
//!
//! Each function reads its input as the programs do and asserts what must hold of any bytes: nothing panics, and what is
//! read back after a change is what was there before. The targets of `cargo fuzz` (`fuzz/fuzz_targets`) call these
//! functions, and so does the test `bounded`, which needs no fuzzer.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a failed assertion is what a fuzzer looks for, and files are set up by hand"
)]

mod bundle;
mod config;
mod document;
mod hook;
mod lines;
mod server;
mod settings;

pub use bundle::{manifest, patch};
pub use config::config;
pub use document::frontmatter;
pub use hook::{hook, record};
pub use lines::jsonl;
pub use server::server;
pub use settings::settings;

/// A function that reads an input.
pub type Target = fn(&[u8]);

/// All of them by name; `fuzz/fuzz_targets` has a file of each name, and `fuzz/corpus` may have a directory.
pub const TARGETS: &[(&str, Target)] = &[
    ("config", config),
    ("frontmatter", frontmatter),
    ("hook", hook),
    ("jsonl", jsonl),
    ("manifest", manifest),
    ("patch", patch),
    ("record", record),
    ("server", server),
    ("settings", settings),
];
