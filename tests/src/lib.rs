//! What every black-box test starts from: a world of its own, with a HOME, a git identity and a store root that no other
//! test and nothing on the machine shares, and the real programs run in it.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files and processes by hand"
)]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

pub mod agents;
mod checkout;
mod claude;
mod mount;
mod programs;
mod ran;
mod stop;
mod strace;
mod terminal;
mod world;

pub use checkout::{Checkout, names};
pub use claude::Claude;
pub use mount::Mount;
pub use programs::{PROGRAMS, program, take};
pub use ran::Ran;
pub use stop::{EDITS, Stop};
pub use strace::{can_trace, traced};
pub use terminal::Terminal;
pub use world::{World, feed};

/// A body that `handoff-write` accepts.
pub const BODY: &str = "# Handoff — Auth refactor\n\n## Immediate next action\nRun `make test-auth`.\n\n## What NOT to do on resume\n- Do not swap to jsonwebtoken.\n";

/// Whether the machine can do what a test needs; says so when it cannot. With `HANDOFF_TESTS_REQUIRE_ALL` set, as in
/// CI, a missing tool is a failure and no test is ever passed over. With `HANDOFF_TESTS_PASSED_OVER` set to a file, a
/// line there names the test, so that a run can list them at its end: what a test prints is not shown when it passes.
pub fn can(what: &str, possible: bool) -> bool {
    if !possible {
        assert!(std::env::var_os("HANDOFF_TESTS_REQUIRE_ALL").is_none(), "this machine cannot: {what}");
        eprintln!("passed over: this machine cannot: {what}");
        if let Some(list) = std::env::var_os("HANDOFF_TESTS_PASSED_OVER") {
            note(Path::new(&list), what).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
        }
    }
    possible
}

/// Adds a line about the running test to `list`. It is written at once, so lines of several processes stay whole.
fn note(list: &Path, what: &str) -> std::io::Result<()> {
    let thread = std::thread::current();
    let line = format!("the test {}: this machine cannot {what}\n", thread.name().unwrap_or("(unnamed)"));
    OpenOptions::new().create(true).append(true).open(list)?.write_all(line.as_bytes())
}

/// Whether a program is on PATH.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Whether this is root: then permission bits stop nothing.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0).unwrap_or(false)
}
