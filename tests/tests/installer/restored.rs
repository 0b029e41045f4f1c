//! Installed and taken away again: HOME is what it was, to the byte, whatever it was.

use crate::support::{Machine, STATE, Tree, apart_from_store, is_one_file, mode, note};

/// Installs, so that it is wired, and takes it away; all that was there is as it was.
#[track_caller]
fn comes_and_goes(machine: &Machine, what: &str) {
    let before = apart_from_store(machine);
    machine.done(&["install", "--codex-hook", "--only", "claude,codex"]);
    let said = machine.run(&["doctor", "--quick"]);
    assert_eq!(said.code, 0, "{what}: {}", said.out());
    let wired = Tree::with_times(&machine.home);
    machine.install();
    wired.is_after(what, &Tree::with_times(&machine.home));
    machine.uninstall();
    before.is_after(what, &apart_from_store(machine));
    // Nothing is there to be taken away any more.
    machine.uninstall();
    before.is_after(what, &apart_from_store(machine));
}

#[test]
fn from_any_settings_the_same_bytes_come_back() {
    let settings = [
        "{}",
        "{}\n",
        "{ }",
        "{\n}\n",
        "{\"a\":1}",
        "{\"hooks\":{}}",
        "{\n  \"hooks\": {\n  }\n}",
        "{\"hooks\":{\"SessionStart\":[]}}",
        "{\n\t\"model\": \"opus\",\n\t\"big\": 12345678901234567890,\n\t\"e\": 1e2\n}\n",
        "{\r\n    \"a\": [1,\r\n 2],\r\n    \"hooks\": {\"PreToolUse\": []}\r\n}\r\n",
        "\u{feff}{\n  \"a\": \"\u{1f600}ü\"\n}\n",
        "{\"hooks\":{\"SessionStart\":[{\"matcher\":\"startup\",\"hooks\":[{\"type\":\"command\",\"command\":\"echo hi\"}]}],\"Stop\":[{\"hooks\":[]}]},\"z\":{}}",
        "{\n  \"hooks\": {\n    \"SessionStart\": [\n      { \"type\": \"command\", \"command\": \"flat\" },\n      { \"hooks\": [ { \"type\": \"command\", \"command\": \"x\", \"timeout\": 1e1 } ] }\n    ]\n  }\n}\n",
        "\n\n  {\"a\":\n1}  \n\n",
    ];
    for text in settings {
        let machine = Machine::small();
        machine.file(".claude/settings.json", text);
        // Codex reads no file with a byte order mark.
        machine.file(".codex/hooks.json", text.trim_start_matches('\u{feff}'));
        comes_and_goes(&machine, text);
    }
}

#[test]
fn from_any_instructions_and_configuration_the_same_bytes_come_back() {
    let instructions = [
        "",
        "\n",
        "# Mine\n",
        "# Mine",
        "# Mine\r\nText\r\n",
        "# Mine\rText\r",
        "\u{feff}# Mine\n\n\n",
        "a\n\n<!-- note -->",
    ];
    let configurations = [
        "",
        "model = \"gpt-5\"",
        "# c\n[sandbox_workspace_write] # mine\nnetwork_access = true\n",
        "[sandbox_workspace_write]\r\nwritable_roots = [\r\n  \"/a\", # a\r\n  \"/b\",\r\n]\r\n[x]\r\n",
        "sandbox_workspace_write = { network_access = true, writable_roots = [\"/a\"] }\n",
        "sandbox_workspace_write.network_access = true\nbig = 12345678901234567\n",
        "sandbox_workspace_write = {}",
        "[sandbox_workspace_write]\nwritable_roots = []\n\n[projects.\"/x\"]\ntrust_level = \"trusted\"",
    ];
    for number in 0..configurations.len() {
        let machine = Machine::small();
        let text = configurations[number];
        machine.file(".codex/config.toml", text);
        machine.file(".codex/AGENTS.md", instructions[number % instructions.len()]);
        comes_and_goes(&machine, text);
    }
}

#[test]
fn modes_and_other_files_stay() {
    for bits in [0o600, 0o640, 0o644, 0o664] {
        let machine = Machine::small();
        for (name, text) in [
            (".claude/settings.json", "{}\n"),
            (".codex/AGENTS.md", "x\n"),
            (".codex/config.toml", "a = 1\n"),
            (".codex/hooks.json", "{}"),
        ] {
            mode(&machine.file(name, text), bits);
        }
        machine.file(".claude/skills/mine/SKILL.md", "mine");
        machine.file(".agents/skills/mine/SKILL.md", "mine");
        mode(&machine.file(".local/bin/tool", "#!/bin/sh\n"), 0o755);
        machine.link(".local/bin/other", "/bin/true");
        comes_and_goes(&machine, &format!("{bits:o}"));
    }
}

#[test]
fn other_names_of_a_file_and_what_is_noted_of_it_stay() {
    let machine = Machine::small();
    let names = [".claude/settings.json", ".codex/AGENTS.md", ".codex/config.toml", ".codex/hooks.json"];
    let other = |name: &str| machine.path("dotfiles").join(name.replace('/', "-"));
    std::fs::create_dir(machine.path("dotfiles")).unwrap();
    for (number, name) in names.iter().enumerate() {
        let text = if name.ends_with(".json") { "{\n  \"a\": 1\n}\n" } else { "# Mine\n" };
        let path = machine.file(name, text);
        note(&path, b"mine");
        if number % 2 == 0 {
            std::fs::hard_link(&path, other(name)).unwrap();
        }
    }
    machine.done(&["install", "--codex-hook"]);
    for name in names.iter().step_by(2) {
        assert!(is_one_file(&machine.path(name), &other(name)), "{name}");
        assert!(std::fs::read_to_string(other(name)).unwrap().contains("agent-handoff"), "{name}");
    }
    machine.uninstall();
    comes_and_goes(&machine, "several names");
    for name in names.iter().step_by(2) {
        assert!(is_one_file(&machine.path(name), &other(name)), "{name}");
    }
}

#[test]
fn links_stay_links_and_what_they_lead_to_is_edited() {
    let machine = Machine::small();
    mode(&machine.file("dotfiles/claude.json", "{\n  \"a\": 1\n}\n"), 0o640);
    machine.file("dotfiles/agents.md", "# Mine\n");
    machine.file("dotfiles/config.toml", "a = 1\n");
    machine.link(".claude/settings.json", "../dotfiles/claude.json");
    machine.link(".codex/AGENTS.md", machine.path("dotfiles/hop"));
    machine.link("dotfiles/hop", "agents.md");
    machine.link(".codex/config.toml", "../dotfiles/config.toml");
    let before = machine.tree();
    machine.install();
    assert!(machine.text("dotfiles/claude.json").contains("session-start"));
    assert!(machine.text("dotfiles/agents.md").contains("inbox read"));
    assert!(machine.text("dotfiles/config.toml").contains("writable_roots"));
    assert!(
        machine.path(".claude/settings.json").is_symlink() && machine.path(".codex/AGENTS.md").is_symlink()
    );
    machine.uninstall();
    before.is(&apart_from_store(&machine));
    comes_and_goes(&machine, "links");
}

#[test]
fn agents_directories_may_be_links() {
    let machine = Machine::empty();
    machine.stand_ins("");
    machine.file("dotfiles/claude/settings.json", "{\"a\":1}");
    machine.file("dotfiles/codex/AGENTS.md", "x");
    machine.file("dotfiles/skills/mine/SKILL.md", "x");
    machine.link(".claude", "dotfiles/claude");
    machine.link(".codex", machine.path("dotfiles/codex"));
    machine.link(".agents/skills", "../dotfiles/skills");
    machine.link("dotfiles/claude/skills", "../skills");
    comes_and_goes(&machine, "linked directories");
}

#[test]
fn a_link_to_a_file_that_is_not_there_yet_is_followed() {
    let machine = Machine::small();
    machine.link(".claude/settings.json", "../dotfiles/settings.json");
    machine.link(".codex/config.toml", machine.path("dotfiles/codex/config.toml"));
    machine.file("dotfiles/agents/.keep", "");
    machine.link(".codex/AGENTS.md", "../dotfiles/agents/AGENTS.md");
    comes_and_goes(&machine, "dangling links");
}

#[test]
fn a_dangling_link_through_a_directory_that_is_not_there_makes_no_other_directory() {
    for target in
        ["../gone/../dotfiles/claude/settings.json", "../gone/a/../../dotfiles/claude/settings.json"]
    {
        let machine = Machine::small();
        machine.link(".claude/settings.json", target);
        let before = machine.tree();
        machine.install();
        assert!(machine.text("dotfiles/claude/settings.json").contains("session-start"));
        assert!(!machine.path("gone").exists() && !machine.path(".claude/gone").exists());
        machine.done(&["install"]);
        machine.uninstall();
        before.is_after(target, &apart_from_store(&machine));
    }
}

#[test]
fn with_an_agent_that_has_no_directory_yet_the_directory_goes_again() {
    let machine = Machine::empty();
    machine.stand_ins("");
    let before = machine.tree();
    machine.done(&["install", "--only", "claude,codex", "--codex-hook"]);
    assert!(machine.path(".claude/settings.json").is_file() && machine.path(".codex/hooks.json").is_file());
    machine.uninstall();
    before.is(&apart_from_store(&machine));
    // What the agent put there meanwhile stays, and so does the directory.
    machine.done(&["install", "--only", "claude,codex"]);
    machine.file(".claude/history.jsonl", "{}");
    machine.uninstall();
    assert_eq!(apart_from_store(&machine).names(), [".claude", ".claude/history.jsonl"]);
}

#[test]
fn an_override_of_the_instructions_that_comes_later_is_cleaned_as_well() {
    let machine = Machine::small();
    machine.file(".codex/AGENTS.md", "# Mine\n");
    let before = machine.tree();
    machine.install();
    machine.file(".codex/AGENTS.override.md", "# For now\n");
    machine.install();
    assert!(machine.text(".codex/AGENTS.override.md").starts_with("# For now\n\n<!-- BEGIN"));
    machine.uninstall();
    assert_eq!(machine.text(".codex/AGENTS.override.md"), "# For now\n");
    std::fs::remove_file(machine.path(".codex/AGENTS.override.md")).unwrap();
    before.is(&apart_from_store(&machine));
}

#[test]
fn what_was_installed_in_other_directories_of_the_agents_is_found_again() {
    let machine = Machine::small();
    machine.file("elsewhere/claude/settings.json", "{\"a\": 1}");
    machine.file("elsewhere/codex/config.toml", "a = 1");
    let before = machine.tree();
    let mut there = machine.installer(&["install", "--codex-hook", "--only", "claude,codex"]);
    there.env("CLAUDE_CONFIG_DIR", machine.path("elsewhere/claude"));
    there.env("CODEX_HOME", machine.path("elsewhere/codex"));
    let installed = tests::feed(there, b"");
    assert_eq!(installed.code, 0, "{}", installed.err());
    assert!(machine.text("elsewhere/claude/settings.json").contains("session-start"));
    assert!(machine.text("elsewhere/codex/hooks.json").contains("session-start"));
    before.is(&apart_from_store(&machine)
        .without(".agent-handoff")
        .without(".local")
        .without(".agents")
        .without("elsewhere")
        .with_only_of(&before, "elsewhere"));
    machine.uninstall();
    before.is(&apart_from_store(&machine));
}

#[test]
fn what_handover_wired_for_the_user_goes_with_the_rest() {
    let machine = Machine::new();
    machine.file(".claude/settings.json", "{\"statusLine\":{\"type\":\"command\",\"command\":\"mine\"}}\n");
    let before = machine.tree();
    machine.install();
    let wired = tests::feed(machine.command(machine.program("handover"), &["install"]), b"");
    assert_eq!(wired.code, 0, "{}", wired.err());
    let settings = machine.text(".claude/settings.json");
    assert!(settings.contains("on-event") && settings.contains("statusline-tap"), "{settings}");
    let said = machine.uninstall();
    assert!(said.contains("the hooks and the statusline that handover install made are gone too"), "{said}");
    before.is(&apart_from_store(&machine));
}

/// A repository in HOME with a little in it.
fn project(machine: &Machine, name: &str) -> std::path::PathBuf {
    let path = machine.path(name);
    std::fs::create_dir_all(&path).unwrap();
    for args in [&["init", "-q"][..], &["config", "core.fsync", "none"]] {
        let ran = std::process::Command::new("git").arg("-C").arg(&path).args(args).status().unwrap();
        assert!(ran.success(), "{args:?}");
    }
    std::fs::write(path.join("AGENTS.md"), "# Mine").unwrap();
    path
}

#[test]
fn what_handover_wired_in_projects_goes_with_the_rest() {
    let machine = Machine::new();
    let (one, two) = (project(&machine, "one"), project(&machine, "two"));
    let gone = project(&machine, "gone");
    let before = [Tree::of(&one), Tree::of(&two)];
    machine.install();
    for at in [&one, &two, &gone] {
        let mut command = machine.command(machine.program("handover"), &["enable"]);
        command.current_dir(at);
        let ran = tests::feed(command, b"");
        assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    }
    std::fs::remove_dir_all(&gone).unwrap();
    let wired = [Tree::of(&one), Tree::of(&two)];
    assert_ne!(wired[0].names(), before[0].names());
    let said = machine.done(&["uninstall", "--dry-run"]);
    for name in ["~/one", "~/two"] {
        assert!(said.contains(&format!("handover disable would be done in {name}\n")), "{said}");
    }
    Tree::of(&one).is(&wired[0]);
    machine.done(&["uninstall", "--only", "claude"]);
    assert!(!one.join(".claude").exists() && one.join(".codex/hooks.json").exists());
    let records = std::fs::read_dir(machine.path(STATE).join("wired")).unwrap();
    let is_of_two = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap().contains("/two\"");
    let record = records.map(|entry| entry.unwrap().path()).find(is_of_two).unwrap();
    let kept = std::fs::read(&record).unwrap();
    std::fs::write(&record, "broken").unwrap();
    let ran = machine.run(&["uninstall"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    let said = ran.out();
    assert!(said.contains("what handover enable did in ~/one is undone\n"), "{said}");
    let why = "could not read ~/.local/state/agent-handoff/wired/";
    assert!(ran.err().starts_with(&format!("agent-handoff: {why}")), "{}", ran.err());
    assert!(!said.contains("gone"), "{said}");
    Tree::of(&one).is_after("uninstall", &before[0]);
    std::fs::write(&record, kept).unwrap();
    machine.install();
    machine.uninstall();
    Tree::of(&two).is_after("another uninstall", &before[1]);
    assert!(!machine.path(STATE).join("wired").exists());
}
