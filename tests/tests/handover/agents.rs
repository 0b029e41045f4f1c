//! The real `claude` and `codex`, with a model that is ours: a bundle appears by itself, and the other one is told.

use tests::agents::{Host, Machine, Wiring, ready, refuse, shell, text};

use crate::support::openusage;

/// A machine with everything installed, hooks and guidance for every project too.
fn machine() -> Option<Machine> {
    if !ready() {
        return None;
    }
    let machine = Machine::new(Wiring::Installer);
    let handover = machine.bin("handover");
    let ran = machine.shell(&format!("'{}' install --tool claude", handover.display()));
    assert_eq!(ran.code, 0, "{ran:?}");
    Some(machine)
}

#[test]
fn near_the_limit_a_turn_of_claude_leaves_a_bundle_and_codex_is_told_of_it() {
    let Some(machine) = machine() else { return };
    let daemon = openusage(&machine.world, 95);
    let repo = machine.world.repo("app");
    let step = shell("echo half > made.txt; git add made.txt; echo more >> made.txt").saying("I begin.");
    let session = machine.session(Host::Claude, &repo).steps([step, text("Half of it is made.")]);
    session.env("OPENUSAGE_TELEMETRY_SOCKET", &daemon).run("Make made.txt, please").ok();
    let listed = machine.shell(&format!(
        "cd '{}' && '{}' pending --json",
        repo.display(),
        machine.bin("handover").display()
    ));
    let pending: serde_json::Value =
        serde_json::from_slice(&listed.out).unwrap_or_else(|_| panic!("{listed:?}"));
    assert_eq!(pending.as_array().map(Vec::len), Some(1), "{pending}");
    let path = std::path::PathBuf::from(pending[0]["path"].as_str().unwrap());
    let summary = std::fs::read_to_string(path.join("summary.md")).unwrap();
    assert!(summary.contains("> Make made.txt, please") && summary.contains("95 %"), "{summary}");
    assert!(path.join("transcript.jsonl").is_file());
    // In the first worktree Codex is told at its start.
    let codex = machine.session(Host::Codex, &repo).run("What now?").ok();
    assert!(!codex.with(0, "Make made.txt, please").is_empty(), "{:?}", codex.texts(0));
    // A clone at the same commit takes it, to the byte.
    machine.world.git(machine.world.top(), &["clone", "--quiet", "app", "clone"]);
    let clone = machine.world.path("clone");
    let picked = machine.shell(&format!(
        "cd '{}' && '{}' pickup --from '{}' --apply",
        clone.display(),
        machine.bin("handover").display(),
        repo.display()
    ));
    assert_eq!(picked.code, 0, "{picked:?}");
    crate::support::agree(&machine.world, &repo, &clone);
}

#[test]
fn at_the_wall_of_claude_the_work_is_saved() {
    let Some(machine) = machine() else { return };
    let repo = machine.world.repo("app");
    std::fs::write(repo.join("src/a.rs"), "half\n").unwrap();
    let limit = || refuse(429, "rate_limit_error", "This request would exceed your account's rate limit.");
    let steps: Vec<_> = (0..12).map(|_| limit()).collect();
    let session = machine.session(Host::Claude, &repo).steps(steps).env("CLAUDE_CODE_MAX_RETRIES", "0");
    let end = session.run("Go on");
    assert_ne!(end.ran.code, 0);
    let bundles = || {
        std::fs::read_dir(repo.join(".handover/bundles")).map_or(0, |all| {
            all.filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'))
                .count()
        })
    };
    let start = std::time::Instant::now();
    while bundles() == 0 {
        assert!(start.elapsed() < std::time::Duration::from_secs(15), "{}", end.ran.out());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(bundles(), 1);
}
