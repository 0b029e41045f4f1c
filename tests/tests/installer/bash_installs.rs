//! What the bash program's installer left, in every form it had, gives way; other people's hooks do not move.

use serde_json::{Value, json};

use crate::support::Machine;

/// A checkout of the bash program, as far as its installer and its links need it.
fn checkout(machine: &Machine, path: &str) -> String {
    for file in [
        "adapters/claude-code/hooks/surface-handoffs.sh",
        "adapters/codex/hooks/surface-handoffs.sh",
        "adapters/claude-code/skills/handoff/SKILL.md",
        "adapters/codex/.codex-plugin/plugin.json",
    ] {
        machine.file(format!("{path}/{file}"), "of the bash program\n");
    }
    machine.path(path).display().to_string()
}

fn hook(checkout: &str, tool: &str) -> Value {
    json!({"type": "command", "command": format!("{checkout}/adapters/{tool}/hooks/surface-handoffs.sh")})
}

fn theirs(name: &str) -> Value {
    json!({"type": "command", "command": format!("/usr/bin/{name}")})
}

fn handlers(file: &Value) -> Vec<String> {
    let groups = file["hooks"]["SessionStart"].as_array().unwrap();
    let handlers = groups.iter().flat_map(|group| group["hooks"].as_array().into_iter().flatten());
    handlers.map(|handler| handler["command"].as_str().unwrap().to_owned()).collect()
}

/// The files that the bash program's installers of all times left; `{}` is the hook.
fn files(one: &Value, other: &Value) -> Vec<Value> {
    let mine = theirs("mine");
    vec![
        json!({"hooks": {"SessionStart": [{"hooks": [one]}]}}),
        json!({"hooks": {"SessionStart": [{"matcher": "startup", "hooks": [one]}, {"hooks": [other]}]}}),
        json!({"hooks": {"SessionStart": [one]}}),
        json!({"hooks": {"SessionStart": [{"hooks": [mine]}, one, {"hooks": [other]}]}}),
        json!({"hooks": {"SessionStart": [{"hooks": [mine, one]}, {"hooks": [theirs("second")]}], "PreToolUse": [{"matcher": "Bash", "hooks": [mine]}]}}),
        json!({"SessionStart": [{"hooks": [one]}]}),
        json!({"SessionStart": [one], "hooks": {"SessionStart": [{"hooks": [mine]}]}}),
        json!({"hooks": {"SessionStart": [mine, {"hooks": [other, one, theirs("second")]}]}}),
    ]
}

#[test]
fn every_form_is_named_replaced_and_taken_away() {
    for path in ["src/agent-handoff", "my projects/agent handoff"] {
        for (name, tool) in [(".claude/settings.json", "claude-code"), (".codex/hooks.json", "codex")] {
            let count = files(&json!({}), &json!({})).len();
            for number in 0..count {
                let machine = Machine::small();
                let (one, other) = (hook(&checkout(&machine, path), tool), hook("/gone/elsewhere", tool));
                let file = files(&one, &other).swap_remove(number);
                let others = |file: &Value| handlers_of_others(file);
                machine.file(name, serde_json::to_string_pretty(&file).unwrap());
                machine.done(&["install", "--codex-hook"]);
                let text = machine.text(name);
                let wired: Value = serde_json::from_str(&text).unwrap();
                assert!(!text.contains("surface-handoffs.sh"), "{text}");
                let ours: Vec<_> = handlers(&wired)
                    .into_iter()
                    .filter(|command| command.contains("session-start"))
                    .collect();
                assert_eq!(ours.len(), 1, "{text}");
                assert_eq!(others(&wired), others(&file), "{text}");
                let doctor = machine.run(&["doctor", "--quick"]);
                assert_eq!(doctor.code, 0, "{}", doctor.out());
                machine.done(&["install", "--codex-hook"]);
                assert_eq!(machine.text(name), text);
                machine.uninstall();
                let left = std::fs::read_to_string(machine.path(name)).unwrap_or_else(|_| "{}".to_owned());
                assert!(!left.contains("session-start") && !left.contains("surface-handoffs"), "{left}");
                assert_eq!(others(&serde_json::from_str(&left).unwrap()), others(&file), "{left}");
            }
        }
    }
}

/// Everybody else's handlers with all that is around them, the group's number not counted.
fn handlers_of_others(file: &Value) -> Vec<Value> {
    let is_ours = |value: &Value| {
        let command = value["command"].as_str().unwrap_or_default();
        command.contains("surface-handoffs.sh") || command.contains("session-start")
    };
    let mut others = Vec::new();
    for event in ["SessionStart", "PreToolUse"] {
        for group in file["hooks"][event].as_array().into_iter().flatten() {
            match group["hooks"].as_array() {
                Some(handlers) => others.extend(handlers.iter().filter(|handler| !is_ours(handler)).cloned()),
                None if !is_ours(group) => others.push(group.clone()),
                None => {}
            }
        }
    }
    others
}

#[test]
fn in_codex_nobody_elses_group_gets_another_number() {
    let machine = Machine::small();
    let old = hook("/gone/agent-handoff", "codex");
    let file = json!({"hooks": {"SessionStart": [
        {"hooks": [theirs("first")]}, {"hooks": [old]}, {"hooks": [theirs("third")]}, {"hooks": [old, theirs("fourth")]}, {"hooks": [theirs("fifth")]},
    ]}});
    machine.file(".codex/hooks.json", serde_json::to_string(&file).unwrap());
    let places = |text: &str| {
        let file: Value = serde_json::from_str(text).unwrap();
        let groups = file["hooks"]["SessionStart"].as_array().unwrap().clone();
        ["first", "third", "fourth", "fifth"]
            .map(|name| groups.iter().position(|group| group.to_string().contains(name)))
    };
    let before = places(&machine.text(".codex/hooks.json"));
    assert_eq!(before, [Some(0), Some(2), Some(3), Some(4)]);
    machine.done(&["install", "--codex-hook"]);
    assert_eq!(places(&machine.text(".codex/hooks.json")), before);
    machine.uninstall();
    assert_eq!(places(&machine.text(".codex/hooks.json")), before);
}

#[test]
fn other_peoples_bytes_stay_as_they_are() {
    let machine = Machine::small();
    let other = "{ \"type\":\"command\",   \"command\" : \"/usr/bin/mine\", \"timeout\": 1e1 }";
    let old = hook("/gone/agent-handoff", "claude-code");
    let text = format!(
        "{{\r\n\t\"hooks\": {{ \"SessionStart\": [ {{\"hooks\": [{other}]}}, {{\"hooks\": [ {old} ]}} ] }},\r\n\t\"n\": 12345678901234567890 }}"
    );
    machine.file(".claude/settings.json", &text);
    machine.install();
    let wired = machine.text(".claude/settings.json");
    assert!(wired.contains(&format!("{{\"hooks\": [{other}]}}")), "{wired}");
    assert!(
        wired.starts_with("{\r\n\t\"hooks\": { \"SessionStart\": [ ")
            && wired.contains("\r\n\t\"n\": 12345678901234567890,\r\n\t\"sandbox\": {\r\n"),
        "{wired}"
    );
}

#[test]
fn the_links_of_the_bash_program_give_way() {
    for path in ["src/agent-handoff", "my projects/handoffs"] {
        for relative in [false, true] {
            let machine = Machine::small();
            let checkout = if relative {
                checkout(&machine, path);
                format!("../../{path}")
            } else {
                checkout(&machine, path)
            };
            machine.link(".claude/skills/handoff", format!("{checkout}/adapters/claude-code/skills/handoff"));
            machine.link(".codex/plugins/agent-handoff", format!("{checkout}/adapters/codex"));
            machine.install();
            assert!(machine.path(".claude/skills/handoff/SKILL.md").is_file());
            assert!(!machine.path(".claude/skills/handoff").is_symlink());
            assert!(!machine.path(".codex/plugins/agent-handoff").is_symlink());
            assert_eq!(
                machine.text(format!("{path}/adapters/claude-code/skills/handoff/SKILL.md")),
                "of the bash program\n"
            );
            let wired = machine.tree();
            machine.install();
            wired.is(&machine.tree());
            machine.uninstall();
            assert!(!machine.path(".claude/skills/handoff").exists());
        }
    }
    // Also when the checkout is gone.
    let machine = Machine::small();
    machine.link(".claude/skills/handoff", "/gone/agent-handoff/adapters/claude-code/skills/handoff");
    machine.link(".codex/plugins/agent-handoff", "/gone/agent-handoff/adapters/codex");
    machine.install();
    assert!(machine.path(".claude/skills/handoff/SKILL.md").is_file());
    // Somebody else's link of that name is not touched.
    let machine = Machine::small();
    machine.file("mine/handoff/SKILL.md", "mine\n");
    machine.link(".claude/skills/handoff", machine.path("mine/handoff"));
    machine.refuses(&["install"], "could not place the skill ~/.claude/skills/handoff/SKILL.md");
}

#[test]
fn the_doctor_names_what_the_bash_program_left() {
    let machine = Machine::small();
    machine.install();
    let path = checkout(&machine, "src/agent-handoff");
    std::fs::remove_dir_all(machine.path(".claude/skills/handoff")).unwrap();
    machine.link(".claude/skills/handoff", format!("{path}/adapters/claude-code/skills/handoff"));
    machine.link(".codex/plugins/agent-handoff", format!("{path}/adapters/codex"));
    machine.file(
        ".claude/settings.json",
        serde_json::to_string(&json!({"hooks": {"SessionStart": [hook(&path, "claude-code")]}})).unwrap(),
    );
    machine.file(
        ".codex/hooks.json",
        serde_json::to_string(&json!({"SessionStart": [{"hooks": [hook(&path, "codex")]}]})).unwrap(),
    );
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 1);
    for problem in [
        "~/.claude/settings.json line 1: the hook stands where it is never run",
        "~/.claude/skills/handoff is of agent-handoff's bash program",
        "~/.codex/hooks.json line 1: the hook stands where it is never run",
        "~/.codex/plugins/agent-handoff is of agent-handoff's bash program",
    ] {
        assert!(doctor.out().contains(problem), "{problem}: {}", doctor.out());
    }
    crate::doctor::fixes(&machine);
}
