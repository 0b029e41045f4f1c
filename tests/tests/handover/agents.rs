//! The real `claude` and `codex`, with a model that is ours: a bundle appears by itself, and the other one is told.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use tests::agents::{Host, Machine, Step, Wiring, both_ready, refuse, shell, text};

use crate::support::openusage;

/// A machine with everything installed, the hooks for every project too, and trusted where that is asked for.
fn machine() -> Option<Machine> {
    if !both_ready() {
        return None;
    }
    let machine = Machine::new(Wiring::Installer);
    let handover = machine.bin("handover");
    let ran = machine.shell(&format!("'{}' install", handover.display()));
    assert_eq!(ran.code, 0, "{ran:?}");
    machine.trust_every_hook();
    Some(machine)
}

/// How many bundles are in `repo`.
fn bundles(repo: &Path) -> usize {
    let is_bundle = |entry: &std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
    let all = std::fs::read_dir(repo.join(".handover/bundles"));
    all.map_or(0, |all| all.filter(|entry| entry.as_ref().is_ok_and(is_bundle)).count())
}

/// Waits for a bundle that is made when the agent is gone.
#[track_caller]
fn appears(repo: &Path, said: &str) {
    let start = Instant::now();
    // `current/` comes after the bundle, its summary last.
    while bundles(repo) == 0 || !repo.join(".handover/current/summary.md").exists() {
        assert!(start.elapsed() < Duration::from_secs(15), "{said}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(bundles(repo), 1);
}

/// What Codex's service says with every answer of the usage windows.
fn used(step: Step, percent: &str) -> Step {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    step.header("x-codex-primary-used-percent", percent)
        .header("x-codex-primary-window-minutes", "300")
        .header("x-codex-primary-reset-at", &(now + 7_200).to_string())
}

/// The copy of the newest, which is made after the bundle has its name.
fn summary(repo: &Path) -> String {
    let (path, start) = (repo.join(".handover/current/summary.md"), std::time::Instant::now());
    while !path.exists() && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::read_to_string(path).unwrap()
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
    assert!(
        summary.contains("> Half of it is made.") && !summary.contains("its end is not known"),
        "{summary}"
    );
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
    let mut said = String::new();
    // At its limit Claude Code ends without waiting for the hook. On a busy machine it may end it before it has begun.
    for _ in 0..5 {
        let steps: Vec<_> = (0..12).map(|_| limit()).collect();
        let session = machine.session(Host::Claude, &repo).steps(steps).env("CLAUDE_CODE_MAX_RETRIES", "0");
        let end = session.run("Go on");
        assert_ne!(end.ran.code, 0);
        said = end.ran.out().to_owned();
        let start = Instant::now();
        while bundles(&repo) == 0 && start.elapsed() < Duration::from_secs(3) {
            std::thread::sleep(Duration::from_millis(20));
        }
        if bundles(&repo) > 0 {
            break;
        }
    }
    appears(&repo, &said);
}

#[test]
fn near_the_limit_that_its_service_tells_a_turn_of_codex_leaves_a_bundle() {
    let Some(machine) = machine() else { return };
    let repo = machine.world.repo("app");
    std::fs::write(repo.join("src/a.rs"), "half\n").unwrap();
    let session = |percent: &str, words: &str| {
        let end = machine.session(Host::Codex, &repo).steps([used(text(words), percent)]).run("Go on").ok();
        end.ran.out().to_owned()
    };
    session("89", "Not yet.");
    assert_eq!(bundles(&repo), 0);
    appears(&repo, &session("95", "Half of it is made."));
    let summary = summary(&repo);
    assert!(summary.contains("is used to 95 %") && summary.contains("Half of it is made."), "{summary}");
    session("97", "The same window again.");
    assert_eq!(bundles(&repo), 1);
}

#[test]
fn at_the_wall_of_codex_the_work_is_saved() {
    let Some(machine) = machine() else { return };
    let repo = machine.world.repo("app");
    std::fs::write(repo.join("src/a.rs"), "half\n").unwrap();
    let limit = refuse(429, "usage_limit_reached", "The usage limit has been reached");
    let end = machine.session(Host::Codex, &repo).steps([used(limit, "100")]).run("Go on");
    assert_ne!(end.ran.code, 0);
    appears(&repo, end.ran.out());
    let summary = summary(&repo);
    assert!(summary.contains("> Go on") && summary.contains("limit"), "{summary}");
}

#[test]
fn before_a_conversation_is_compacted_the_work_is_saved_where_that_is_wanted() {
    for host in Host::BOTH {
        let Some(machine) = machine() else { return };
        let repo = machine.world.repo("app");
        std::fs::write(repo.join("src/a.rs"), "half\n").unwrap();
        let handover = machine.bin("handover");
        let init = machine.shell(&format!("cd '{}' && '{}' init", repo.display(), handover.display()));
        assert_eq!(init.code, 0, "{init:?}");
        let config = repo.join(".handover/config.toml");
        let settings = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, settings.replace("on_compact = false", "on_compact = true")).unwrap();
        let session = machine.session(host, &repo);
        let end = match host {
            Host::Claude => {
                let steps = [text("begun"), text("a summary"), text("done")];
                session.steps(steps).then("/compact").then("go").run("begin").ok()
            }
            // The mock counts a token for four bytes: the limit is passed at once.
            _ => {
                let steps = [shell("true"), text("a summary"), text("done")];
                session.steps(steps).args(&["-c", "model_auto_compact_token_limit=9000"]).run("begin").ok()
            }
        };
        appears(&repo, end.ran.out());
        let summary = summary(&repo);
        assert!(
            summary.contains("about to be compacted") && summary.contains("> begin"),
            "{host:?}: {summary}"
        );
    }
}
