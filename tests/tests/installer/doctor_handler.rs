//! The doctor asks whether a handler of ours is run at every start of a session and its output used, and not whether
//! one is there.

use crate::support::{Machine, replace};

const SETTINGS: &str = ".claude/settings.json";
const HOOKS: &str = ".codex/hooks.json";

/// The doctor finds `problem` alone, and names an editor for it with `fix` as what to do there.
#[track_caller]
fn finds(machine: &Machine, problem: &str, fix: &str) {
    let ran = machine.run(&["doctor", "--quick"]);
    assert_eq!((ran.code, ran.err()), (1, ""), "{problem}: {}", ran.out());
    assert!(ran.out().contains("\n1 problem\n"), "{problem}: {}", ran.out());
    let mut lines = ran.out().lines().skip_while(|line| !line.starts_with("problem "));
    let found = lines.next().unwrap();
    assert!(found.contains(problem), "{problem} is not in {found}");
    let line = lines.next().unwrap();
    assert!(line.contains(&format!("   # and {fix}")), "{fix} is not in {line}");
    let editor = machine.path("editor");
    replace(&editor, "#!/bin/sh\nfor last; do :; done\ntest -f \"$last\"\n");
    let command = line.trim().strip_prefix("fix: ").unwrap();
    assert_eq!(machine.shell(&format!("EDITOR='{}'; {command}", editor.display())).code, 0, "{command}");
}

#[test]
fn a_handler_that_is_not_run_or_not_waited_for_is_a_problem() {
    let machine = Machine::small();
    machine.done(&["install", "--codex-hook"]);
    let command = "\"type\": \"command\",";
    for (file, claude) in [(SETTINGS, true), (HOOKS, false)] {
        let good = machine.text(file);
        assert!(good.contains(command) && good.contains("\"timeout\": 10"), "{good}");
        let with = |key: &str| good.replacen(command, &format!("{command} {key},"), 1);
        let matched = |matcher: &str| {
            good.replacen("\"hooks\": [", &format!("\"matcher\": \"{matcher}\", \"hooks\": ["), 1)
        };
        let name = if claude { "Claude Code" } else { "Codex" };
        for (text, problem, fix) in [
            (
                matched("resume"),
                "the hook is not run at startup, clear, compact: its matcher is \"resume\"",
                "take \"matcher\" out",
            ),
            (matched("startup|clear"), "the hook is not run at resume, compact", "take \"matcher\" out"),
            (
                good.replacen("\"command\",", "\"prompt\",", 1),
                "the hook is not run: its type is \"prompt\"",
                "make its type",
            ),
            (good.replacen(command, "", 1), "the hook is not run: it has no type", "make its type"),
            (
                good.replace("\"timeout\": 10", "\"timeout\": 0.01"),
                "gives up on the hook after 0.01 s",
                "make its timeout 10",
            ),
            (
                good.replace("\"timeout\": 10", "\"timeout\": 1"),
                &format!("{name} gives up on the hook after 1 s"),
                "make its timeout 10",
            ),
            (with("\"async\": true"), &format!("{name} does not wait for the hook"), "take \"async\""),
        ] {
            assert_ne!(text, good);
            machine.file(file, text);
            finds(&machine, problem, fix);
        }
        for fine in [
            matched("startup|resume|clear|compact"),
            matched(""),
            matched("*"),
            matched(".*"),
            with("\"async\": false"),
            good.replace("\"timeout\": 10", "\"timeout\": 600"),
            good.replace("\"timeout\": 10", "\"timeout\": 5.5"),
        ] {
            machine.file(file, &fine);
            let ran = machine.run(&["doctor", "--quick"]);
            assert_eq!(ran.code, 0, "{fine}: {}", ran.out());
        }
        machine.file(file, matched("[a-z]+"));
        let said = machine.done(&["doctor", "--quick"]);
        assert!(said.contains("whether the matcher \"[a-z]+\" lets through startup, resume,"), "{said}");
        machine.file(file, &good);
        if claude {
            let beside = good.replacen(",\n            \"async\": true", "", 1);
            assert_ne!(beside, good);
            machine.file(file, beside);
            finds(
                &machine,
                "Claude Code waits for the hook at each prompt: it is not async",
                "put \"async\": true in",
            );
            machine.file(file, with("\"if\": \"Bash(git *)\""));
            finds(&machine, "the hook is not run: it has an \"if\", which is for tools only", "take \"if\"");
            machine.file(file, with("\"asyncRewake\": true"));
            finds(&machine, "Claude Code does not wait for the hook", "take \"async\"");
            machine.file(file, good.replace("\"--max-bytes\"", "\"--peek\", \"--max-bytes\""));
            let ran = machine.run(&["doctor", "--quick"]);
            assert!(ran.out().contains("the hook has other arguments than ours"), "{}", ran.out());
            machine.install();
            machine.file(file, &good);
        } else {
            machine.file(file, with("\"additionalContextLimit\": 100"));
            finds(
                &machine,
                "Codex cuts what the hook prints at 100 tokens",
                "take \"additionalContextLimit\"",
            );
            machine.file(file, &good);
        }
        assert_eq!(machine.text(file), good);
    }
}

#[test]
fn a_switch_in_the_environment_of_the_hook_is_a_problem() {
    let machine = Machine::small();
    machine.install();
    let good = machine.text(SETTINGS);
    let env = |text: &str| good.replacen('{', &format!("{{\n  \"env\": {{{text}}},"), 1);
    machine.file(SETTINGS, env("\"AGENT_HANDOFF_SKIP\": \"1\""));
    finds(
        &machine,
        "has the hook take nothing: AGENT_HANDOFF_SKIP in \"env\"",
        "take AGENT_HANDOFF_SKIP out",
    );
    machine.file(SETTINGS, env("\"AGENT_HANDOFF_SKIP\": \"\""));
    machine.done(&["doctor", "--quick"]);
    machine.file(SETTINGS, env("\"AGENT_HANDOFF_ROOT\": \"/elsewhere\""));
    let said = machine.done(&["doctor", "--quick"]);
    assert!(said.contains("another store than this shell has: AGENT_HANDOFF_ROOT is /elsewhere"), "{said}");
    machine.file(SETTINGS, &good);
    for name in ["settings.json", "settings.local.json"] {
        let file = machine.file(format!("app/.claude/{name}"), "{\"env\": {\"AGENT_HANDOFF_SKIP\": \"1\"}}");
        let mut doctor = machine.installer(&["doctor", "--quick"]);
        doctor.current_dir(machine.path("app"));
        let ran = tests::feed(doctor, b"");
        assert!(
            ran.code == 1 && ran.out().contains(&format!("~/app/.claude/{name} has the hook take")),
            "{}",
            ran.out()
        );
        std::fs::remove_file(file).unwrap();
    }
    let config = machine.text(".codex/config.toml");
    machine.file(
        ".codex/config.toml",
        format!("{config}\n[shell_environment_policy]\nset = {{ AGENT_HANDOFF_SKIP = \"1\" }}\n"),
    );
    finds(
        &machine,
        "has the instructions' command take nothing: AGENT_HANDOFF_SKIP",
        "take AGENT_HANDOFF_SKIP out",
    );
    machine.file(".codex/config.toml", config);
    let machine = machine.with("AGENT_HANDOFF_SKIP", "1");
    let ran = machine.run(&["doctor", "--quick"]);
    assert!(ran.code == 1 && ran.out().contains("AGENT_HANDOFF_SKIP is set in this shell"), "{}", ran.out());
}
