//! Hooks that capture, in Claude Code's and Codex's files.

use handoff_adapters::{Note, Scope, State, Surface};
use serde_json::{Value, json};

use crate::support::World;

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn each_event_runs_the_program_as_its_host_wants_it() {
    let world = World::called("a project", "/my programs/it's/handover");
    world.enable(&["claude", "codex"], Scope::Project);
    let claude = json_of(&world.read(".claude/settings.local.json"));
    let handler = json!({"type": "command", "command": "/my programs/it's/handover", "args": ["on-event", "--tool", "claude"], "timeout": 30});
    for event in ["UserPromptSubmit", "Stop", "StopFailure", "PreCompact", "SessionEnd"] {
        assert_eq!(claude["hooks"][event], json!([{"hooks": [handler]}]), "{event}");
    }
    assert_eq!(claude["hooks"].as_object().unwrap().len(), 5);
    let codex = json_of(&world.read(".codex/hooks.json"));
    let command = r"'/my programs/it'\''s/handover' on-event --tool codex";
    for (event, timeout) in [("UserPromptSubmit", 30), ("Stop", 30), ("PreCompact", 30), ("SessionEnd", 3)] {
        let name = "handover: saves the work before a usage limit";
        let handler =
            json!({"type": "command", "command": command, "timeout": timeout, "statusMessage": name});
        assert_eq!(codex["hooks"][event], json!([{"hooks": [handler]}]), "{event}");
    }
    assert_eq!(codex["hooks"].as_object().unwrap().len(), 4);
    // As a shell reads it.
    let shown = std::process::Command::new("sh").args(["-c", &format!("printf '%s|' {command}")]).output();
    assert_eq!(shown.unwrap().stdout, b"/my programs/it's/handover|on-event|--tool|codex|");
}

#[test]
fn a_hook_of_codex_that_was_trusted_without_a_name_stays_as_it_is() {
    let world = World::new();
    let before = world.tree();
    world.enable(&["codex"], Scope::User);
    let path = world.home(".codex/hooks.json");
    let named = std::fs::read_to_string(&path).unwrap();
    let old: String = named
        .lines()
        .filter(|line| !line.contains("statusMessage"))
        .map(|line| format!("{line}\n"))
        .collect();
    let old = old.replace("\"timeout\": 30,", "\"timeout\": 30").replace("\"timeout\": 3,", "\"timeout\": 3");
    assert_eq!(json_of(&old)["hooks"]["Stop"][0]["hooks"][0].as_object().unwrap().len(), 3);
    std::fs::write(&path, &old).unwrap();
    world.enable(&["codex"], Scope::User);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old);
    assert!(world.status("codex").is_wired(Surface::Hooks, Scope::User));
    world.disable(&["codex"], Scope::User);
    assert_eq!(world.tree(), before);
}

#[test]
fn twice_is_once_and_disable_leaves_nothing() {
    let world = World::new();
    let before = world.tree();
    for scope in [Scope::Project, Scope::User] {
        world.enable(&[], scope);
        let wired = world.tree();
        let again = world.plan_enable(&[], scope).unwrap();
        assert!(again.is_empty(), "{again:?}");
        again.carry_out().unwrap();
        assert_eq!(world.tree(), wired);
    }
    world.disable(&[], Scope::Project);
    world.disable(&[], Scope::User);
    assert_eq!(world.tree(), before);
    assert!(!world.record(Scope::Project).exists() && !world.record(Scope::User).exists());
    assert!(world.plan_disable(&[], Scope::User).unwrap().is_empty());
}

#[test]
fn hooks_of_others_stay_where_they_are() {
    let world = World::new();
    let codex = world.project(".codex/hooks.json");
    let theirs = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"/theirs/handover pending"}]},{"hooks":[{"type":"command","command":"b"}]}]}}"#;
    world.write(&codex, theirs);
    world.enable(&["codex"], Scope::Project);
    let stop = json_of(&world.read(".codex/hooks.json"))["hooks"]["Stop"].clone();
    assert_eq!(stop.as_array().unwrap()[..2], json_of(theirs)["hooks"]["Stop"].as_array().unwrap()[..]);
    assert_eq!(stop.as_array().unwrap().len(), 3);
    // Another program adds one behind ours, which Codex's user trusts at its place.
    let text = world.read(".codex/hooks.json");
    let at = text.find(r#"],"UserPromptSubmit"#).unwrap();
    let added = format!(r#"{},{{"hooks":[{{"type":"command","command":"c"}}]}}{}"#, &text[..at], &text[at..]);
    std::fs::write(&codex, &added).unwrap();
    world.disable(&["codex"], Scope::Project);
    let hooks = json_of(&world.read(".codex/hooks.json"))["hooks"].clone();
    assert_eq!(hooks["Stop"][3]["hooks"][0]["command"], "c", "it keeps its place: {hooks}");
    assert!(!hooks.to_string().contains("on-event"));
    assert!(hooks.to_string().contains("/theirs/handover pending"));
}

#[test]
fn another_prefix_is_found_and_brought_up_to_date() {
    let mut world = World::called("project", "/old/prefix/handover");
    world.enable(&["claude", "codex"], Scope::User);
    let old = world.status("claude");
    world.here.program = "/new/handover".into();
    assert!(old.is_wired(Surface::Hooks, Scope::User));
    let state = |world: &World, id: &str| {
        let found = world.status(id);
        found
            .surfaces
            .into_iter()
            .find(|one| one.surface == Surface::Hooks && one.scope == Scope::User)
            .unwrap()
            .state
    };
    let other = "/old/prefix/handover on-event --tool";
    assert_eq!(state(&world, "claude"), State::Other(format!("{other} claude")));
    assert_eq!(state(&world, "codex"), State::Other(format!("{other} codex")));
    world.enable(&["claude", "codex"], Scope::User);
    assert_eq!(state(&world, "claude"), State::Wired);
    let text = std::fs::read_to_string(world.home(".claude/settings.json")).unwrap();
    assert!(!text.contains("/old/") && text.matches("/new/handover").count() == 6, "{text}");
    world.disable(&["claude", "codex"], Scope::User);
    assert!(!world.home(".claude").exists());
}

#[test]
fn both_scopes_at_once_are_told() {
    let world = World::new();
    world.enable(&["claude"], Scope::Project);
    assert!(!world.status("claude").is_hooked_twice());
    world.enable(&["claude"], Scope::User);
    assert!(world.status("claude").is_hooked_twice());
    let paths: Vec<_> =
        world.status("claude").surfaces.into_iter().map(|one| (one.path, one.state)).collect();
    let wired = |path| (path, State::Wired);
    let user = world.home(".claude/settings.json");
    assert_eq!(
        paths,
        [
            wired(world.project(".claude/rules/handover.md")),
            wired(world.project(".claude/settings.local.json")),
            wired(user.clone()),
            wired(user),
        ]
    );
}

#[test]
fn in_a_linked_worktree_what_is_said_is_what_the_tools_run() {
    let mut world = World::new();
    world.enable(&["claude", "codex"], Scope::Project);
    let main = world.here.project.clone();
    let linked = main.parent().unwrap().join("linked");
    std::fs::create_dir_all(&linked).unwrap();
    world.here.project = linked.clone();
    world.here.git = Some(main.join(".git"));
    world.here.worktrees = [&main, &linked].map(|path| path.canonicalize().unwrap()).to_vec();
    let hooks = |world: &World, tool: &str| {
        let status = world.status(tool);
        let hooks = status.surfaces.into_iter().find(|one| one.surface == Surface::Hooks).unwrap();
        (hooks.path, hooks.state)
    };
    // Claude Code runs those of the main checkout, Codex only where there is a directory of its own.
    let of_main = main.canonicalize().unwrap();
    assert_eq!(hooks(&world, "claude"), (of_main.join(".claude/settings.local.json"), State::Wired));
    assert_eq!(hooks(&world, "codex").1, State::Absent);
    std::fs::create_dir(linked.join(".codex")).unwrap();
    assert_eq!(hooks(&world, "codex"), (of_main.join(".codex/hooks.json"), State::Wired));
    std::fs::remove_file(main.join(".codex/hooks.json")).unwrap();
    assert_eq!(hooks(&world, "codex").1, State::Absent);
    let plan = world.plan_enable(&["claude", "codex"], Scope::Project).unwrap();
    let note = Note::NotRun { tool: "Codex", path: linked.join(".codex/hooks.json"), main: of_main.clone() };
    assert!(plan.notes().contains(&note), "{:?}", plan.notes());
    let asks = |note: &Note| matches!(note, Note::Trust { .. });
    assert!(!plan.notes().iter().any(asks), "they are not run, trusted or not: {:?}", plan.notes());
    plan.carry_out().unwrap();
    let own = (linked.join(".codex/hooks.json"), State::NotRun(of_main.join(".codex/hooks.json")));
    assert_eq!(hooks(&world, "codex"), own);
    assert_eq!(hooks(&world, "claude"), (linked.join(".claude/settings.local.json"), State::Wired));
}

#[test]
fn what_is_missing_is_named() {
    let world = World::new();
    world.enable(&["codex"], Scope::Project);
    let text = world.read(".codex/hooks.json").replace("PreCompact", "PreCompacted");
    std::fs::write(world.project(".codex/hooks.json"), text).unwrap();
    let states: Vec<_> = world.status("codex").surfaces.into_iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Absent, State::Partly(vec!["PreCompact"]), State::Absent]);
}

#[test]
fn codex_asks_for_trust_and_the_plan_says_so() {
    let world = World::new();
    let plan = world.plan_enable(&["codex", "claude"], Scope::User).unwrap();
    let path = world.home(".codex/hooks.json");
    assert_eq!(plan.notes(), [Note::Trust { tool: "Codex", path: path.clone() }]);
    assert!(plan.notes()[0].to_string().contains("trust"));
    let edit = plan.edits().iter().find(|edit| edit.path() == path).unwrap();
    assert_eq!(edit.before, None);
    assert!(edit.after.as_ref().unwrap().contains("on-event --tool codex"));
    assert!(!path.exists(), "a plan changes nothing");
    plan.carry_out().unwrap();
    assert!(world.plan_enable(&["codex"], Scope::User).unwrap().notes().is_empty(), "nothing new to trust");
}
