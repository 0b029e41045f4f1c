//! The programs under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Every program that is installed.
pub const PROGRAMS: [&str; 6] =
    ["session-start", "handoff-write", "inbox", "handoff", "handover", "handoff-mcp"];

static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// The path of a program: in `HANDOFF_TESTS_PROGRAMS` when that is set, so that released ones can be tested, else built
/// from this checkout, once.
pub fn program(name: &str) -> PathBuf {
    DIRECTORY
        .get_or_init(|| std::env::var_os("HANDOFF_TESTS_PROGRAMS").map_or_else(build, PathBuf::from))
        .join(name)
}

/// Puts the program `from` at `to` as well: a link is as good a file of its own, and takes no time. Where that cannot be, as on
/// another file system, another process copies it: one that this process had open to write could not be run while a
/// child of another thread has it open.
pub fn take(from: &Path, to: &Path) {
    if std::fs::hard_link(from, to).is_err() {
        let copied = Command::new("cp").arg("--").arg(from).arg(to).status();
        assert!(
            copied.is_ok_and(|status| status.success()),
            "{} is copied to {}",
            from.display(),
            to.display()
        );
    }
}

fn build() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // `--test` has cargo choose the features that `cargo test --workspace` chooses: without it, nearly everything that
    // the tests were just built with is built a second time.
    let built = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args(["build", "--quiet", "--workspace", "--bins", "--test", "repository"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the programs do not build");
    // Beside the directory that this test itself was built into.
    let own = std::env::current_exe().unwrap();
    own.ancestors()
        .find(|dir| dir.ends_with("debug") || dir.ends_with("release"))
        .unwrap()
        .with_file_name("debug")
}
