//! From the installed version to the newest, with real git and cargo; and back when that fails.

use std::path::Path;

use tests::{Ran, feed};

use crate::check::Upstream;
use crate::support::Tree;

/// A new version's installer, which notes what it was asked for and ends with `code`.
fn installer(code: u8) -> String {
    format!(
        "fn main() {{\n    let args: Vec<String> = std::env::args().skip(1).collect();\n    let log = concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../asked\");\n    std::fs::write(log, args.join(\"\\n\")).unwrap();\n    println!(\"installing\");\n    std::process::exit({code});\n}}\n"
    )
}

fn upstream() -> Upstream {
    let upstream = Upstream::new();
    upstream.publish(
        "Cargo.toml",
        "[workspace]\nmembers = [\"installer\"]\nresolver = \"3\"\n",
        "A workspace",
    );
    upstream.publish(
        "installer/Cargo.toml",
        "[package]\nname = \"installer\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        "A package",
    );
    upstream.publish(
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"installer\"\nversion = \"0.1.0\"\n",
        "A lock file",
    );
    upstream.publish(".gitignore", "/target\n/asked\n", "What is not kept");
    upstream.publish("installer/src/main.rs", &installer(0), "The version that is installed");
    upstream.machine.world.git(&upstream.checkout, &["pull", "--quiet"]);
    upstream.installed_from(&upstream.head());
    upstream
}

/// Runs `upgrade` with the toolchain of the one who tests.
fn upgrade(upstream: &Upstream, args: &[&str]) -> Ran {
    let mut command = upstream.machine.installer(&[&["upgrade"], args].concat());
    let home = std::env::var_os("HOME").unwrap_or_default();
    for (name, usual) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let value = std::env::var_os(name).unwrap_or_else(|| Path::new(&home).join(usual).into());
        command.env(name, value);
    }
    command.env("CARGO_NET_OFFLINE", "true");
    feed(command, b"")
}

/// What is installed, and what of it is known.
fn installed(upstream: &Upstream) -> Tree {
    upstream.machine.tree()
}

#[test]
fn what_is_new_is_shown_built_and_installed() {
    let upstream = upstream();
    upgrade(&upstream, &[]).is(0, "upgrade:     this is the newest\n", "");
    let before = upstream.head();
    upstream.publish("new.txt", "1", "One more");
    let newest = upstream.publish("new.txt", "2", "Two more");
    let shown = upgrade(&upstream, &["--dry-run"]);
    assert_eq!((shown.code, upstream.head()), (0, before));
    assert!(
        shown.out().contains("2 new commits in ") && shown.out().contains(" Two more\n"),
        "{}",
        shown.out()
    );
    let ran = upgrade(&upstream, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.out().starts_with("upgrade:     2 new commits in "), "{}", ran.out());
    assert!(ran.out().ends_with("upgraded:    the new programs are installed and proved\n"), "{}", ran.out());
    assert!(ran.err().contains("installing\n"), "{}", ran.err());
    assert_eq!(upstream.head(), newest);
    let asked = std::fs::read_to_string(upstream.checkout.join("asked")).unwrap();
    let prefix = upstream.machine.path(".agent-handoff");
    assert_eq!(asked, format!("install\n--home\n{}\n--only\nclaude,codex", prefix.display()));
    upstream.installed_from(&newest);
    let ran = upgrade(&upstream, &["--json"]);
    assert_eq!((ran.code, ran.err()), (0, ""));
    let report: serde_json::Value = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!(report["new"], serde_json::json!([]));
}

#[test]
fn a_version_that_cannot_be_built_or_installed_gives_way_to_the_one_of_before() {
    let upstream = upstream();
    let (before, programs) = (upstream.head(), installed(&upstream));
    for (main, message) in
        [(installer(1), "Cannot be installed"), ("fn main() { nothing }\n".to_owned(), "Cannot be built")]
    {
        upstream.publish("installer/src/main.rs", &main, message);
        let ran = upgrade(&upstream, &[]);
        assert_eq!(ran.code, 1, "{message}");
        // What was new is seen all the same.
        assert!(ran.out().contains(message), "{}", ran.out());
        assert!(ran.err().ends_with("agent-handoff: could not upgrade: the new version could not be installed, as it says above; the old one is still there\n"), "{}", ran.err());
        assert_eq!(upstream.head(), before);
        programs.is_after(message, &installed(&upstream));
    }
    // The next one is well.
    let newest = upstream.publish("installer/src/main.rs", &installer(0), "Can be both");
    let ran = upgrade(&upstream, &[]);
    assert_eq!((ran.code, upstream.head()), (0, newest), "{}", ran.err());
}

#[test]
fn a_checkout_that_is_not_as_it_was_is_left_alone() {
    let upstream = upstream();
    let world = &upstream.machine.world;
    let refused = |why: &str| {
        let before = (upstream.head(), installed(&upstream));
        let ran = upgrade(&upstream, &[]);
        assert_eq!(ran.code, 1, "{why}: {}", ran.out());
        assert!(ran.err().contains(why), "{}", ran.err());
        assert_eq!(upstream.head(), before.0);
        before.1.is(&installed(&upstream));
        assert!(!upstream.checkout.join("asked").exists());
    };
    upstream.publish("new.txt", "1", "One more");
    std::fs::write(upstream.checkout.join("src/a.rs"), "changed\n").unwrap();
    refused("files in it were changed; commit or stash that first");
    assert_eq!(std::fs::read_to_string(upstream.checkout.join("src/a.rs")).unwrap(), "changed\n");
    world.commit(&upstream.checkout, "One of its own");
    refused("which has commits of its own");
    world.git(&upstream.checkout, &["checkout", "--quiet", "--detach"]);
    refused("its branch follows no other");
    world.git(&upstream.checkout, &["checkout", "--quiet", "-b", "mine"]);
    refused("its branch follows no other");
    world.git(&upstream.checkout, &["checkout", "--quiet", "main"]);
    let gone = world.path("gone");
    std::fs::rename(&upstream.remote, &gone).unwrap();
    refused("could not fetch what is new: ");
    std::fs::rename(gone, &upstream.remote).unwrap();
    // What the server says cannot move the cursor, or look like a line of ours.
    let says = "printf '\\033[2Jx\\nagent-handoff: forged\\n' >&2; exit 1; :";
    world.git(&upstream.checkout, &["config", "remote.origin.uploadpack", says]);
    let ran = upgrade(&upstream, &[]);
    assert!(
        ran.code == 1 && ran.err().starts_with("agent-handoff: could not fetch what is new: "),
        "{}",
        ran.err()
    );
    assert!(!ran.err().contains('\u{1b}') && ran.err().lines().count() == 1, "{:?}", ran.err());
    world.git(&upstream.checkout, &["config", "--unset", "remote.origin.uploadpack"]);
    std::fs::rename(upstream.checkout.join(".git"), world.path("git")).unwrap();
    let ran = upgrade(&upstream, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err().contains("it is no git checkout any more"), "{}", ran.err());
}
