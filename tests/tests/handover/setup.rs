//! `init`, `enable`, `disable`, `install`, `adapters`, `status`, `print-config`.

use serde_json::Value;

use crate::support::{Stage, tree};

#[test]
fn init_writes_a_config_that_git_does_not_see() {
    let stage = Stage::new();
    let text = stage.ok(&["init"]);
    assert!(text.contains(".handover/config.toml: written"), "{text}");
    assert_eq!(stage.git(&["status", "--porcelain"]), "");
    assert!(stage.ok(&["init"]).contains("is there already"));
    let config = std::fs::read_to_string(stage.app.join(".handover/config.toml")).unwrap();
    assert!(config.contains("threshold = 90"));
    let printed = stage.ok(&["print-config"]);
    assert!(printed.contains("threshold = 90\n") && printed.contains("budget_ms = 100\n"), "{printed}");
    std::fs::write(stage.app.join(".handover/config.toml"), "thresh = 1\n").unwrap();
    let ran = stage.handover(&stage.app, &["print-config"]);
    assert!(ran.code == 0 && ran.err().contains("there is no setting `thresh`"), "{}", ran.err());
}

#[test]
fn enable_wires_what_is_here_and_disable_leaves_no_trace() {
    let stage = Stage::new();
    stage.world.dir("home/.claude");
    stage.world.dir("home/.codex");
    stage.write("AGENTS.md", "# Ours\r\nkeep this\r\n");
    stage.write(".claude/settings.local.json", "{\n  \"x\": 1e2,\n  \"hooks\": {}\n}");
    let before = tree(&stage.app);
    let shown = stage.ok(&["enable", "--dry-run"]);
    assert!(shown.contains("AGENTS.md") && shown.contains("on-event"), "{shown}");
    assert_eq!(tree(&stage.app), before);
    stage.ok(&["enable"]);
    let enabled = tree(&stage.app);
    assert_ne!(enabled, before);
    let settings = std::fs::read_to_string(stage.app.join(".claude/settings.local.json")).unwrap();
    for event in ["UserPromptSubmit", "Stop", "StopFailure", "PreCompact", "SessionEnd"] {
        assert!(settings.contains(&format!("\"{event}\"")), "{settings}");
    }
    assert!(settings.contains("1e2") && settings.contains("on-event"), "{settings}");
    stage.ok(&["enable"]);
    assert_eq!(tree(&stage.app), enabled, "twice changes nothing");
    let status: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    assert!(!status["wired"].as_array().unwrap().is_empty(), "{status}");
    stage.ok(&["disable"]);
    assert_eq!(tree(&stage.app), before);
    let status: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    assert!(status["wired"].as_array().unwrap().is_empty(), "{status}");
}

#[test]
fn install_wires_every_project_of_the_user_and_takes_it_back() {
    let stage = Stage::new();
    stage.world.dir("home/.claude");
    stage.world.dir("home/.codex");
    let settings = stage.world.home().join(".claude/settings.json");
    std::fs::write(&settings, "{\"statusLine\":{\"type\":\"command\",\"command\":\"my-line --x\"}}\n")
        .unwrap();
    let before = std::fs::read(&settings).unwrap();
    stage.ok(&["install"]);
    let wired = std::fs::read_to_string(&settings).unwrap();
    assert!(
        wired.contains("on-event") && wired.contains("statusline-tap") && wired.contains("my-line --x"),
        "{wired}"
    );
    stage.ok(&["install", "--remove"]);
    assert_eq!(std::fs::read(&settings).unwrap(), before);
    assert_eq!(stage.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_file_that_is_broken_is_named_and_nothing_is_done() {
    let stage = Stage::new();
    stage.world.dir("home/.claude");
    stage.write(".claude/settings.local.json", "{\n  \"hooks\": [\n");
    let before = tree(&stage.app);
    let ran = stage.handover(&stage.app, &["enable", "--tool", "claude"]);
    assert!(
        ran.code == 1 && ran.err().contains("settings.local.json") && ran.err().contains("line"),
        "{}",
        ran.err()
    );
    assert_eq!(tree(&stage.app), before);
    let unknown = stage.handover(&stage.app, &["enable", "--tool", "nonesuch"]);
    assert!(unknown.code == 2 && unknown.err().contains("claude"), "{}", unknown.err());
}

#[test]
fn the_tools_are_listed_with_what_is_found_and_wired() {
    let stage = Stage::new();
    stage.world.dir("home/.codex");
    let text = stage.ok(&["adapters"]);
    for tool in [
        "claude", "codex", "cursor", "continue", "gemini", "opencode", "copilot", "cline", "windsurf", "zed",
        "amp", "aider",
    ] {
        assert!(text.to_lowercase().contains(tool), "{tool}: {text}");
    }
    let json: Value = serde_json::from_str(&stage.ok(&["adapters", "--json"])).unwrap();
    let codex = json.as_array().unwrap().iter().find(|tool| tool["id"] == "codex").unwrap();
    assert_eq!(codex["found"], true, "{codex}");
}
