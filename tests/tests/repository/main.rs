//! What the pages for contributors say of the repository is true.
//!
//! [`architecture`] holds `docs/architecture.md` against `cargo metadata`; [`pages`] looks for every file that a page
//! names; [`oldest`] compares what dependencies need; [`certain`] compares a table with
//! the rows of the hosts; [`rows`] finds code that asks which host it is. A failure names the page, the line and the text that belongs there.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read the repository by hand")]

mod architecture;
mod certain;
mod oldest;
mod pages;
mod rows;

use std::path::Path;

/// The workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` lies in the workspace")
}

/// A page of the repository.
#[track_caller]
fn page(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backticks in `text`.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
