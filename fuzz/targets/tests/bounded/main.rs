//! Every target on the recorded inputs and on a fixed number of mutations of them: what `cargo fuzz` does for hours, for
//! some seconds, with any toolchain, and the same inputs in every run.
//!
//! An input that fails is printed with the command that keeps it in `fuzz/corpus`, where every later run begins with it.
//! `HANDOFF_FUZZ_ROUNDS` multiplies the number of mutations.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests read the repository by hand, and print the input that fails"
)]

mod mutate;
mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use fuzz_targets::{TARGETS, Target};
use mutate::Mutator;

/// How many mutations of all inputs together a target is run on. `jsonl` reads each input several times.
const MUTATIONS: usize = 20_000;
const MUTATIONS_OF_LINES: usize = 5_000;

/// The most bytes of an input that a mutation makes.
const MAX_BYTES: usize = 32 << 10;

fn rounds() -> usize {
    std::env::var("HANDOFF_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

/// Runs the target on its inputs and on mutations of them.
#[track_caller]
fn run(name: &str) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("the target is in the list");
    let seeds = seeds::of(name);
    assert!(!seeds.is_empty(), "there is no input for `{name}`");
    for seed in &seeds {
        check(name, *target, &seed.bytes, &seed.from);
    }
    let mut mutator = Mutator::new(name, MAX_BYTES);
    let mutations = if name == "jsonl" { MUTATIONS_OF_LINES } else { MUTATIONS };
    for number in 0..mutations * rounds() {
        let seed = &seeds[number % seeds.len()];
        let bytes = mutator.mutated(&seed.bytes, || &seeds[(number * 7 + 1) % seeds.len()].bytes);
        check(name, *target, &bytes, &format!("mutation {number} of {}", seed.from));
    }
}

/// Runs the target once; a failure says which input it was.
#[track_caller]
fn check(name: &str, target: Target, bytes: &[u8], from: &str) {
    if let Err(cause) = catch_unwind(AssertUnwindSafe(|| target(bytes))) {
        let hexadecimal: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
        eprintln!("{from}; to keep it: printf '{hexadecimal}' > fuzz/corpus/{name}/regression-NAME");
        eprintln!("as text: {}", String::from_utf8_lossy(bytes).escape_debug());
        std::panic::resume_unwind(cause);
    }
}

#[test]
fn config_holds_on_any_bytes() {
    run("config");
}

#[test]
fn frontmatter_holds_on_any_bytes() {
    run("frontmatter");
}

#[test]
fn hook_holds_on_any_bytes() {
    run("hook");
}

#[test]
fn jsonl_holds_on_any_bytes() {
    run("jsonl");
}

#[test]
fn manifest_holds_on_any_bytes() {
    run("manifest");
}

#[test]
fn patch_holds_on_any_bytes() {
    run("patch");
}

#[test]
fn record_holds_on_any_bytes() {
    run("record");
}

#[test]
fn server_holds_on_any_bytes() {
    run("server");
}

#[test]
fn settings_holds_on_any_bytes() {
    run("settings");
}

#[test]
fn every_target_has_a_test_and_a_file_for_cargo_fuzz() {
    let own = include_str!("main.rs");
    for (name, _) in TARGETS {
        assert!(own.contains(&format!("fn {name}_holds_on_any_bytes()")), "`{name}` has no test");
        let file = seeds::fuzz().join("fuzz_targets").join(format!("{name}.rs"));
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(text.contains(&format!("fuzz_targets::{name}(")), "{} runs another target", file.display());
        let manifest = std::fs::read_to_string(seeds::fuzz().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("\"fuzz_targets/{name}.rs\"")), "fuzz/Cargo.toml has no `{name}`");
    }
}
