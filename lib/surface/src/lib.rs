//! The text a session is given.
//!
//! Pure: facts in, text out. What a handoff says is a claim, so it is framed by lines that its own words cannot
//! imitate ([`Frame`]), sanitised, and bounded in size ([`Composer`]). The rules are `spec/surfacing.md`.

mod block;
mod compose;
mod cut;
mod drift;
mod frame;
mod reminder;

pub use block::{Before, Incoming, next_action};
pub use compose::{Composer, Placed, Preview, SUMMARY, Settled, Surfaced, Tail};
pub use drift::drift_lines;
pub use frame::{Frame, name, title};
pub use reminder::{Loaded, reminder};

/// The default budget, in bytes of UTF-8. Both hosts cut what a hook prints at 10,000: Claude Code counts UTF-16 units
/// and keeps the first 2,000, Codex counts bytes and keeps head and tail.
pub const BUDGET: usize = 9_500;

/// The smallest budget that has room for the frame and something in it, in bytes.
pub const SMALLEST: usize = 2_000;

/// The budget of a reminder after compaction, in bytes.
pub const REMINDER: usize = 2_500;

/// A number of bytes for people: `640 bytes`, `58.3 kB`, `2.1 GB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["kB", "MB", "GB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests;
