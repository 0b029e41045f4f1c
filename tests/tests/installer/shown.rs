//! What is shown before anything is done, and what programs read.

use serde_json::json;

use crate::support::{Machine, Tree, apart_from_store};

#[test]
fn a_dry_run_changes_nothing_and_shows_a_diff_of_every_file_of_the_users() {
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\n  \"a\": 1\n}\n");
    machine.file(".codex/config.toml", "a = 1\n");
    let before = Tree::with_times(&machine.home);
    let args = ["install", "--codex-hook", "--dry-run"];
    let said = machine.done(&args);
    before.is(&Tree::with_times(&machine.home));
    for (file, line) in [
        (".claude/settings.json", "+    \"SessionStart\": ["),
        (".codex/AGENTS.md", "+## Handoffs between sessions"),
        (".codex/config.toml", "+[sandbox_workspace_write]"),
        (".codex/hooks.json", "+    \"SessionStart\": ["),
        (".claude/skills/handoff/SKILL.md", "+name: handoff"),
        (".agents/skills/upgrade-handoff/SKILL.md", "+name: upgrade-handoff"),
    ] {
        let path = machine.path(file);
        let headline = format!("--- {0}\n+++ {0}\n@@ ", path.display());
        let diff = &said[said.find(&headline).unwrap_or_else(|| panic!("{file} is not in {said}"))..];
        let end = diff[4..].find("\n--- ").map_or(diff.len(), |end| end + 4);
        assert!(diff[..end].contains(line), "{file}: {diff}");
    }
    assert!(said.contains("would write the program ~/.agent-handoff/bin/session-start, "), "{said}");
    assert!(said.contains("would link ~/.local/bin/handoff to ~/.agent-handoff/bin/handoff\n"), "{said}");
    assert!(said.contains("would make the directory ~/.agent-handoffs\n"), "{said}");
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("would ")).collect();
    let distinct: std::collections::BTreeSet<_> = lines.iter().collect();
    assert_eq!(lines.len(), distinct.len(), "said twice: {said}");

    // It names what is then done.
    let shown = machine.json(&["install", "--codex-hook", "--dry-run", "--json"], 0);
    let done = machine.json(&["install", "--codex-hook", "--json"], 0);
    let paths = |report: &serde_json::Value| -> Vec<(serde_json::Value, serde_json::Value)> {
        report["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| (change["path"].clone(), change["action"].clone()))
            .collect()
    };
    let (mut shown, mut done) = (paths(&shown), paths(&done));
    // The prefix is made to be locked.
    let is_prefix =
        |(path, _): &(serde_json::Value, serde_json::Value)| *path == json!(machine.path(".agent-handoff"));
    shown.retain(|change| !is_prefix(change));
    done.retain(|change| !is_prefix(change));
    // The user's own files are shown first, and done last.
    let sorted = |mut changes: Vec<(serde_json::Value, serde_json::Value)>| {
        changes.sort_by_key(|(path, action)| (path.to_string(), action.to_string()));
        changes
    };
    let first = shown.first().map(|(path, _)| path.clone());
    assert_eq!(first, Some(json!(machine.path(".claude/settings.json"))));
    assert_eq!(sorted(shown), sorted(done));
    assert_eq!(machine.done(&args), "nothing to change\n");
}

#[test]
fn a_dry_removal_changes_nothing_and_shows_what_would_go() {
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\n  \"a\": 1\n}\n");
    let before = machine.tree();
    machine.install();
    let wired = Tree::with_times(&machine.home);
    let said = machine.done(&["uninstall", "--dry-run"]);
    wired.is(&Tree::with_times(&machine.home));
    assert!(
        said.contains("would change ~/.claude/settings.json\n")
            && said.contains("\n-    \"SessionStart\": [\n"),
        "{said}"
    );
    assert!(
        said.contains("would remove ~/.codex/AGENTS.md\n")
            && said.contains("\n-## Handoffs between sessions\n"),
        "{said}"
    );
    assert!(
        said.contains("would remove ~/.codex/config.toml\n")
            && said.contains("\n-[sandbox_workspace_write]\n"),
        "{said}"
    );
    for gone in [".local/bin/handoff", ".agent-handoff/bin/inbox", ".claude/skills/handoff/SKILL.md"] {
        assert!(said.contains(&format!("would remove ~/{gone}\n")), "{gone}: {said}");
    }
    machine.json(&["uninstall", "--dry-run", "--json"], 0);
    wired.is(&Tree::with_times(&machine.home));
    machine.uninstall();
    before.is(&apart_from_store(&machine));
    assert_eq!(machine.done(&["uninstall", "--dry-run"]).lines().next(), Some("nothing to change"));
    assert!(!machine.path(".agent-handoff").exists());
}

#[test]
fn for_programs_every_answer_is_one_object() {
    let machine = Machine::new();
    let doctor = machine.json(&["doctor", "--json"], 1);
    assert_eq!(doctor["healthy"], false);
    assert_eq!(doctor["version"], serde_json::Value::Null);
    let installed = machine.json(&["install", "--json"], 0);
    assert_eq!(installed["programs"], json!(machine.path(".agent-handoff/bin")));
    assert!(
        installed["proof"]
            .as_str()
            .unwrap()
            .starts_with("a handoff was written, shown to one session, and archived")
    );
    for (agent, key) in [("claude", "claude"), ("codex", "codex")] {
        assert!(installed[key].is_string(), "{agent}: {installed}");
    }
    assert!(installed["notes"][0].as_str().unwrap().contains("PATH"));
    let doctor = machine.json(&["doctor", "--json"], 0);
    assert_eq!((&doctor["healthy"], &doctor["version"]), (&json!(true), &json!("0.1.0")));
    assert_eq!(doctor["prefix"], json!(machine.path(".agent-handoff")));
    for finding in doctor["findings"].as_array().unwrap() {
        assert!(
            finding["text"].is_string() && finding["area"].is_string() && finding["fix"].is_null(),
            "{finding}"
        );
    }
    for args in [["upgrade-check", "--json"].as_slice(), &["upgrade-check", "--skip", "--json"]] {
        assert_eq!(machine.json(args, 0)["newest"], serde_json::Value::Null);
    }
    let quiet = tests::feed(
        {
            let mut command = machine.installer(&["upgrade-check", "--json"]);
            command.env("AGENT_HANDOFF_NO_UPDATE_CHECK", "1");
            command
        },
        b"",
    );
    quiet.is(0, "{\"commits\":null,\"newest\":null}\n", "");
    let removed = machine.json(&["uninstall", "--json"], 0);
    assert_eq!(removed["removed"], "everything");
    machine.json(&["install", "--dry-run", "--json"], 0);
    machine.json(&["uninstall", "--dry-run", "--json"], 0);
}

#[test]
fn an_installation_says_of_each_file_what_was_done_to_it() {
    let machine = Machine::small();
    let all = machine.install();
    for line in [
        "Claude Code: SessionStart hook in ~/.claude/settings.json, the store open to its sandbox; skills /handoff, ",
        "Codex:       instructions in ~/.codex/AGENTS.md, the store among the sandbox's writable roots; skills $handoff ",
        ", agents handoff-ds and handoff-opus\n",
        "start a new session; at its end /handoff in Claude Code, $handoff in Codex",
    ] {
        assert!(all.contains(line), "{line}: {all}");
    }
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\"a\": 1 \"b\"}");
    machine.file(".codex/config.toml", "a = \n");
    machine.file(".codex/agents/handoff-ds.toml", "name = \"mine\"\n");
    let ran = machine.run(&["install", "--codex-hook"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    for line in [
        "Claude Code: no SessionStart hook in ~/.claude/settings.json, the store not open to its sandbox; skills /handoff, ",
        "Codex:       instructions in ~/.codex/AGENTS.md, the store not among the sandbox's writable roots, SessionStart \
         hook in hooks.json; skills $handoff and $upgrade-handoff, agent handoff-opus\n",
    ] {
        assert!(ran.out().contains(line), "{line}: {}", ran.out());
    }
    // Settings that only the sandbox's part cannot be put into.
    let machine = Machine::small();
    machine.file(".claude/settings.json", "{\"sandbox\": {\"filesystem\": {\"allowWrite\": 7}}}");
    let ran = machine.run(&["install"]);
    assert!(
        ran.out().contains("Claude Code: SessionStart hook in ~/.claude/settings.json, the store not open"),
        "{}",
        ran.out()
    );
}
