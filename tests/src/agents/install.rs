//! Where the agents' programs are, and how they come there.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use super::Host;
use crate::{can, has};

/// Where each is, or why it is not.
static DIRECTORIES: Mutex<Vec<(Host, Result<PathBuf, String>)>> = Mutex::new(Vec::new());

/// Whether `host` can be run here.
pub(super) fn ready(host: Host) -> bool {
    match directory(host) {
        Ok(_) => true,
        Err(why) => can(&format!("run the real {}: {why}", host.row().name), false),
    }
}

/// Whether Claude Code and Codex can be run here.
pub fn both_ready() -> bool {
    Host::BOTH.into_iter().all(ready)
}

/// A file of the packages that `host` is installed with.
pub(super) fn installed(host: Host, file: &str) -> PathBuf {
    directory(host).unwrap_or_else(|why| panic!("{why}")).join("node_modules").join(file)
}

/// The platform in the words of npm.
pub fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    format!("{system}-{machine}")
}

fn directory(host: Host) -> Result<PathBuf, String> {
    let mut known = DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, directory)) = known.iter().find(|(one, _)| *one == host) {
        return directory.clone();
    }
    let directory = install(host);
    known.push((host, directory.clone()));
    directory
}

/// Those that are installed together: most tests need both of the first two, and few any other.
fn set(host: Host) -> (PathBuf, Vec<Host>) {
    let all = root();
    if Host::BOTH.contains(&host) {
        (all, Host::BOTH.to_vec())
    } else {
        (all.join("hosts").join(host.about().id), vec![host])
    }
}

fn install(host: Host) -> Result<PathBuf, String> {
    if host.about().needs_node && !has("node") {
        return Err("node is not on PATH".to_owned());
    }
    let (directory, hosts) = set(host);
    let packages: Vec<String> =
        hosts.iter().map(|host| format!("{}@{}", host.about().package, host.version())).collect();
    put(&directory, &packages, || is_complete(&directory, &hosts)).map(|()| directory)
}

/// Where the modules are of these packages of npm, each in the version beside it, fetched by the first test that asks; says so
/// where they cannot be. No script of theirs is run.
pub fn fetched(name: &str, packages: &[(&str, &str)]) -> Option<PathBuf> {
    let directory = root().join(name);
    let modules = directory.join("node_modules");
    let is_there = || packages.iter().all(|(package, version)| has_version(&modules, package, version));
    let wanted: Vec<String> =
        packages.iter().map(|(package, version)| format!("{package}@{version}")).collect();
    match put(&directory, &wanted, is_there) {
        Ok(()) => Some(modules),
        Err(why) => {
            can(&format!("fetch {name}: {why}"), false);
            None
        }
    }
}

/// Has npm put `packages` into `directory`, unless they are there.
fn put(directory: &Path, packages: &[String], is_there: impl Fn() -> bool) -> Result<(), String> {
    if is_there() {
        return Ok(());
    }
    if !has("npm") {
        return Err(format!("it is not in {}, and npm is not on PATH", directory.display()));
    }
    std::fs::create_dir_all(directory).unwrap();
    // Other test processes wait here, and then find it installed.
    let lock = directory.join(".lock");
    let lock = OpenOptions::new().create(true).append(true).open(lock).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    if is_there() {
        return Ok(());
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
        .arg(directory)
        .args(packages)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if is_there() {
        Ok(())
    } else {
        Err(format!("npm install: {} {}", npm.status, String::from_utf8_lossy(&npm.stderr)))
    }
}

fn root() -> PathBuf {
    std::env::var_os("HANDOFF_TESTS_AGENTS").map_or_else(beside_the_build, PathBuf::from)
}

/// `agents` in cargo's target directory, which `cargo clean` empties.
fn beside_the_build() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.ancestors().find(|dir| dir.ends_with("debug") || dir.ends_with("release")).unwrap();
    profile.with_file_name("agents")
}

/// Whether their programs are there, in the releases that the tests know.
fn is_complete(directory: &Path, hosts: &[Host]) -> bool {
    let modules = directory.join("node_modules");
    hosts.iter().all(|host| {
        let about = host.about();
        has_version(&modules, about.package, host.version()) && modules.join((about.program)()).is_file()
    })
}

/// Whether `package` is there, in this version.
fn has_version(modules: &Path, package: &str, version: &str) -> bool {
    let manifest = std::fs::read(modules.join(package).join("package.json")).ok();
    let manifest: Option<Value> = manifest.and_then(|text| serde_json::from_slice(&text).ok());
    manifest.is_some_and(|manifest| manifest["version"] == version)
}
