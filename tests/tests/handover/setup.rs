//! `init`, `enable`, `disable`, `install`, `adapters`, `status`, `print-config`.

use handoff_agents::HOSTS;
use serde_json::{Value, json};
use tests::Mount;

use crate::support::{Stage, tree};

#[test]
fn status_names_what_runs_in_a_linked_worktree_and_who_is_shown_handoffs() {
    let stage = Stage::new();
    let linked = stage.world.path("linked");
    stage.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    let status = || stage.handover(&linked, &["status"]).out().to_owned();
    assert!(status().contains("wired      nothing that captures: handover enable here"), "{}", status());
    assert!(!status().contains("handoffs "), "{}", status());
    stage.ok(&["enable", "--tool", "claude", "--tool", "codex"]);
    assert!(status().contains("claude hooks (of the main checkout)\n"), "{}", status());
    let session_start = "{\"hooks\":{\"SessionStart\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"/x/bin/session-start\",\"args\":[]}]}]}}";
    let claude = stage.world.home().join(".claude");
    std::fs::create_dir_all(&claude).unwrap();
    std::fs::write(claude.join("settings.json"), session_start).unwrap();
    assert!(status().contains("handoffs   shown to sessions of Claude Code\n"), "{}", status());
}

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
fn a_file_that_is_broken_is_named_and_the_rest_is_wired() {
    let stage = Stage::new();
    stage.world.dir("home/.claude");
    stage.write(".claude/settings.local.json", "{\n  \"hooks\": [\n");
    let ran = stage.handover(&stage.app, &["enable", "--tool", "claude"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    for word in ["settings.local.json", "line", "To put in by hand:\n", "on-event"] {
        assert!(ran.err().contains(word), "{word} is not in {}", ran.err());
    }
    let text = |path: &str| std::fs::read_to_string(stage.app.join(path)).unwrap();
    assert_eq!(text(".claude/settings.local.json"), "{\n  \"hooks\": [\n");
    assert!(text(".claude/rules/handover.md").contains("handover pickup"));
    let unknown = stage.handover(&stage.app, &["enable", "--tool", "nonesuch"]);
    assert!(unknown.code == 2 && unknown.err().contains("claude"), "{}", unknown.err());
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_the_rest_is_wired() {
    let stage = Stage::new();
    let (claude, codex) = (stage.world.dir("home/.claude"), stage.world.dir("home/.codex"));
    let installed = |code: i32| {
        let ran = stage.handover(&stage.app, &["install"]);
        assert_eq!(ran.code, code, "{}{}", ran.out(), ran.err());
        ran
    };
    let hooks = codex.join("hooks.json");
    let text = |path: &std::path::Path| std::fs::read_to_string(path).unwrap_or_default();
    // No room for a file, which is known when it is written.
    let Some(full) = Mount::tmpfs(&codex, "size=4096,nr_inodes=1") else { return };
    for _ in 0..2 {
        let ran = installed(1);
        let said = format!(
            "could not change {}: no space left on device; the rest is wired. To put in by hand:\n",
            hooks.display()
        );
        assert!(ran.err().contains(&said) && ran.err().contains("on-event --tool codex"), "{}", ran.err());
        assert!(!ran.out().contains("hooks.json\n") && !hooks.exists(), "{}", ran.out());
        assert!(text(&claude.join("settings.json")).contains("on-event"));
    }
    stage.ok(&["install", "--remove"]);
    assert!(!claude.join("settings.json").exists());
    drop(full);
    // One that is mounted is written to where it is, as in a devcontainer; on a read-only mount it is named.
    std::fs::write(&hooks, "{}\n").unwrap();
    let mounted = Mount::bind(&hooks).unwrap();
    installed(0);
    assert!(text(&hooks).contains("on-event"));
    stage.ok(&["install", "--remove"]);
    assert_eq!(text(&hooks), "{}\n");
    drop(mounted);
    let read_only = Mount::read_only(&hooks).unwrap();
    let ran = installed(1);
    assert!(ran.err().contains("hooks.json: read-only file system; the rest is wired"), "{}", ran.err());
    assert!(text(&claude.join("settings.json")).contains("on-event"));
    drop(read_only);
    installed(0);
    // What cannot be removed stays on record.
    let read_only = Mount::read_only(&hooks).unwrap();
    let wired = text(&hooks);
    let ran = stage.handover(&stage.app, &["install", "--remove"]);
    assert!(
        ran.code == 1 && ran.err().contains("read-only file system; the rest is removed"),
        "{}",
        ran.err()
    );
    assert!(!claude.join("settings.json").exists() && text(&hooks) == wired);
    drop(read_only);
    stage.ok(&["install", "--remove"]);
    assert_eq!(text(&hooks), "{}\n");
}

#[test]
fn the_tools_are_listed_with_what_is_found_and_wired() {
    let stage = Stage::new();
    stage.world.dir("home/.codex");
    let text = stage.ok(&["adapters"]);
    for host in HOSTS {
        assert!(text.contains(&format!("{:<11} {}", host.id, host.name)), "{}: {text}", host.id);
    }
    let json: Value = serde_json::from_str(&stage.ok(&["adapters", "--json"])).unwrap();
    let codex = json.as_array().unwrap().iter().find(|tool| tool["id"] == "codex").unwrap();
    assert_eq!(codex["found"], true, "{codex}");
}

#[test]
fn each_way_into_a_tool_is_listed_with_how_sure_it_is() {
    let stage = Stage::new();
    let hook = json!({ "hooks": { "SessionStart": [{ "hooks": [
        { "type": "command", "command": "/opt/bin/session-start" },
    ] }] } });
    std::fs::write(stage.world.dir("home/.claude").join("settings.json"), hook.to_string()).unwrap();
    let listed: Vec<Value> = serde_json::from_str(&stage.ok(&["adapters", "--json"])).unwrap();
    let text = stage.ok(&["adapters"]);
    for host in HOSTS {
        let tool = listed.iter().find(|tool| tool["id"] == host.id).unwrap();
        let ways = tool["surfaces"].as_array().unwrap();
        let certain = [
            ("guidance", host.certain.instructions),
            ("inbox hook", host.certain.hook),
            ("mcp", host.certain.mcp),
        ];
        for (name, certainty) in certain {
            let way = ways.iter().find(|way| way["surface"] == name);
            let way = way.unwrap_or_else(|| panic!("{} has no {name}: {tool}", host.id));
            assert_eq!(way["certainty"], certainty.word(), "{}: {name}", host.id);
            assert_eq!(way["version"].as_str(), certainty.version(), "{}: {name}", host.id);
            let is_hooked = host.id == "claude" && name == "inbox hook";
            assert_eq!(way["wired"], is_hooked, "{}: {name}: {way}", host.id);
            assert!(text.contains(&certainty.to_string()), "{text}");
        }
    }
}

/// A repository with Claude Code and Codex around it, and nothing else.
fn with_tools() -> Stage {
    let stage = Stage::new();
    stage.world.dir("home/.claude");
    stage.world.dir("home/.codex");
    stage
}

/// What git keeps for itself of it.
fn excluded(stage: &Stage) -> Option<Vec<u8>> {
    std::fs::read(stage.app.join(".git/info/exclude")).ok()
}

#[test]
fn what_enable_makes_is_seen_neither_by_git_nor_by_a_capture() {
    for track in [false, true] {
        let stage = with_tools();
        if track {
            stage.write(".handover/config.toml", "track = true\n");
            stage.write(".handover/.gitignore", "*\n");
            stage.ok(&["init"]);
            stage.world.commit(&stage.app, "tracked");
            // From here on they could have come with a pull.
            stage.ok(&["allow", "--config", "-y"]);
        }
        let (before, exclude) = (tree(&stage.app), excluded(&stage));
        let text = stage.ok(&["enable"]);
        assert!(!text.contains("git sees"), "{text}");
        assert!(!stage.app.join("AGENTS.md").exists() && stage.app.join(".codex/hooks.json").exists());
        assert_eq!(stage.git(&["status", "--porcelain"]), "", "track: {track}");
        let ran = stage.handover(&stage.app, &["capture", "--summary", "nothing"]);
        assert!(ran.out().contains("saved 0 changed paths"), "{}{}", ran.out(), ran.err());
        assert!(!ran.out().contains("not carried"), "{}", ran.out());
        stage.change_one();
        let bundle = stage.capture(&["--title", "One"]);
        let text = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&text).unwrap();
        let files: Vec<_> = manifest["files"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
        assert_eq!(files.iter().filter(|path| !path.to_string().contains(".handover")).count(), 1, "{text}");
        std::fs::remove_dir_all(stage.app.join(".handover/bundles")).unwrap();
        std::fs::remove_dir_all(stage.app.join(".handover/current")).unwrap();
        stage.git(&["checkout", "-q", "src/a.rs"]);
        stage.ok(&["disable"]);
        assert_eq!((tree(&stage.app), excluded(&stage)), (before, exclude));
    }
}

#[test]
fn a_capture_after_enable_goes_to_a_clone_without_more_permission() {
    let stage = with_tools();
    stage.write("AGENTS.md", "# Ours\n");
    stage.world.commit(&stage.app, "instructions");
    let clone = stage.clone("clone");
    let text = stage.ok(&["enable"]);
    assert!(text.contains("git sees: AGENTS.md; commit no hooks"), "{text}");
    stage.change_one();
    let bundle = stage.capture(&["--title", "One"]);
    let text = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["files"].as_array().unwrap().len(), 1, "{text}");
    assert_eq!(manifest["not_carried"][0]["reason"], "own-wiring", "{text}");
    let summary = std::fs::read_to_string(bundle.join("summary.md")).unwrap();
    assert!(summary.contains("1 changed path,") && !summary.contains("AGENTS.md"), "{summary}");
    let from = stage.app.to_str().unwrap();
    let ran = stage.handover(&clone, &["pickup", "--from", from, "--apply"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert_eq!(stage.world.git(&clone, &["status", "--porcelain"]), " M src/a.rs");
    stage.ok(&["disable"]);
    assert_eq!(stage.git(&["status", "--porcelain"]), " M src/a.rs");
    assert!(stage.ok(&["enable", "--tool", "codex"]).contains("git sees"));
    let told = std::fs::read_to_string(stage.app.join("AGENTS.md")).unwrap();
    stage.write("AGENTS.md", told + "And mine.\n");
    let bundle = stage.capture(&["--title", "Two"]);
    let text = std::fs::read_to_string(bundle.join("manifest.json")).unwrap();
    assert!(text.contains("AGENTS.md") && !text.contains("own-wiring"), "{text}");
}

#[test]
fn a_session_end_with_nothing_but_our_wiring_saves_nothing() {
    let stage = with_tools();
    stage.write("AGENTS.md", "# Ours\n");
    stage.world.commit(&stage.app, "instructions");
    stage.ok(&["enable"]);
    stage.write(".handover/config.toml", "[capture]\non_compact = true\n");
    let ran = stage.event("claude", &stage.payload("PreCompact"), None);
    assert!(ran.code == 0 && ran.out.is_empty(), "{}{}", ran.out(), ran.err());
    stage.change_one();
    let ran = stage.event("claude", &stage.payload("PreCompact"), None);
    assert!(ran.out().contains("handover saved the work"), "{}{}", ran.out(), ran.err());
}

#[test]
fn linked_worktrees_share_what_git_does_not_see() {
    let stage = with_tools();
    let exclude = excluded(&stage);
    stage.git(&["worktree", "add", "-q", "../linked"]);
    let linked = stage.world.path("linked");
    for at in [&stage.app, &linked] {
        let ran = stage.handover(at, &["enable"]);
        assert_eq!(ran.code, 0, "{}", ran.err());
        assert_eq!(stage.world.git(at, &["status", "--porcelain"]), "");
    }
    stage.ok(&["disable"]);
    assert_eq!(stage.world.git(&linked, &["status", "--porcelain"]), "");
    assert_eq!(stage.handover(&linked, &["disable"]).code, 0);
    assert_eq!(excluded(&stage), exclude);
}

#[test]
fn where_nothing_can_be_captured_nothing_is_wired() {
    let stage = with_tools();
    let plain = stage.world.dir("plain");
    let bare = stage.world.dir("bare.git");
    stage.world.git(&bare, &["init", "-q", "--bare"]);
    let before = (tree(&plain), tree(&bare));
    for verb in ["enable", "init"] {
        for (at, why) in [(&plain, "is in no git repository"), (&bare, "is a bare repository")] {
            let ran = stage.handover(at, &[verb]);
            assert_eq!((ran.code, ran.err().lines().count()), (1, 1), "{}{}", ran.out(), ran.err());
            assert!(ran.err().contains(why), "{}", ran.err());
        }
    }
    assert_eq!((tree(&plain), tree(&bare)), before);
}
