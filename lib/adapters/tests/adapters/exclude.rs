//! The files that are made for one tool are kept from git, in the repository's `info/exclude`.

use std::path::{Path, PathBuf};

use handoff_adapters::{Here, Manifest, Note, Records, Scope, Surface, disable, enable};
use handoff_state::StateDir;

use crate::support::{World, tools};

const TEXTS: [Option<&str>; 6] =
    [None, Some(""), Some("# git ls-files\n"), Some("*.log\r\n"), Some("\n\n"), Some("/secret")];

/// A project whose repository keeps its own files in `git`.
fn in_git(text: Option<&str>) -> (World, PathBuf) {
    let mut world = World::new();
    let git = world.project(".git");
    std::fs::create_dir(&git).unwrap();
    world.here.git = Some(git.clone());
    let file = git.join("info/exclude");
    if let Some(text) = text {
        world.write(&file, text);
    }
    (world, file)
}

#[test]
fn what_is_made_is_named_there_and_comes_off_to_the_byte() {
    for text in TEXTS {
        let (world, file) = in_git(text);
        let before = world.tree();
        world.enable(&["claude", "codex", "cursor", "amp"], Scope::Project);
        let wired = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<_> = wired.lines().filter(|line| line.starts_with("/.")).collect();
        assert_eq!(
            lines,
            [
                "/.claude/rules/handover.md",
                "/.claude/settings.local.json",
                "/.codex/hooks.json",
                "/.cursor/rules/handover.mdc"
            ],
            "{wired:?}"
        );
        assert!(wired.starts_with(text.unwrap_or_default()) && !wired.contains("AGENTS.md"), "{wired:?}");
        assert!(world.plan_enable(&["claude", "codex"], Scope::Project).unwrap().is_empty());
        world.disable(&["cursor"], Scope::Project);
        assert!(!std::fs::read_to_string(&file).unwrap().contains(".cursor"));
        world.disable(&[], Scope::Project);
        assert_eq!(world.tree(), before, "{text:?}");
    }
}

#[test]
fn what_was_there_before_stays_in_sight_of_git() {
    let (world, file) = in_git(Some("mine\n"));
    world.write(&world.project(".claude/settings.local.json"), "{}");
    world.write(&world.project("CLAUDE.md"), "mine\n");
    world.enable(&["claude", "amp"], Scope::Project);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("/.claude/rules/handover.md\n"), "{text}");
    assert!(!text.contains("settings") && !text.contains("CLAUDE.md"), "{text}");
}

#[test]
fn only_the_block_goes_out_of_one_that_was_edited_since() {
    let (world, file) = in_git(Some("mine\n"));
    world.enable(&["claude"], Scope::Project);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("first\n{text}last\n")).unwrap();
    world.disable(&["claude"], Scope::Project);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "first\nmine\nlast\n");
    assert!(!world.record(Scope::Project).exists());
}

#[test]
fn a_link_to_elsewhere_is_left_alone() {
    let (world, file) = in_git(None);
    world.write(&world.home("ignore"), "theirs\n");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(world.home("ignore"), &file).unwrap();
    let plan = world.plan_enable(&["claude"], Scope::Project).unwrap();
    assert!(plan.notes().iter().any(|note| matches!(note, Note::LeadsOut { .. })), "{:?}", plan.notes());
    plan.carry_out().unwrap();
    assert_eq!(std::fs::read_to_string(world.home("ignore")).unwrap(), "theirs\n");
}

#[test]
fn no_record_names_another_file_of_git() {
    let (world, _) = in_git(None);
    for name in [".git/config", ".git/hooks/pre-commit", ".git/info/../config", ".git/info"] {
        let edit = r#"{"hash":"","created":true,"at":0,"inserted":0,"removed":"","pieces":[]}"#;
        world.write(&world.record(Scope::Project), format!("{{\"edits\":{{\"{name}\":{edit}}}}}"));
        assert!(Manifest::load(&world.record(Scope::Project), Scope::Project).is_err(), "{name}");
    }
}

#[test]
fn worktrees_of_one_repository_share_the_block_until_the_last_is_done() {
    for first in [0, 1] {
        let (world, file) = in_git(Some("mine\n"));
        let projects = [world.here.project.clone(), world.home("linked")];
        std::fs::create_dir(&projects[1]).unwrap();
        let here =
            |at: &Path| Here { project: at.to_owned(), worktrees: projects.to_vec(), ..world.here.clone() };
        let records = Records::new(StateDir::at(world.home(".local/state/agent-handoff")));
        let record = |at: &Path| records.project(at).unwrap();
        let wire = |at: &Path, ids: &[&str]| {
            let plan = enable(&here(at), &tools(ids), &Surface::ALL, record(at)).unwrap();
            plan.carry_out().unwrap();
        };
        let unwire = |at: &Path| disable(&here(at), &tools(&[]), record(at)).unwrap().carry_out().unwrap();
        wire(&projects[0], &["claude"]);
        wire(&projects[1], &["claude", "codex"]);
        let text = || std::fs::read_to_string(&file).unwrap();
        assert_eq!(text().matches("BEGIN handover").count(), 1);
        unwire(&projects[first]);
        assert!(text().contains("/.codex/hooks.json") && text().contains("/.claude/rules"), "{}", text());
        unwire(&projects[1 - first]);
        assert_eq!(text(), "mine\n");
    }
}

// A project that was moved has no record any more.
#[test]
fn without_a_record_the_block_goes_too() {
    let (world, file) = in_git(Some("mine\n"));
    world.enable(&["claude", "codex"], Scope::Project);
    std::fs::remove_file(world.record(Scope::Project)).unwrap();
    world.disable(&[], Scope::Project);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine\n");
}
