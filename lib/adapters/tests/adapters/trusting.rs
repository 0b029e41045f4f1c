//! What comes with a clone may be written by anybody.

use std::os::unix::fs::symlink;

use handoff_adapters::{AdapterError, Manifest, Note, Scope};

use crate::support::World;

#[test]
fn a_record_cannot_name_files_elsewhere() {
    let world = World::new();
    for path in ["/etc/profile", "../../.bashrc", ".git/config", "a/../../b", "", "a/.GIT/hooks/pre-commit"] {
        let edit = serde_json::json!({"hash": "", "created": false, "at": 0, "inserted": 0, "removed": "evil", "pieces": []});
        for text in [
            serde_json::json!({"edits": {path: edit}}).to_string(),
            serde_json::json!({"directories": [path]}).to_string(),
        ] {
            world.write(&world.record(Scope::Project), text);
            let loaded = Manifest::load(&world.record(Scope::Project), Scope::Project);
            assert!(matches!(loaded, Err(AdapterError::Manifest { .. })), "{path}");
        }
    }
    let edit = r#"{"hash": "", "created": true, "at": 0, "inserted": 0, "removed": "", "pieces": []}"#;
    for text in [
        "",
        "[1]",
        &format!("{{\"edits\": {{\"src/main.rs\": {edit}}}}}"),
        "{\"edits\": 1}",
        "{\"edits\": {\"a\": {}}}",
        "\u{0}",
    ] {
        world.write(&world.record(Scope::Project), text);
        let loaded = Manifest::load(&world.record(Scope::Project), Scope::Project).map(drop);
        let error = loaded.unwrap_err().to_string();
        assert!(error.contains("wiring.json"), "{error}");
    }
}

#[test]
fn a_record_cannot_put_anything_into_a_file_that_is_not_as_it_says() {
    let world = World::new();
    world.write(&world.project("AGENTS.md"), "mine\n");
    let edit = serde_json::json!({"hash": "00", "created": true, "at": 0, "inserted": usize::MAX, "removed": "evil", "pieces": []});
    world.write(&world.record(Scope::Project), serde_json::json!({"edits": {"AGENTS.md": edit}}).to_string());
    world.disable(&[], Scope::Project);
    assert_eq!(world.read("AGENTS.md"), "mine\n");
}

#[test]
fn a_link_out_of_the_project_is_not_followed() {
    let world = World::new();
    world.write(&world.home("secret"), "theirs\n");
    std::fs::create_dir_all(world.home(".claude")).unwrap();
    std::fs::create_dir_all(world.project(".git")).unwrap();
    world.write(&world.project(".git/config"), "[core]\n");
    symlink(world.home("secret"), world.project("AGENTS.md")).unwrap();
    symlink(world.home(".claude"), world.project(".claude")).unwrap();
    symlink(world.home("not there"), world.project("CONVENTIONS.md")).unwrap();
    symlink(".git/config", world.project("GEMINI.md")).unwrap();
    let plan =
        world.plan_enable(&["codex", "claude", "aider", "antigravity", "cursor"], Scope::Project).unwrap();
    let leading = plan.notes().iter().filter(|note| matches!(note, Note::LeadsOut { .. })).count();
    // Claude Code's two files are both behind its link.
    assert_eq!(leading, 5, "{:?}", plan.notes());
    plan.carry_out().unwrap();
    assert_eq!(std::fs::read_to_string(world.home("secret")).unwrap(), "theirs\n");
    assert_eq!(world.read(".git/config"), "[core]\n");
    assert!(std::fs::read_dir(world.home(".claude")).unwrap().next().is_none());
    assert!(!world.home("not there").exists());
    assert!(world.project(".cursor/rules/handover.mdc").exists(), "the rest is done");
}

#[test]
fn a_clone_that_was_wired_elsewhere_is_unwired_without_a_record() {
    let world = World::new();
    world.write(&world.project("AGENTS.md"), "# Ours\n");
    world.write(&world.project(".codex/hooks.json"), "{\"a\": 1}\n");
    let before = world.tree();
    world.enable(&["codex", "claude"], Scope::Project);
    std::fs::remove_dir_all(world.project(".handover")).unwrap();
    // Wired again, the new record knows what was there without us.
    world.enable(&["codex", "claude"], Scope::Project);
    std::fs::remove_dir_all(world.project(".handover")).unwrap();
    world.disable(&[], Scope::Project);
    assert_eq!(world.read("AGENTS.md"), "# Ours\n");
    assert_eq!(world.read(".codex/hooks.json"), "{\"a\": 1}\n");
    assert!(!world.project(".claude/rules/handover.md").exists());
    assert!(before.len() <= world.tree().len(), "whose the empty directories are is not known any more");
}
