//! Killed at any moment: every file is whole, and the next run completes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use handoff_adapters::Scope;

use crate::support::{Tree, World};

fn example() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().unwrap().parent().unwrap().join("examples/wire");
    assert!(path.exists(), "`cargo test` builds examples: {}", path.display());
    path
}

fn start(world: &World, verb: &str) -> Child {
    let paths = [world.here.project.as_path(), world.here.home.as_deref().unwrap()];
    Command::new(example()).args(paths).arg(verb).spawn().unwrap()
}

fn finish(world: &World, verb: &str) {
    assert!(start(world, verb).wait().unwrap().success());
}

fn world() -> World {
    let world = World::new();
    world.write(&world.project("AGENTS.md"), "# Mine\r\n");
    world.write(&world.project(".cursorrules"), "theirs");
    world.write(&world.project(".codex/hooks.json"), "{\"hooks\": {}, \"n\": 1e2}");
    // A dotfile manager has another name for it.
    std::fs::hard_link(world.project(".codex/hooks.json"), world.project("hooks")).unwrap();
    world
        .write(&world.home(".claude/settings.json"), "{\n\t\"statusLine\": {\"command\": \"mine | cut\"}\n}");
    world
}

/// What each file may be: as it was, or as it is wired.
fn states(trees: [&Tree; 2]) -> BTreeMap<PathBuf, Vec<Vec<u8>>> {
    let mut states = BTreeMap::<PathBuf, Vec<Vec<u8>>>::new();
    for (path, content) in trees.into_iter().flatten() {
        states.entry(path.clone()).or_default().extend(content.clone());
    }
    states
}

#[test]
fn what_is_killed_is_completed_by_the_next_run() {
    let world = world();
    let records = [Scope::Project, Scope::User].map(|scope| world.record(scope));
    let before = world.tree();
    let begin = Instant::now();
    finish(&world, "enable");
    let round = begin.elapsed().min(Duration::from_millis(500)) * 2;
    let wired = world.tree();
    assert_ne!(wired, before);
    finish(&world, "disable");
    assert_eq!(world.tree(), before);
    let states = states([&before, &wired]);
    let mut cut_short = 0;
    for number in 0..60_u32 {
        let mut child = start(&world, "both");
        // Spread over a round, in another order each time.
        std::thread::sleep(round * (number * 37 % 60) / 60);
        child.kill().unwrap();
        child.wait().unwrap();
        let now = world.tree();
        let is_written_to = now.keys().any(|path| {
            path.file_name().is_some_and(|name| name.to_str().unwrap().ends_with(".of-hooks.json"))
        });
        for (path, content) in &now {
            // It may be cut short, and the record beside it says what it was.
            if is_written_to && [world.project(".codex/hooks.json"), world.project("hooks")].contains(path) {
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            if records.contains(path) {
                let whole: serde_json::Value = serde_json::from_slice(content.as_ref().unwrap()).unwrap();
                assert!(whole.is_object());
            } else if !name.starts_with(".agent-handoff-tmp-") {
                let known = states.get(path).unwrap_or_else(|| panic!("{} appeared", path.display()));
                assert!(content.as_ref().is_none_or(|content| known.contains(content)), "{}", path.display());
            }
        }
        cut_short += usize::from(now != before && now != wired);
        match number % 3 {
            0 => finish(&world, "disable"),
            1 => {
                finish(&world, "enable");
                assert_eq!(world.tree(), wired);
                finish(&world, "disable");
            }
            // Killed several times on end.
            _ => continue,
        }
        assert_eq!(world.tree(), before, "after being killed {number} times");
    }
    finish(&world, "disable");
    assert_eq!(world.tree(), before);
    assert!(cut_short > 5, "only {cut_short} were killed in the middle");
}
