//! What others changed between installation and removal stays theirs.

use crate::support::{Machine, apart_from_store};

#[test]
fn with_foreign_edits_in_between_only_ours_goes() {
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\n  \"a\": 1e2\n}\n");
    machine.file(".codex/AGENTS.md", "# Mine\n");
    machine.file(".codex/config.toml", "a = 1\n");
    machine.done(&["install", "--codex-hook"]);
    let edit = |name: &str, from: &str, to: &str| {
        let text = machine.text(name);
        assert!(text.contains(from), "{text}");
        machine.file(name, text.replacen(from, to, 1));
    };
    edit(".claude/settings.json", "\"a\": 1e2", "\"a\": 1e2, \"b\": 12345678901234567890");
    edit(".claude/settings.json", "\"hooks\": {", "\"hooks\": {\n    \"Stop\": [],");
    edit(".codex/AGENTS.md", "# Mine\n", "# Mine, changed\n");
    machine.file(".codex/AGENTS.md", machine.text(".codex/AGENTS.md") + "\n# More\n");
    edit(".codex/config.toml", "a = 1\n", "a = 2 # two\n");
    edit(".codex/config.toml", "writable_roots = [", "writable_roots = [\"/mine\", ");
    machine.file(".codex/config.toml", machine.text(".codex/config.toml") + "\n[x]\ny = 1\n");
    let hooks = machine.text(".codex/hooks.json");
    let theirs = "{ \"hooks\": [ { \"type\": \"command\", \"command\": \"theirs\" } ] }";
    machine
        .file(".codex/hooks.json", hooks.replacen("    ]\n  }\n}", &format!("    , {theirs}]\n  }}\n}}"), 1));
    let wired = machine.tree();
    machine.install();
    wired.is(&machine.tree());
    machine.uninstall();
    assert_eq!(
        machine.text(".claude/settings.json"),
        "{\n  \"a\": 1e2, \"b\": 12345678901234567890,\n  \"hooks\": {\n    \"Stop\": []\n  }\n}\n"
    );
    assert_eq!(machine.text(".codex/AGENTS.md"), "# Mine, changed\n\n# More\n");
    assert_eq!(
        machine.text(".codex/config.toml"),
        "a = 2 # two\n\n[sandbox_workspace_write]\nwritable_roots = [\"/mine\"]\n\n[x]\ny = 1\n"
    );
    // Codex trusts by position: theirs is still the second group.
    let hooks: serde_json::Value = serde_json::from_str(&machine.text(".codex/hooks.json")).unwrap();
    assert_eq!(hooks["hooks"]["SessionStart"][0]["hooks"], serde_json::json!([]));
    assert_eq!(hooks["hooks"]["SessionStart"][1]["hooks"][0]["command"], "theirs");
}

#[test]
fn what_the_user_changed_of_our_hook_survives_the_next_installation() {
    let machine = Machine::small();
    machine.done(&["install", "--codex-hook"]);
    for name in [".claude/settings.json", ".codex/hooks.json"] {
        let text = machine.text(name).replace("\"timeout\": 10", "\"timeout\": 33");
        machine.file(
            name,
            text.replacen(
                "      {\n        \"hooks\"",
                "      {\n        \"matcher\": \"startup\",\n        \"hooks\"",
                1,
            ),
        );
        assert!(machine.text(name).contains("33") && machine.text(name).contains("startup"));
    }
    let changed = machine.tree();
    machine.install();
    changed.is(&machine.tree());
    // Also when the program moved.
    for name in [".claude/settings.json", ".codex/hooks.json"] {
        let wired = machine.text(name);
        machine.file(
            name,
            wired.replace(machine.path(".agent-handoff/").to_str().unwrap(), "/home/before/.agent-handoff/"),
        );
        assert_eq!(machine.run(&["doctor", "--quick"]).code, 1);
        machine.install();
        assert_eq!(machine.text(name), wired);
    }
}

#[test]
fn a_skill_that_the_user_changed_is_kept_with_a_note() {
    let machine = Machine::small();
    machine.install();
    let skill = ".claude/skills/handoff/SKILL.md";
    let mine = machine.text(skill) + "Mine.\n";
    machine.file(skill, &mine);
    let said = machine.install();
    assert!(
        said.contains(
            "note: ~/.claude/skills/handoff/SKILL.md was changed after it was installed, so it stays as it is"
        ),
        "{said}"
    );
    assert_eq!(machine.text(skill), mine);
    let said = machine.run(&["doctor"]);
    assert_eq!(said.code, 0, "{}", said.out());
    assert!(
        said.out().contains(
            "note     Claude Code: the skill ~/.claude/skills/handoff/SKILL.md is not the one of this version"
        ),
        "{}",
        said.out()
    );
    let said = machine.uninstall();
    assert!(
        said.contains(
            "note: ~/.claude/skills/handoff/SKILL.md was changed after it was installed, so it stays\n"
        ),
        "{said}"
    );
    assert_eq!(
        apart_from_store(&machine).names(),
        [".claude", ".claude/skills", ".claude/skills/handoff", ".claude/skills/handoff/SKILL.md", ".codex"]
    );
    assert_eq!(machine.text(skill), mine);
}

#[test]
fn a_skill_that_the_user_removed_comes_back() {
    let machine = Machine::small();
    machine.install();
    let wired = machine.tree();
    std::fs::remove_dir_all(machine.path(".claude/skills")).unwrap();
    std::fs::remove_dir_all(machine.path(".agents")).unwrap();
    machine.install();
    wired.is(&machine.tree());
}

#[test]
fn another_skill_of_that_name_is_refused_with_nothing_changed() {
    for skill in [
        ".claude/skills/handoff/SKILL.md",
        ".claude/skills/handoff-opus/SKILL.md",
        ".agents/skills/upgrade-handoff/SKILL.md",
    ] {
        let machine = Machine::small();
        machine.file(skill, "Somebody else's.\n");
        let problem = format!(
            "agent-handoff: could not place the skill ~/{skill}: there is another one; move it away, or leave its agent out with --only"
        );
        machine.refuses(&["install"], &problem);
        machine.refuses(&["install", "--dry-run"], &problem);
        let other = if skill.starts_with(".claude") { "codex" } else { "claude" };
        machine.done(&["install", "--only", other]);
        machine.uninstall();
        assert_eq!(machine.text(skill), "Somebody else's.\n");
    }
}

#[test]
fn files_of_the_user_beside_ours_stay() {
    let machine = Machine::small();
    machine.install();
    machine.file(".claude/skills/handoff/notes.md", "mine");
    machine.file(".agent-handoff/mine", "mine");
    machine.file(".agent-handoff/bin/mine", "mine");
    machine.uninstall();
    assert_eq!(
        apart_from_store(&machine).names(),
        [
            ".agent-handoff",
            ".agent-handoff/bin",
            ".agent-handoff/bin/mine",
            ".agent-handoff/mine",
            ".claude",
            ".claude/skills",
            ".claude/skills/handoff",
            ".claude/skills/handoff/notes.md",
            ".codex"
        ]
    );
}

#[test]
fn a_settings_file_that_was_ours_alone_and_is_removed_by_the_user_is_no_trouble() {
    let machine = Machine::small();
    machine.install();
    for name in [".claude/settings.json", ".codex/AGENTS.md", ".codex/config.toml"] {
        std::fs::remove_file(machine.path(name)).unwrap();
    }
    machine.uninstall();
    assert_eq!(apart_from_store(&machine).names(), [".claude", ".codex"]);
}

#[test]
fn what_codex_made_for_our_trust_goes_with_it() {
    let machine = Machine::small();
    machine.file(".codex/config.toml", "model = \"x\"\n");
    machine.done(&["install", "--codex-hook"]);
    // As Codex and then the user would.
    let key = format!("{}:session_start:0:0", machine.path(".codex/hooks.json").display());
    let trusted =
        format!("\n[hooks.state]\n\n[hooks.state.\"{key}\"]\ntrusted_hash = \"sha256:00\"\n\n[tui]\n");
    machine.file(".codex/config.toml", machine.text(".codex/config.toml") + &trusted);
    let manifest = machine.text(".agent-handoff/manifest.json");
    let known = manifest.replace("\"trusted\": []", &format!("\"trusted\": [{}]", serde_json::json!(key)));
    assert!(known != manifest, "{manifest}");
    machine.file(".agent-handoff/manifest.json", known);
    machine.uninstall();
    assert_eq!(machine.text(".codex/config.toml"), "model = \"x\"\n\n[tui]\n");
}

#[test]
fn with_nothing_installed_nothing_is_taken_away() {
    let machine = Machine::small();
    let before = machine.tree();
    assert_eq!(machine.uninstall(), "removed:     nothing, for nothing was installed\n");
    before.is(&machine.tree());
}

#[test]
fn the_store_comes_and_goes_with_claude_codes_sandbox_whatever_stands_there() {
    for before in [
        "{\"sandbox\": {\"enabled\": true}}",
        "{\"sandbox\": {}}",
        "{\n  \"sandbox\": {\n    \"filesystem\": {\n      \"allowWrite\": []\n    }\n  }\n}\n",
        "{\"sandbox\":{\"filesystem\":{\"allowWrite\":[\"~/x\"]}},\"hooks\":{\"SessionStart\":[]}}",
    ] {
        let machine = Machine::small();
        machine.file(".claude/settings.json", before);
        machine.install();
        let store = machine.path(".agent-handoffs");
        assert!(store.is_dir());
        let settings: serde_json::Value =
            serde_json::from_str(&machine.text(".claude/settings.json")).unwrap();
        let allowed = settings["sandbox"]["filesystem"]["allowWrite"].as_array().unwrap();
        assert_eq!(allowed.last(), Some(&serde_json::json!(store)));
        assert_eq!(settings["hooks"]["SessionStart"].as_array().map(Vec::len), Some(1));
        let wired = machine.tree();
        machine.install();
        wired.is(&machine.tree());
        // To the byte where the file is as we left it; by what was made for us where the user edited it since.
        machine.file(
            ".claude/settings.json",
            machine.text(".claude/settings.json").replacen('{', "{\"n\": 1, ", 1),
        );
        machine.uninstall();
        let text = machine.text(".claude/settings.json");
        let after: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut expected: serde_json::Value = serde_json::from_str(before).unwrap();
        expected["n"] = 1.into();
        assert_eq!(after, expected, "{text}");
        machine.file(".claude/settings.json", before);
        machine.install();
        machine.uninstall();
        assert_eq!(machine.text(".claude/settings.json"), before);
    }
}

#[test]
fn a_store_that_is_a_link_is_named_in_the_sandbox_by_where_it_leads() {
    let machine = Machine::small();
    std::fs::create_dir(machine.path("disk")).unwrap();
    machine.link(".agent-handoffs", "disk");
    machine.install();
    let real = std::fs::canonicalize(machine.path("disk")).unwrap();
    let text = machine.text(".claude/settings.json");
    assert!(text.contains(&format!("\"{}\"", real.display())), "{text}");
    machine.uninstall();
    assert!(!machine.path(".claude/settings.json").exists());
}

#[test]
fn settings_from_before_the_sandbox_was_wired_are_given_back() {
    let machine = Machine::small();
    machine.install();
    // As an earlier version left the file and the manifest.
    let path = machine.path(".claude/settings.json");
    let old = machine.text(&path);
    let (hook, _) = old.split_once(",\n  \"sandbox\"").unwrap();
    let hook = format!("{hook}\n}}\n");
    machine.file(&path, &hook);
    let manifest = machine.path(".agent-handoff/manifest.json");
    let mut record: serde_json::Value = serde_json::from_str(&machine.text(&manifest)).unwrap();
    let edit = record["edits"][path.to_str().unwrap()].as_object_mut().unwrap();
    edit.remove("sandbox");
    machine.file(&manifest, record.to_string());
    machine.install();
    assert_eq!(machine.text(&path), old);
    machine.uninstall();
    assert!(!path.exists());
}

#[test]
fn a_skills_directory_that_both_agents_read_holds_one_text_that_is_right_for_both() {
    for (link, target) in [
        (".claude/skills", "../.agents/skills"),
        (".agents", ".claude"),
        (".claude/skills/handoff", "../../.agents/skills/handoff"),
    ] {
        let machine = Machine::small();
        let link = machine.link(link, target);
        std::fs::create_dir_all(link.parent().unwrap().join(target)).unwrap();
        machine.install();
        let text = machine.text(".claude/skills/handoff/SKILL.md");
        assert_eq!(text, machine.text(".agents/skills/handoff/SKILL.md"));
        assert!(!text.contains("--tool claude-code") && !text.contains("--tool codex-cli"), "{text}");
        assert!(!text.contains("$ARGUMENTS") && !text.contains("CLAUDE_SESSION_ID"), "{text}");
        let wired = machine.tree();
        assert!(!machine.install().contains("stays"));
        wired.is(&machine.tree());
        let doctor = machine.run(&["doctor", "--quick"]);
        assert_eq!(doctor.code, 0, "{}", doctor.out());
        assert!(!doctor.out().contains("SKILL.md"), "{}", doctor.out());
        // The one that stays keeps it.
        machine.done(&["uninstall", "--only", "codex"]);
        assert_eq!(machine.text(".claude/skills/handoff/SKILL.md"), text);
        assert!(!machine.done(&["uninstall"]).contains("stays"));
        let after = apart_from_store(&machine);
        assert!(!after.names().iter().any(|name| name.contains("SKILL.md")), "{:?}", after.names());
        assert!(link.is_symlink());
    }
}

#[test]
fn skills_are_found_where_they_really_are_when_a_link_comes_or_goes() {
    let no_skill = |machine: &Machine, what: &str| {
        let after = apart_from_store(machine);
        assert!(!after.names().iter().any(|name| name.contains("handoff")), "{what}: {:?}", after.names());
    };
    let linked = || {
        let machine = Machine::small();
        machine.file(".agents/skills/mine/SKILL.md", "mine");
        let link = machine.link(".claude/skills", "../.agents/skills");
        machine.install();
        (machine, link)
    };
    let (machine, link) = linked();
    std::fs::remove_file(&link).unwrap();
    assert!(machine.uninstall().starts_with("removed:     everything\n"));
    no_skill(&machine, "the link is gone");
    assert_eq!(machine.text(".agents/skills/mine/SKILL.md"), "mine");
    // Installed again without the link, and one that is a directory since.
    let (machine, link) = linked();
    std::fs::remove_file(&link).unwrap();
    machine.install();
    assert!(!machine.path(".agents/skills/handoff-ds").exists());
    assert!(machine.path(".agents/skills/handoff/SKILL.md").is_file());
    machine.uninstall();
    no_skill(&machine, "installed again");
    // The other way round: what was a directory leads to the other agent's.
    for moved in [false, true] {
        let machine = Machine::small();
        machine.install();
        let (claude, agents) = (machine.path(".claude/skills"), machine.path(".agents/skills"));
        if moved {
            std::fs::remove_dir_all(&claude).unwrap();
            std::fs::rename(&agents, &claude).unwrap();
        } else {
            std::fs::remove_dir_all(&agents).unwrap();
        }
        machine.link(".agents/skills", "../.claude/skills");
        assert!(machine.uninstall().starts_with("removed:     everything\n"));
        no_skill(&machine, "a link since");
        assert!(agents.is_symlink());
    }
}

#[test]
fn what_the_user_changed_is_no_part_of_everything_that_was_removed() {
    let machine = Machine::small();
    machine.install();
    let skill = ".claude/skills/handoff/SKILL.md";
    machine.file(skill, "mine");
    let said = machine.uninstall();
    assert!(said.starts_with(&format!("removed:     everything, except for ~/{skill}\n")), "{said}");
}

#[test]
fn settings_are_found_where_they_really_are_when_a_link_goes() {
    let files = [
        (".claude/settings.json", "{\n  \"a\": 1\n}\n"),
        (".codex/AGENTS.md", "# Mine\n"),
        (".codex/config.toml", "a = 1\n"),
        (".codex/hooks.json", "{}\n"),
    ];
    let kept = |name: &str| format!("dotfiles/{}", name.replace('/', "-"));
    for again in [false, true] {
        for was_there in [true, false] {
            let machine = Machine::small();
            std::fs::create_dir(machine.path("dotfiles")).unwrap();
            for (name, text) in files {
                if was_there {
                    machine.file(kept(name), text);
                }
                machine.link(name, format!("../{}", kept(name)));
            }
            machine.done(&["install", "--codex-hook"]);
            for (name, text) in files {
                assert!(machine.text(kept(name)).contains("agent-handoff"), "{name}");
                // Copied into the place of the link, or written anew.
                std::fs::remove_file(machine.path(name)).unwrap();
                let text = if was_there { text.to_owned() } else { machine.text(kept(name)) };
                machine.file(name, text);
            }
            if again {
                machine.done(&["install", "--codex-hook"]);
            }
            assert!(machine.uninstall().starts_with("removed:     everything\n"));
            for (name, text) in files {
                let dotfile = std::fs::read_to_string(machine.path(kept(name))).ok();
                assert_eq!(dotfile.as_deref(), was_there.then_some(text), "{name}, again: {again}");
                let there = std::fs::read_to_string(machine.path(name)).unwrap_or_default();
                assert!(!there.contains("agent-handoff"), "{name}: {there}");
                assert!(!was_there || there == text, "{name}: {there}");
            }
        }
    }
}
