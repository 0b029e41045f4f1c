//! Tools that read the same file, and names that lead to one.

use std::os::unix::fs::symlink;

use handoff_adapters::{Scope, Surface};

use crate::support::World;

#[test]
fn one_file_has_one_block_for_all_who_read_it() {
    let world = World::new();
    world.write(&world.project("AGENTS.md"), "# Mine\n");
    world.enable(&["codex", "opencode", "amp", "zed", "copilot"], Scope::Project);
    assert_eq!(world.read("AGENTS.md").matches("BEGIN handover").count(), 1);
    let wired = world.read("AGENTS.md");
    for gone in ["codex", "zed", "copilot", "amp"] {
        world.disable(&[gone], Scope::Project);
        assert_eq!(world.read("AGENTS.md"), wired, "{gone} is gone, others still read it");
    }
    world.disable(&["opencode"], Scope::Project);
    assert_eq!(world.read("AGENTS.md"), "# Mine\n");
}

#[test]
fn a_file_that_is_new_is_shared_too() {
    let world = World::new();
    let before = world.tree();
    world.enable(&["amp", "zed", "codex"], Scope::Project);
    assert!(world.project("AGENTS.md").exists());
    let codex = &world.status("codex").surfaces[0];
    assert!(codex.state.is_wired(), "it is there, so it is for Codex too");
    let again = world.plan_enable(&["zed", "codex", "amp"], Scope::Project).unwrap();
    assert!(again.is_empty(), "{again:?}");
    world.disable(&["codex"], Scope::Project);
    assert!(world.status("zed").is_wired(Surface::Guidance, Scope::Project));
    world.disable(&["amp", "zed"], Scope::Project);
    assert_eq!(world.tree(), before);
}

#[test]
fn a_file_that_nobody_needs_but_who_has_hooks_is_not_made() {
    let world = World::new();
    // Zed's file is Copilot's then, and AGENTS.md would be Codex's alone.
    world.enable(&["copilot", "zed", "codex"], Scope::Project);
    assert!(!world.project("AGENTS.md").exists());
    assert!(world.status("copilot").surfaces[0].state.is_wired());
    assert!(world.status("codex").is_wired(Surface::Hooks, Scope::Project));
    let again = world.plan_enable(&["zed", "codex", "copilot"], Scope::Project).unwrap();
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn two_names_of_one_file_are_one() {
    let world = World::new();
    world.write(&world.project("docs/agents.md"), "# Mine");
    symlink("docs/agents.md", world.project("AGENTS.md")).unwrap();
    symlink("AGENTS.md", world.project("GEMINI.md")).unwrap();
    let before = world.tree();
    world.enable(&["antigravity", "codex"], Scope::Project);
    assert_eq!(world.read("docs/agents.md").matches("BEGIN handover").count(), 1);
    assert!(world.project("GEMINI.md").is_symlink() && world.project("AGENTS.md").is_symlink());
    assert!(world.plan_enable(&["codex"], Scope::Project).unwrap().edits().is_empty());
    world.disable(&["antigravity"], Scope::Project);
    assert!(world.status("codex").is_wired(Surface::Guidance, Scope::Project));
    world.disable(&["codex"], Scope::Project);
    assert_eq!(world.tree(), before);
}

#[test]
fn a_users_settings_may_be_a_link_to_elsewhere() {
    let world = World::new();
    let real = world.home("dotfiles/claude.json");
    world.write(&real, "{\"n\": 1e2}");
    std::fs::create_dir(world.home(".claude")).unwrap();
    symlink(&real, world.home(".claude/settings.json")).unwrap();
    let before = world.tree();
    world.enable(&["claude"], Scope::User);
    assert!(std::fs::read_to_string(&real).unwrap().contains("on-event"));
    assert!(world.home(".claude/settings.json").is_symlink());
    world.disable(&["claude"], Scope::User);
    assert_eq!(world.tree(), before);
}

#[test]
fn a_moved_project_takes_its_record_along() {
    let mut world = World::new();
    let before = world.tree().len();
    world.enable(&[], Scope::Project);
    let moved = world.here.project.with_file_name("moved away");
    std::fs::rename(&world.here.project, &moved).unwrap();
    world.here.project = moved;
    world.disable(&[], Scope::Project);
    assert_eq!(world.tree().len(), before);
}
