//! Claude Code and Codex, wired for capture: they run the hooks where `handover enable` puts them, and read its guidance.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use handoff_adapters::{Here, Manifest, Scope, Surface, disable, enable};
use handoff_agents::Host as Row;
use serde_json::Value;
use tests::World;
use tests::agents::{Host, Session, SessionEnd, both_ready};

/// A `handover` that notes how it was called and what it was given.
fn program(world: &World) -> (PathBuf, PathBuf) {
    let directory = world.dir("it's a prefix");
    let (program, log) = (directory.join("handover"), world.path("called"));
    let text = format!("#!/bin/sh\n{{ echo \"$*\"; cat; echo; }} >>'{}'\n", log.display());
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (program, log)
}

fn here(world: &World, project: &Path, program: PathBuf) -> Here {
    let home = world.home();
    Here {
        directories: [("claude", home.join(".claude")), ("codex", home.join(".codex"))].into(),
        home: Some(home.to_owned()),
        path: Vec::new(),
        project: project.to_owned(),
        program,
        git: None,
        worktrees: Vec::new(),
    }
}

fn tool(host: Host) -> &'static Row {
    let id = match host {
        Host::Claude => "claude",
        _ => "codex",
    };
    Row::named(id).unwrap()
}

fn run(world: &World, host: Host, repo: &Path) -> SessionEnd {
    let session = Session::new(world, host, repo);
    let end = match host {
        Host::Claude => session,
        // What its user does when it asks.
        _ => session.args(&["--trust", "--dangerously-bypass-hook-trust"]),
    }
    .run("go");
    assert_eq!(end.ran.code, 0, "{:?}", end.ran);
    end
}

/// The events that the program was called at, each once for every call.
fn events(log: &Path, host: Host) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut events = Vec::new();
    let mut lines = text.lines().filter(|line| !line.is_empty());
    while let (Some(call), Some(payload)) = (lines.next(), lines.next()) {
        assert_eq!(call, format!("on-event --tool {}", tool(host).id));
        let payload: Value = serde_json::from_str(payload).unwrap();
        events.push(payload["hook_event_name"].as_str().unwrap().to_owned());
    }
    events.sort();
    events
}

const TURN: [&str; 3] = ["SessionEnd", "Stop", "UserPromptSubmit"];

#[test]
fn hooks_run_and_guidance_is_read_where_a_project_is_wired() {
    if !both_ready() {
        return;
    }
    for host in Host::BOTH {
        let world = World::new();
        let repo = world.repo("app");
        std::fs::write(repo.join("AGENTS.md"), "The rule of the house is 4711.\n").unwrap();
        let (program, log) = program(&world);
        let here = here(&world, &repo, program);
        let manifest = || Manifest::load(&repo.join(".handover/wiring.json"), Scope::Project).unwrap();
        enable(&here, &[tool(host)], &Surface::ALL, manifest()).unwrap().carry_out().unwrap();
        let end = run(&world, host, &repo);
        assert_eq!(events(&log, host), TURN, "{host:?}");
        assert_eq!(end.with(0, "handover pickup").len(), 1, "{host:?}: {:?}", end.texts(0));
        assert_eq!(end.with(0, "the house is 4711").len(), 1, "{host:?}: what it read before it still reads");
        std::fs::remove_file(&log).unwrap();
        disable(&here, &[tool(host)], manifest()).unwrap().carry_out().unwrap();
        let end = run(&world, host, &repo);
        assert_eq!(events(&log, host), [""; 0], "{host:?}");
        assert!(end.with(0, "handover pickup").is_empty() && end.with(0, "the house is 4711").len() == 1);
    }
}

#[test]
fn hooks_run_where_a_user_is_wired() {
    if !both_ready() {
        return;
    }
    for host in Host::BOTH {
        let world = World::new();
        let repo = world.repo("app");
        let (program, log) = program(&world);
        let here = here(&world, &repo, program);
        let record = world.path("state/wiring.json");
        let manifest = Manifest::load(&record, Scope::User).unwrap();
        enable(&here, &[tool(host)], &Surface::ALL, manifest).unwrap().carry_out().unwrap();
        run(&world, host, &repo);
        assert_eq!(events(&log, host), TURN, "{host:?}");
    }
}
