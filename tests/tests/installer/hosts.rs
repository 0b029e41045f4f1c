//! A host's row is all that the installer needs: whatever a row says is wired, looked at and given back.

use handoff_agents::{Form, McpHost, SkillText, TimeUnit, Wirable};
use serde_json::Value;

use crate::support::{Machine, apart_from_store};

/// The user's own settings, as a host that reads JSON may have them.
const SETTINGS: &str = "{\n  \"theme\": \"dark\",\n  \"hooks\": { \"Stop\": [] }\n}\n";

/// Where the host keeps its settings, below HOME.
fn directory(host: Wirable) -> &'static str {
    host.directory.expect("a host that is wired has a directory").below_home
}

/// The file of its user's settings that its hook stands in; one that is there beside it where that is a file of ours.
fn settings(host: Wirable) -> String {
    let name = host.wiring.hook.shared().map_or("settings.json", |hook| hook.file);
    format!("{}/{name}", directory(host))
}

/// The file that its hook stands in.
fn hook_file(host: Wirable) -> String {
    format!("{}/{}", directory(host), host.wiring.hook.file())
}

/// A machine with this host alone, whose settings the user has.
fn machine(host: Wirable) -> Machine {
    let machine = Machine::empty();
    machine.stand_ins("");
    machine.file(settings(host), SETTINGS);
    machine
}

#[test]
fn a_row_is_enough_to_wire_a_host_and_to_give_back_every_byte() {
    for host in Wirable::all() {
        let id = host.row().id;
        let machine = machine(host);
        let before = machine.tree();
        let report = machine.done(&["install", "--codex-hook"]);
        assert!(report.contains(&format!("{}:", host.name)), "{id}: {report}");

        let program = machine.program("session-start").display().to_string();
        let text = machine.text(hook_file(host));
        if let Some(hook) = host.wiring.hook.shared() {
            let file: Value = serde_json::from_str(&text).unwrap();
            let list = &file["hooks"][hook.event];
            let handlers = if hook.flat { list } else { &list[0]["hooks"] };
            let command = match hook.form {
                Form::Exec => program,
                Form::Shell => format!("{program} --max-bytes 10000"),
            };
            assert_eq!(handlers.as_array().map(Vec::len), Some(1), "{id}");
            assert_eq!(handlers[0]["command"], command, "{id}");
            assert_eq!(handlers[0]["timeout"], hook.timeout, "{id}");
            assert_eq!(file["theme"], "dark", "{id}");
        } else {
            assert!(text.contains(&program), "{id}: {text}");
            assert_eq!(machine.text(settings(host)), SETTINGS, "{id}");
        }

        let manifest = machine.manifest();
        assert_eq!(manifest["agents"], serde_json::json!([id]));
        let doctor = machine.json(&["doctor", "--json", "--quick"], 0);
        assert_eq!(doctor["healthy"], true, "{id}: {doctor}");

        machine.uninstall();
        before.is_after(id, &apart_from_store(&machine));
    }
}

#[test]
fn a_hook_lasts_some_seconds_in_whatever_its_host_counts() {
    for host in Wirable::all() {
        let Some(hook) = host.wiring.hook.shared() else { continue };
        let seconds = match hook.unit {
            TimeUnit::Seconds => hook.timeout,
            TimeUnit::Milliseconds => hook.timeout / 1000,
        };
        assert_eq!(seconds, 10, "{}", host.row().id);
        // As a user may have made it: the doctor names it with what the host takes.
        let machine = machine(host);
        machine.done(&["install", "--codex-hook"]);
        let path = hook_file(host);
        let text = machine.text(&path).replace(&format!(": {}", hook.timeout), ": 2");
        machine.file(&path, text);
        let doctor = machine.run(&["doctor", "--quick"]);
        let fix = format!("make its timeout {}", hook.timeout);
        assert!(doctor.out().contains(&fix), "{}: {}", host.row().id, doctor.out());
    }
}

#[test]
fn what_switches_a_hook_off_in_its_file_is_a_problem() {
    let run = |id: &str, settings: &str| {
        let host = Wirable::named(id).unwrap();
        let machine = Machine::empty();
        machine.stand_ins("");
        let program = machine.program("session-start").display().to_string();
        let path = format!("{}/settings.json", directory(host));
        machine.file(&path, settings.replace("OURS", &format!("{program} --max-bytes 10000")));
        machine.done(&["install", "--only", id]);
        (machine.run(&["doctor", "--quick"]), machine.text(&path))
    };
    for (id, settings, problem) in [
        ("gemini", r#"{"hooksConfig": {"enabled": false}}"#, "turns hooks off: hooksConfig.enabled is false"),
        ("gemini", r#"{"hooksConfig": {"disabled": ["OURS"]}}"#, "hooksConfig.disabled names it"),
        ("qwen", r#"{"disableAllHooks": true}"#, "turns hooks off: disableAllHooks is true"),
        ("droid", r#"{"hooks": {"hooksDisabled": true}}"#, "turns hooks off: hooks.hooksDisabled is true"),
    ] {
        let (doctor, text) = run(id, settings);
        assert_eq!(doctor.code, 1, "{}", doctor.out());
        assert!(doctor.out().contains(problem), "{}", doctor.out());
        assert!(text.contains(Wirable::named(id).unwrap().wiring.hook.event()), "{text}");
    }
    for (id, settings) in [
        ("gemini", r#"{"hooksConfig": {"enabled": true, "disabled": ["/usr/bin/mine"]}}"#),
        ("gemini", "{\n  // mine\n  \"hooksConfig\": {}\n}\n"),
        ("droid", r#"{"hooks": {"hooksDisabled": false}}"#),
    ] {
        let (doctor, text) = run(id, settings);
        assert_eq!(doctor.code, 0, "{}", doctor.out());
        assert_eq!(text.contains("// mine"), settings.contains("// mine"));
    }
}

#[test]
fn each_host_is_left_alone_by_name_and_wired_by_name() {
    let all: Vec<Wirable> = Wirable::all().collect();
    for host in &all {
        let machine = Machine::empty();
        machine.stand_ins("");
        for host in &all {
            machine.file(settings(*host), SETTINGS);
        }
        let id = host.row().id;
        let is_wired = |machine: &Machine, host: &Wirable| {
            let path = machine.path(hook_file(*host));
            std::fs::read_to_string(path).is_ok_and(|text| text.contains("session-start"))
        };
        machine.done(&["install", "--only", id, "--codex-hook"]);
        for other in &all {
            assert_eq!(is_wired(&machine, other), other == host, "only {id}: {}", other.row().id);
            let is_changed = machine.text(settings(*other)) != SETTINGS;
            let is_shared = other.wiring.hook.shared().is_some();
            assert_eq!(is_changed, other == host && is_shared, "only {id}: {}", other.row().id);
        }
        machine.done(&["install", "--codex-hook"]);
        machine.done(&["uninstall", "--only", id]);
        for other in &all {
            assert_eq!(is_wired(&machine, other), other != host, "without {id}: {}", other.row().id);
        }
        // What others read too is there still.
        for other in all.iter().filter(|other| *other != host) {
            let skills = other.wiring.skills_in(&machine.path(directory(*other)), &machine.home);
            let skill = machine.text(skills.join("handoff/SKILL.md"));
            let is_own = other.skills.is_some_and(|form| form.text == SkillText::Own);
            assert_eq!(
                skill.contains(&format!("--tool {}", other.stamp)),
                is_own,
                "{}: {skill}",
                other.row().id
            );
        }
        let doctor = machine.json(&["doctor", "--json", "--quick"], 0);
        assert_eq!(doctor["healthy"], true, "without {id}: {doctor}");
        machine.uninstall();
    }
}

#[test]
fn a_host_that_is_not_wired_is_refused_with_the_names_of_those_that_are() {
    let machine = Machine::small();
    let help = machine.done(&["install", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Vec<&str> = Wirable::all().map(|host| host.row().id).collect();
    let servers = McpHost::all().map(|host| host.row()).filter(|row| Wirable::of(row).is_none());
    let servers: Vec<&str> = servers.map(|row| row.id).collect();
    let list = format!(" {}; for the MCP server {}; with commas between", all.join(", "), servers.join(", "));
    assert!(help.contains(&list), "{help}");
    for word in ["aider", "nothing"] {
        let ran = machine.run(&["install", "--only", word]);
        assert_eq!(ran.code, 2, "{}", ran.out());
        for host in Wirable::all() {
            assert!(ran.err().contains(host.row().id), "{}", ran.err());
        }
        assert!(ran.err().contains(&format!("not `{word}`")), "{}", ran.err());
    }
}

/// Settings as an installation without the hook for letters left them get it, and it goes again.
#[test]
fn settings_that_lack_the_hook_for_letters_are_given_it_and_it_goes_again() {
    for before in [
        "{\n  \"theme\": \"dark\"\n}\n",
        "{\n  \"hooks\": {\n    \"UserPromptSubmit\": [\n      {\n        \"hooks\": []\n      }\n    ]\n  }\n}\n",
        "{\n  \"hooks\": {}\n}\n",
    ] {
        let machine = Machine::new();
        machine.file(".claude/settings.json", before);
        machine.install();
        let wired = machine.text(".claude/settings.json");
        let mut lacks: serde_json::Value = serde_json::from_str(&wired).unwrap();
        let groups = lacks["hooks"]["UserPromptSubmit"].as_array_mut().unwrap();
        groups.pop();
        if groups.is_empty() {
            lacks["hooks"].as_object_mut().unwrap().remove("UserPromptSubmit");
        }
        machine.file(".claude/settings.json", format!("{}\n", serde_json::to_string_pretty(&lacks).unwrap()));
        let ran = machine.run(&["doctor", "--quick"]);
        assert!(ran.out().contains("has no hook that tells a running session of letters"), "{}", ran.out());
        machine.install();
        assert_eq!(machine.text(".claude/settings.json").matches("--letters").count(), 1);
        assert_eq!(machine.run(&["doctor", "--quick"]).code, 0);
        machine.uninstall();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&machine.text(".claude/settings.json")), value(before));
    }
}
