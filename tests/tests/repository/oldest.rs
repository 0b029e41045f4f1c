//! The oldest toolchain that the workspace says it builds with.

use std::process::Command;

use serde_json::Value;

use super::root;

/// `1.91` or `1.91.0` as numbers that can be compared.
fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<_> = text.split('.').map(|part| part.parse().expect("a version is numbers")).collect();
    parts.resize(3, 0);
    parts
}

#[test]
fn no_dependency_needs_a_newer_toolchain_than_the_workspace() {
    let host = Command::new("rustc").args(["--print", "host-tuple"]).output().expect("rustc runs");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform"])
        .arg(String::from_utf8_lossy(&host.stdout).trim())
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let own = |package: &&Value| package["name"] == "tests";
    let oldest = packages.iter().find(own).unwrap()["rust_version"].as_str().expect("it has a rust-version");
    for package in packages {
        if let Some(needed) = package["rust_version"].as_str() {
            let name = &package["name"];
            assert!(
                version(needed) <= version(oldest),
                "{name} needs Rust {needed}, the workspace has {oldest}"
            );
        }
    }
}
