//! Records that an earlier version kept in the store, which a sandboxed agent may write.

use std::path::{Path, PathBuf};

use handoff_adapters::{Manifest, Records, Scope, Surface, disable, enable};
use handoff_state::StateDir;
use serde_json::{Value, json};

use crate::support::{World, tools};

const STATE: &str = ".local/state/agent-handoff";

fn records(world: &World) -> Records {
    Records::new(StateDir::at(world.home(STATE)))
}

fn store(world: &World) -> PathBuf {
    world.home(".agent-handoffs")
}

fn old_record(world: &World, scope: Scope) -> PathBuf {
    match scope {
        Scope::User => store(world).join(".handover/wired.json"),
        Scope::Project => world.project(".handover/wired.json"),
    }
}

/// Wires as an earlier version did, in both scopes.
fn wired_before(world: &World) {
    world.write(&world.home(".claude/settings.json"), "{\n\t\"a\": [1,  2]\n}");
    world.write(&world.project("AGENTS.md"), "# Mine");
    for scope in [Scope::User, Scope::Project] {
        let path = old_record(world, scope);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let manifest = Manifest::load(&path, scope).unwrap();
        enable(&world.here, &tools(&["claude", "codex"]), &Surface::ALL, manifest)
            .unwrap()
            .carry_out()
            .unwrap();
    }
    list(world, &world.here.project);
}

/// Names a project in the list of an earlier version.
fn list(world: &World, project: &Path) {
    let path = store(world).join(".handover/projects/x").join(project.file_name().unwrap());
    world.write(&path, project.to_str().unwrap());
}

fn take_over(world: &World) -> Vec<String> {
    records(world).take_over(&store(world), &world.here).unwrap()
}

fn unwire(world: &World) {
    let records = records(world);
    for manifest in [records.user().unwrap(), records.project(&world.here.project).unwrap()] {
        disable(&world.here, &tools(&[]), manifest).unwrap().carry_out().unwrap();
    }
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// An edit that gives `removed` back in the place of all of `now`.
fn forged(now: &str, removed: &str) -> Value {
    json!({
        "hash": handoff_wiring::hash(now.as_bytes()), "created": false, "at": 0, "inserted": now.len(),
        "removed": removed, "pieces": [{"piece": "hook:claude:Stop", "made": "parent", "tools": ["claude"]}],
    })
}

#[test]
fn what_an_earlier_version_wired_comes_off_to_the_byte() {
    let world = World::new();
    wired_before(&world);
    assert!(take_over(&world).is_empty());
    assert_eq!(records(&world).projects().unwrap().0, std::slice::from_ref(&world.here.project));
    assert!(!old_record(&world, Scope::Project).exists());
    unwire(&world);
    assert_eq!(
        std::fs::read_to_string(world.home(".claude/settings.json")).unwrap(),
        "{\n\t\"a\": [1,  2]\n}"
    );
    assert_eq!(world.read("AGENTS.md"), "# Mine");
    assert!(!world.home(".codex").exists() && !world.project(".claude").exists());
}

#[test]
fn a_record_in_the_store_names_no_other_file_and_brings_no_text() {
    let world = World::new();
    let (profile, keys) = (world.home(".bashrc"), world.home(".ssh/authorized_keys"));
    wired_before(&world);
    world.write(&profile, "mine\n");
    world.write(&keys, "handover\n");
    let settings = world.home(".claude/settings.json");
    let now = std::fs::read_to_string(&settings).unwrap();
    let path = old_record(&world, Scope::User);
    let mut record = json_of(&path);
    let evil = "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"evil\"}]}]}}";
    record["edits"][settings.to_str().unwrap()] = forged(&now, evil);
    // Of another user's settings.json, whose name is right.
    let other = world.home("elsewhere/settings.json");
    world.write(&other, &now);
    record["edits"][other.to_str().unwrap()] = forged(&now, evil);
    std::fs::write(&path, record.to_string()).unwrap();
    let refused = take_over(&world);
    assert!(refused.len() == 1 && refused[0].contains("elsewhere/settings.json"), "{refused:?}");
    unwire(&world);
    let after = std::fs::read_to_string(&settings).unwrap();
    assert!(
        !after.contains("evil") && !after.contains("handover") && after.contains("\"a\": [1,  2]"),
        "{after}"
    );
    assert_eq!(std::fs::read_to_string(&other).unwrap(), now);

    for name in [".bashrc", ".ssh/authorized_keys", "x/../.claude/settings.json"] {
        let world = World::new();
        let target = world.home(name);
        world.write(&world.home(".bashrc"), "mine\n");
        std::fs::create_dir_all(world.home("x")).unwrap();
        let edits = json!({"edits": {target.to_str().unwrap(): forged("mine\n", "evil\n")}});
        world.write(&old_record(&world, Scope::User), edits.to_string());
        let refused = take_over(&world);
        assert!(refused.len() == 1 && refused[0].contains(name), "{name}: {refused:?}");
        unwire(&world);
        assert_eq!(std::fs::read_to_string(world.home(".bashrc")).unwrap(), "mine\n");
    }
}

#[test]
fn a_record_that_came_with_a_clone_is_not_read() {
    let world = World::new();
    let settings = world.project(".claude/settings.local.json");
    world.write(&settings, "{\"handover\": 1}");
    let edits =
        json!({"edits": {".claude/settings.local.json": forged("{\"handover\": 1}", "{\"evil\": 1}")}});
    world.write(&old_record(&world, Scope::Project), edits.to_string());
    take_over(&world);
    unwire(&world);
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), "{\"handover\": 1}");
    assert!(old_record(&world, Scope::Project).exists(), "it is the clone's");
    assert!(records(&world).projects().unwrap().0.is_empty());
}

#[test]
fn links_in_the_place_of_records_are_not_followed() {
    let world = World::new();
    wired_before(&world);
    let aside = world.home("aside");
    for scope in [Scope::User, Scope::Project] {
        let path = old_record(&world, scope);
        std::fs::rename(&path, &aside).unwrap();
        std::os::unix::fs::symlink(&aside, &path).unwrap();
    }
    take_over(&world);
    assert!(records(&world).user().unwrap().is_empty());
    assert!(aside.exists());
    // What is wired comes off all the same.
    unwire(&world);
    assert!(!std::fs::read_to_string(world.home(".claude/settings.json")).unwrap().contains("handover"));
}

#[test]
fn it_is_done_once() {
    let world = World::new();
    take_over(&world);
    wired_before(&world);
    assert!(take_over(&world).is_empty());
    assert!(records(&world).user().unwrap().is_empty());
    assert!(records(&world).projects().unwrap().0.is_empty());
}

#[test]
fn several_at_once_and_one_cut_short_give_the_same() {
    let world = World::new();
    wired_before(&world);
    let all: Vec<_> = std::thread::scope(|scope| {
        let each: Vec<_> = (0..8).map(|_| scope.spawn(|| take_over(&world))).collect();
        each.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(all.iter().all(Vec::is_empty), "{all:?}");
    let state = world.home(STATE);
    let user = std::fs::read(state.join("wired.json")).unwrap();
    // As if killed before its last step, with the project's own record gone already.
    std::fs::remove_file(state.join("taken-over")).unwrap();
    assert!(take_over(&world).is_empty());
    assert_eq!(std::fs::read(state.join("wired.json")).unwrap(), user);
    unwire(&world);
    assert_eq!(world.read("AGENTS.md"), "# Mine");
    assert!(!world.project(".claude").exists());
}

#[test]
fn a_project_that_cannot_be_read_stays_known() {
    let world = World::new();
    wired_before(&world);
    std::fs::write(old_record(&world, Scope::Project), "broken").unwrap();
    let refused = take_over(&world);
    assert!(refused.len() == 1 && refused[0].contains("wired.json"), "{refused:?}");
    assert_eq!(records(&world).projects().unwrap().0, std::slice::from_ref(&world.here.project));
    unwire(&world);
    // Without the record only the text around ours is known, not how the last line ended.
    assert_eq!(world.read("AGENTS.md"), "# Mine\n");
    records(&world).forget(&world.here.project).unwrap();
    assert!(records(&world).projects().unwrap().0.is_empty());
}
