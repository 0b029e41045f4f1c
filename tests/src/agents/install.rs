//! Where the agents' programs are, and how they come there.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use crate::{can, has};

/// The release of Claude Code that the tests know.
pub const CLAUDE_VERSION: &str = "2.1.329";

/// The release of Codex that the tests know.
pub const CODEX_VERSION: &str = "0.169.0";

static DIRECTORY: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// Whether the agents are here, installed with npm by the first test that asks; says so where they cannot be.
pub fn ready() -> bool {
    match DIRECTORY.get_or_init(install) {
        Ok(_) => true,
        Err(why) => can(&format!("run the real agents: {why}"), false),
    }
}

/// A file of the installed packages.
pub(super) fn installed(file: &str) -> PathBuf {
    let directory = DIRECTORY.get_or_init(install).as_ref().unwrap_or_else(|why| panic!("{why}"));
    directory.join("node_modules").join(file)
}

/// Claude Code's own program, which needs no Node.
pub(super) fn claude() -> String {
    format!("@anthropic-ai/claude-code-{}/claude", platform())
}

/// Codex's own program, which needs no Node.
pub(super) fn codex() -> String {
    let machine = std::env::consts::ARCH;
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("@openai/codex-{}/vendor/{machine}-{system}/bin/codex", platform())
}

/// The platform in the words of npm.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    format!("{system}-{machine}")
}

fn install() -> Result<PathBuf, String> {
    let directory = std::env::var_os("HANDOFF_TESTS_AGENTS").map_or_else(beside_the_build, PathBuf::from);
    if complete(&directory) {
        return Ok(directory);
    }
    if !has("npm") {
        return Err(format!("they are not in {}, and npm is not on PATH", directory.display()));
    }
    std::fs::create_dir_all(&directory).unwrap();
    // Other test processes wait here, and then find them installed.
    let lock = directory.join(".lock");
    let lock = OpenOptions::new().create(true).append(true).open(lock).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    if complete(&directory) {
        return Ok(directory);
    }
    let npm = Command::new("npm")
        .args([
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--save-exact",
            "--prefix",
        ])
        .arg(&directory)
        .arg(format!("@anthropic-ai/claude-code@{CLAUDE_VERSION}"))
        .arg(format!("@openai/codex@{CODEX_VERSION}"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    match complete(&directory) {
        true => Ok(directory),
        false => Err(format!("npm install: {} {}", npm.status, String::from_utf8_lossy(&npm.stderr))),
    }
}

/// `agents` in cargo's target directory, which `cargo clean` empties.
fn beside_the_build() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.ancestors().find(|dir| dir.ends_with("debug") || dir.ends_with("release")).unwrap();
    profile.with_file_name("agents")
}

/// Whether both programs are there, in the releases that the tests know.
fn complete(directory: &Path) -> bool {
    let modules = directory.join("node_modules");
    let version = |package: &str| {
        let manifest = std::fs::read(modules.join(package).join("package.json")).ok()?;
        let manifest: Value = serde_json::from_slice(&manifest).ok()?;
        Some(manifest["version"].as_str()?.to_owned())
    };
    version("@anthropic-ai/claude-code").as_deref() == Some(CLAUDE_VERSION)
        && version("@openai/codex").as_deref() == Some(CODEX_VERSION)
        && modules.join(claude()).is_file()
        && modules.join(codex()).is_file()
}
