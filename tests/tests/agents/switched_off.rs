//! What in an agent's own settings switches off a skill, its commands or its draft, and what does not: the agent and
//! `handoff doctor` must agree.

use serde_json::{Value, json};
use tests::agents::{Host, Machine, SessionEnd, call, text};

use crate::documented::{AWKWARD, followed, invocation};
use crate::support::{machine, restricted};

/// The file of the user's settings, with `more` among them.
fn settings(machine: &Machine, before: &Value, more: &Value) {
    let mut all = before.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    std::fs::write(machine.world.home().join(".claude/settings.json"), all.to_string()).unwrap();
}

/// What the doctor has as problems of `area`.
fn problems(machine: &Machine, area: &str) -> Vec<String> {
    let ran = machine.install(&["doctor", "--quick", "--json"]);
    let found: Value = serde_json::from_slice(&ran.out).unwrap();
    let findings = found["findings"].as_array().unwrap();
    let is_one = |finding: &&Value| finding["level"] == "problem" && finding["area"] == area;
    findings.iter().filter(is_one).map(|finding| finding["text"].as_str().unwrap().to_owned()).collect()
}

/// Whether a session of the skill, followed to the letter, left a handoff.
fn leaves(machine: &Machine, repo: &std::path::Path, host: Host) -> bool {
    let before = machine.world.names(repo, "unread").len();
    let session = machine.session(host, repo).steps(followed(host, AWKWARD, "--topic x"));
    let _ = restricted(host, session).run(&invocation(host, "--topic x"));
    machine.world.names(repo, "unread").len() > before
}

#[test]
fn doctor_names_the_settings_with_which_claude_code_refuses_the_skill_and_no_others() {
    let Some((machine, repo)) = machine() else { return };
    let file = machine.world.home().join(".claude/settings.json");
    let before: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let deny = |rule: &str| json!({ "permissions": { "deny": [rule] } });
    for (more, problem) in [
        (json!({}), None),
        (deny("Bash(rm *)"), None),
        (deny("Bash(~/.agent-handoff/bin/handoff-write *)"), None),
        (deny("Edit"), None),
        (deny("Write(~/.agent-handoffs/**)"), None),
        (json!({ "skillOverrides": { "handoff": "user-invocable-only" } }), None),
        (json!({ "skillOverrides": { "handoff": "off" } }), Some("skillOverrides")),
        (deny("Bash"), Some("permissions.deny has Bash")),
        (json!({ "permissions": { "ask": ["Bash"] } }), Some("permissions.ask has Bash")),
        (deny("Bash(*handoff*)"), Some("Bash(*handoff*)")),
        (deny("Bash(handoff-write *)"), Some("Bash(handoff-write *)")),
        (deny("Write"), Some("cannot write its draft")),
        (deny("Edit(~/.agent-handoffs/*)"), Some("cannot write its draft")),
        (deny("Read(~/.*/**)"), Some("cannot write its draft")),
        (json!({ "env": { "CLAUDE_CODE_SIMPLE": "1" } }), Some("CLAUDE_CODE_SIMPLE")),
    ] {
        settings(&machine, &before, &more);
        assert_eq!(leaves(&machine, &repo, Host::Claude), problem.is_none(), "{more}");
        let found = problems(&machine, "Claude Code");
        assert_eq!(found.len(), usize::from(problem.is_some()), "{more}: {found:?}");
        assert!(problem.is_none_or(|problem| found[0].contains(problem)), "{more}: {found:?}");
    }
}

#[test]
fn doctor_names_the_rules_with_which_claude_code_does_not_start_the_skill_by_itself() {
    let Some((machine, repo)) = machine() else { return };
    let file = machine.world.home().join(".claude/settings.json");
    let before: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let is_refused = |end: &SessionEnd| {
        let denials =
            |line: &Value| line["permission_denials"].as_array().is_some_and(|list| !list.is_empty());
        end.lines.iter().any(denials) || end.ran.out().contains("No such tool available: Skill")
    };
    for rule in
        ["Skill(other)", "Skill(hand*)", "Skill", "Skill(handoff)", "Skill(handoff:*)", "Skill(handoff *)"]
    {
        settings(&machine, &before, &json!({ "permissions": { "deny": [rule] } }));
        let steps = [call("Skill", json!({ "skill": "handoff" })), text("Done.")];
        let session = machine.session(Host::Claude, &repo).steps(steps).args(&["--allowedTools", "Skill"]);
        let end = session.run("hand this over");
        let found = problems(&machine, "Claude Code");
        assert_eq!(is_refused(&end), found.len() == 1, "{rule}: {found:?} {}", end.ran.out());
        assert_eq!(is_refused(&end), !matches!(rule, "Skill(other)" | "Skill(hand*)"), "{rule}");
    }
}

#[test]
fn doctor_names_the_entries_with_which_codex_passes_over_the_skill_and_no_others() {
    let Some((machine, repo)) = machine() else { return };
    let file = machine.world.home().join(".codex/config.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    let skill = machine.world.home().join(".agents/skills/handoff/SKILL.md");
    let by_path = format!("path = {:?}\nenabled = false\n", skill.to_str().unwrap());
    for (entries, is_off) in [
        (vec!["name = \"handoff\"\nenabled = false\n"], true),
        (vec![&*by_path], true),
        (vec!["path = \"~/.agents/skills/handoff/SKILL.md\"\nenabled = false\n"], true),
        (vec!["path = \"../.agents/skills/handoff/SKILL.md\"\nenabled = false\n"], true),
        (vec![&*by_path, "name = \"handoff\"\nenabled = true\n"], false),
        (vec!["name = \"Handoff\"\nenabled = false\n"], false),
        (vec!["name = \"hand*\"\nenabled = false\n"], false),
        (vec!["path = \"~/.agents/skills/handoff\"\nenabled = false\n"], false),
        (vec!["name = \"handoff\"\npath = \"/x\"\nenabled = false\n"], false),
    ] {
        let entries: String = entries.iter().map(|entry| format!("[[skills.config]]\n{entry}")).collect();
        std::fs::write(&file, format!("{before}\n{entries}")).unwrap();
        let end = machine.session(Host::Codex, &repo).run(&invocation(Host::Codex, "")).ok();
        let is_given = end.model.turns()[0].body.to_string().contains("## 1. Draft");
        assert_eq!(is_given, !is_off, "{entries}");
        let found = problems(&machine, "Codex");
        assert_eq!(found.len(), usize::from(is_off), "{entries}: {found:?}");
    }
}

#[test]
fn doctor_names_the_policies_with_which_codexs_commands_find_no_store_and_no_others() {
    let Some((machine, repo)) = machine() else { return };
    let file = machine.world.home().join(".codex/config.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    for (policy, is_off) in [
        ("inherit = \"core\"", false),
        ("exclude = [\"AWS_*\"]", false),
        ("include_only = [\"ho*\", \"PATH\"]", false),
        ("inherit = \"none\"", true),
        ("exclude = [\"HO?E\"]", true),
        ("include_only = [\"PATH\"]", true),
        ("include_only = [\"PATH\"]\nset = { HOME = \"/\" }", true),
    ] {
        std::fs::write(&file, format!("{before}\n[shell_environment_policy]\n{policy}\n")).unwrap();
        assert_eq!(leaves(&machine, &repo, Host::Codex), !is_off, "{policy}");
        let found = problems(&machine, "Codex");
        assert_eq!(found.len(), usize::from(is_off), "{policy}: {found:?}");
    }
}
