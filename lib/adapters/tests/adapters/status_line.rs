//! The tap before the user's status line.

use handoff_adapters::{Scope, State, Surface};

use crate::support::World;

#[test]
fn the_users_command_comes_back_as_it_was_written() {
    let world = World::called("project", "/my programs/handover");
    let settings = world.home(".claude/settings.json");
    let before = "{\r\n\t\"statusLine\" : {\"command\":\"input=$(cat); echo \\u00e9 \\\"$input\\\" | jq -r '.model'\",\"type\":\"command\",\"padding\":0},\r\n\t\"n\": 1e2}";
    world.write(&settings, before);
    world.enable(&["claude"], Scope::User);
    let wired = std::fs::read_to_string(&settings).unwrap();
    let command: serde_json::Value = serde_json::from_str(&wired).unwrap();
    let command = command["statusLine"]["command"].as_str().unwrap();
    assert_eq!(
        command,
        r#"'/my programs/handover' statusline-tap -- sh -c 'input=$(cat); echo é "$input" | jq -r '\''.model'\'''"#
    );
    assert!(world.status("claude").is_wired(Surface::StatusLine, Scope::User));
    world.disable(&["claude"], Scope::User);
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), before);
}

#[test]
fn the_users_command_runs_as_it_ran() {
    let world = World::new();
    // What the program does: it runs what follows the dashes.
    let program = world.home("bin/handover");
    world.write(
        &program,
        "#!/bin/sh\n[ \"$1\" = statusline-tap ] && [ \"$2\" = -- ] && shift 2 && exec \"$@\"\n",
    );
    std::process::Command::new("chmod").arg("+x").arg(&program).status().unwrap();
    let world = World { here: handoff_adapters::Here { program, ..world.here.clone() }, ..world };
    for theirs in ["printf '%s' \"$(cat)\" | tr a-z A-Z; echo \" it's\" # done", "cat"] {
        let settings = world.home(".claude/settings.json");
        world.write(&settings, serde_json::json!({"statusLine": {"command": theirs}}).to_string());
        world.enable(&["claude"], Scope::User);
        let text = std::fs::read_to_string(&settings).unwrap();
        let wired: serde_json::Value = serde_json::from_str(&text).unwrap();
        let shell = |command: &str| {
            let line = format!("printf abc | {{ {command}\n}}");
            std::process::Command::new("sh").args(["-c", &line]).output().unwrap().stdout
        };
        let before = shell(theirs);
        assert!(!before.is_empty());
        assert_eq!(shell(wired["statusLine"]["command"].as_str().unwrap()), before);
        world.disable(&["claude"], Scope::User);
    }
}

#[test]
fn one_that_was_changed_meanwhile_gives_the_users_command_back() {
    let world = World::new();
    let settings = world.home(".claude/settings.json");
    world.write(&settings, r#"{"statusLine": {"type": "command", "command": "mine"}}"#);
    world.enable(&["claude"], Scope::User);
    let text = std::fs::read_to_string(&settings).unwrap().replace("'mine'", "'mine --wide'");
    std::fs::write(&settings, text).unwrap();
    world.disable(&["claude"], Scope::User);
    let now: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&settings).unwrap()).unwrap();
    assert_eq!(now, serde_json::json!({"statusLine": {"type": "command", "command": "mine --wide"}}));
}

#[test]
fn projects_have_none() {
    let world = World::new();
    world.enable(&["claude"], Scope::Project);
    assert!(!world.read(".claude/settings.local.json").contains("statusLine"));
    let states = world.status("claude").surfaces;
    let line = states.iter().find(|one| one.surface == Surface::StatusLine).unwrap();
    assert_eq!(line.state, State::Absent);
}
