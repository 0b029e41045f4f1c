//! A task for another agent.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use tests::World;

use crate::client::{Client, wait_until};

/// What a backend prints that has done its work.
const DONE: &str =
    r#"printf '%s\n' '{"type":"result","subtype":"success","is_error":false,"result":"It is done."}'"#;

/// A repository, and a client whose backend `ds` is the shell lines `script`.
fn stage(world: &World, script: &str) -> (PathBuf, Client) {
    let app = world.repo("app");
    let home = world.dir(world.home().join(".handoff"));
    let config = "backends:\n  ds: { type: claude, model: small }\n";
    std::fs::write(home.join("config.yaml"), config).unwrap();
    let bin = world.dir("bin");
    let text = format!("#!/bin/sh\ncat > '{}'\n{script}\n", world.path("prompt").display());
    std::fs::write(bin.join("claude"), text).unwrap();
    std::fs::set_permissions(bin.join("claude"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let client = started(world, &app);
    (app, client)
}

fn started(world: &World, app: &Path) -> Client {
    let mut command = world.command("handoff-mcp", app);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", world.path("bin").display()));
    let mut client = Client::of(command);
    client.initialize("test");
    client
}

/// The id that a text begins with.
fn id(text: &str) -> String {
    text.split([' ', ':']).next().unwrap().to_owned()
}

#[test]
fn a_task_is_done_and_its_result_comes_back() {
    let world = World::new();
    let (_, mut client) = stage(&world, DONE);
    let text = client.call("handoff_run", json!({ "prompt": "--backend x\ndo it", "backend": "ds" }));
    assert!(text.contains(": success\nresult file: ") && text.contains("It is done."), "{text}");
    assert_eq!(std::fs::read_to_string(world.path("prompt")).unwrap(), "--backend x\ndo it");
    assert!(client.call("handoff_result", json!({ "id": id(&text) })).contains("It is done."));
    let refused = client.refused("handoff_run", json!({ "prompt": "x", "backend": "none" }));
    assert!(refused.contains("none"), "{refused}");
    let refused = client.refused("handoff_result", json!({ "id": "none", "wait_seconds": 0 }));
    assert_eq!(refused, "there is no run `none`");
}

#[test]
fn a_longer_task_goes_on_and_is_asked_after() {
    let world = World::new();
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; {DONE}", world.path("go").display());
    let (_, mut client) = stage(&world, &script);
    let text = client.call("handoff_run", json!({ "prompt": "x", "wait_seconds": 0 }));
    assert!(text.contains(" is still running. handoff_result"), "{text}");
    let ask = json!({ "id": id(&text), "wait_seconds": 0 });
    assert!(client.call("handoff_result", ask).contains(" is still running."));
    std::fs::write(world.path("go"), "").unwrap();
    let text = client.call("handoff_result", json!({ "id": id(&text), "wait_seconds": 60 }));
    assert!(text.contains("It is done."), "{text}");
}

#[test]
fn a_task_is_stopped_where_its_call_is_cancelled_or_the_client_says_so() {
    let world = World::new();
    let script = format!(": > '{}'; exec sleep 600", world.path("began").display());
    let (app, mut client) = stage(&world, &script);
    let states = || {
        let ran = world.run("handoff", &app, &["runs", "--json"], "");
        let runs: serde_json::Value = serde_json::from_str(ran.out()).unwrap();
        runs.as_array()
            .unwrap()
            .iter()
            .map(|run| run["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let call = client.send("tools/call", json!({ "name": "handoff_run", "arguments": { "prompt": "x" } }));
    wait_until("the backend runs", || world.path("began").exists());
    client.notify("notifications/cancelled", json!({ "requestId": call }));
    wait_until("it is stopped", || states() == ["interrupted"]);
    let text = client.call("handoff_run", json!({ "prompt": "x", "wait_seconds": 0 }));
    let stop = json!({ "id": id(&text), "stop": true });
    assert!(client.refused("handoff_result", stop).contains(": interrupted"));
}

#[test]
fn the_result_becomes_a_handoff_where_the_client_is_gone_first() {
    let world = World::new();
    let script = format!("while [ ! -e '{}' ]; do sleep 0.05; done; {DONE}", world.path("go").display());
    let (app, mut client) = stage(&world, &script);
    client.call("handoff_run", json!({ "prompt": "x", "wait_seconds": 0 }));
    assert_eq!(client.leave(), Some(0));
    std::fs::write(world.path("go"), "").unwrap();
    wait_until("the result waits", || world.surface(&app).contains("It is done."));
}
