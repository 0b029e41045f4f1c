//! A checkout is built for musl where that is possible, and for this machine elsewhere; the programs are static.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests set up files by hand"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use installer::{OPTIONAL, PROGRAMS};

const CHECKOUT: &str = "HANDOFF_TESTS_CHECKOUT";

/// A checkout whose programs do nothing, linked as the real ones are.
fn checkout(place: &Path) -> PathBuf {
    let checkout = place.join("check out");
    let write = |name: &str, text: &str| {
        let path = checkout.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let mut sorted: Vec<&str> = PROGRAMS.into_iter().chain(OPTIONAL).collect();
    sorted.sort_unstable();
    let members = sorted.iter().map(|program| format!("\"{program}\"")).collect::<Vec<_>>().join(", ");
    write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"));
    let mut lock = "version = 4\n".to_owned();
    for program in sorted {
        lock.push_str(&format!("\n[[package]]\nname = \"{program}\"\nversion = \"0.1.0\"\n"));
        let manifest = format!("[package]\nname = \"{program}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        write(&format!("{program}/Cargo.toml"), &manifest);
        write(&format!("{program}/src/main.rs"), "fn main() {}\n");
    }
    write("Cargo.lock", &lock);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/no-unwinding.ld");
    write("packaging/no-unwinding.ld", &std::fs::read_to_string(script).unwrap());
    checkout
}

/// Builds `checkout` in a process whose PATH begins with `tools`; gives the directory of the programs.
fn built(checkout: &Path, tools: &Path) -> PathBuf {
    let mut places = vec![tools.to_owned()];
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "--ignored", "--nocapture", "builds_what_the_environment_names"]);
    child.env("PATH", std::env::join_paths(places).unwrap()).env(CHECKOUT, checkout);
    child.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_BUILD_TARGET_DIR");
    let ran = child.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let out = String::from_utf8(ran.stdout).unwrap();
    let (_, rest) = out.split_once("built in ").unwrap();
    PathBuf::from(rest.lines().next().unwrap())
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn builds_what_the_environment_names() {
    let Some(checkout) = std::env::var_os(CHECKOUT) else { return };
    #[expect(clippy::print_stdout, reason = "the other test reads it")]
    {
        println!("built in {}", installer::build(checkout.as_ref()).unwrap().display());
    }
}

fn has_standard_library(target: &str) -> bool {
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    rustc.is_ok_and(|found| Path::new(String::from_utf8_lossy(&found.stdout).trim_end()).is_dir())
}

#[test]
fn a_checkout_is_built_for_musl_where_that_is_possible_and_static_everywhere() {
    let place = tempfile::tempdir().unwrap();
    let (checkout, tools) = (checkout(place.path()), place.path().join("tools"));
    std::fs::create_dir(&tools).unwrap();
    let has_compiler = Command::new("musl-gcc").arg("--version").output().is_ok();
    if !has_compiler {
        assert!(
            built(&checkout, &tools)
                .ends_with(format!("{}-unknown-linux-gnu/release", std::env::consts::ARCH))
        );
    }
    // None of these programs has C in it.
    std::fs::write(tools.join("musl-gcc"), "#!/bin/sh\nexit 1\n").unwrap();
    std::fs::set_permissions(tools.join("musl-gcc"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let musl = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let target = if has_standard_library(&musl) { musl } else { musl.replace("musl", "gnu") };
    let programs = built(&checkout, &tools);
    assert!(programs.ends_with(format!("{target}/release")), "{}", programs.display());
    for program in PROGRAMS.into_iter().chain(OPTIONAL) {
        let bytes = std::fs::read(programs.join(program)).unwrap();
        assert!(!bytes.windows(3).any(|part| part == b"/ld"), "{program} asks for a dynamic linker");
        assert!(Command::new(programs.join(program)).status().unwrap().success());
    }
}
