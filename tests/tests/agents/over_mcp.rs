//! A handoff that an agent takes over MCP reaches its model, and is archived then.

use std::path::Path;

use serde_json::{Value, json};
use tests::agents::{Host, Machine, Step, Wiring, call, call_ending, fetched, put_settings, text};
use tests::{BODY, World, can, feed, has, program};

use crate::support::{counts, messages};

/// Tells `host` of our server as its documentation says, and gives the arguments that let its model call it.
fn tell(host: Host, world: &World) -> Vec<String> {
    let server = program("handoff-mcp");
    let entry = |more: Value| {
        let mut entry = json!({ "command": server, "args": [] });
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "agent-handoff": entry })
    };
    let put = |file: &str, key: &str, entry: Value| put_settings(world, file, &json!({ key: entry }));
    match host {
        Host::Claude => {
            let file = world.path("mcp.json");
            std::fs::write(&file, json!({ "mcpServers": entry(json!({})) }).to_string()).unwrap();
            return ["--mcp-config", &file.display().to_string(), "--allowedTools", "mcp__agent-handoff"]
                .map(str::to_owned)
                .to_vec();
        }
        Host::Codex => {
            return ["-c", &format!("mcp_servers.agent-handoff.command={:?}", server.display().to_string())]
                .map(str::to_owned)
                .into_iter()
                .chain(host.unrestricted().iter().map(|arg| (*arg).to_owned()))
                .collect();
        }
        Host::Gemini => put(".gemini/settings.json", "mcpServers", entry(json!({ "trust": true }))),
        Host::Qwen => put(".qwen/settings.json", "mcpServers", entry(json!({ "trust": true }))),
        Host::Droid => put(".factory/mcp.json", "mcpServers", entry(json!({ "type": "stdio" }))),
        Host::Copilot => {
            put(".copilot/mcp-config.json", "mcpServers", entry(json!({ "type": "local", "tools": ["*"] })))
        }
        Host::OpenCode => {
            let entry = json!({ "agent-handoff": { "type": "local", "command": [server], "enabled": true } });
            put(".config/opencode/opencode.json", "mcp", entry);
        }
    }
    host.unrestricted().iter().map(|arg| (*arg).to_owned()).collect()
}

/// Has the model of `host` call `handoff_read`. Some offer their model the tools of servers by name only, until it asks.
fn read(host: Host) -> Step {
    match host {
        Host::Claude | Host::Qwen => call("mcp__agent-handoff__handoff_read", json!({})),
        Host::Codex => call("mcp__agent_handoff/handoff_read", json!({})),
        Host::Droid => call("agent-handoff___handoff_read", json!({})),
        _ => call_ending("handoff_read", json!({})),
    }
}

#[test]
fn what_waits_reaches_the_model_of_any_agent_over_mcp() {
    let run = |host: Host| {
        // Without hooks, so that nothing else gives it.
        let machine = Machine::bare(Wiring::ByHand);
        let repo = machine.world.repo("app");
        machine.world.write(&repo, &["--name", "first"], BODY);
        let args = tell(host, &machine.world);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let session = machine.session(host, &repo).args(&args);
        let end = session.steps([read(host), text("done")]).run("go on").ok();
        let given = messages(&end.texts(1));
        assert_eq!(given.len(), 1, "{host:?}: {:?}", end.texts(1).last());
        assert!(
            given[0].contains("1 UNTRUSTED handoff for app") && given[0].contains(BODY.trim_end()),
            "{}",
            given[0]
        );
        assert_eq!(counts(&machine.world, &repo), (0, 1), "{host:?}");
        // droid shows its model neither a server's instructions nor what its tools say of themselves.
        if host != Host::Droid {
            is_told_at_the_start(host, &end.model.turns()[0].body, &repo);
        }
    };
    std::thread::scope(|scope| {
        let hosts = Host::ALL.into_iter().filter(|host| host.ready());
        let running: Vec<_> = hosts.map(|host| (host, scope.spawn(move || run(host)))).collect();
        for (host, thread) in running {
            assert!(thread.join().is_ok(), "{host:?}");
        }
    });
}

/// Continue's command line, which has neither a hook nor a plugin of ours; its model speaks as OpenCode's does.
#[test]
fn what_waits_reaches_the_model_of_continue_over_mcp() {
    const VERSION: &str = "1.5.47";
    if !can("run a script for Node", has("node")) {
        return;
    }
    let Some(modules) = fetched("hosts/continue", &[("@continuedev/cli", VERSION)]) else { return };
    let world = World::new();
    let repo = world.repo("app");
    world.write(&repo, &["--name", "first"], BODY);
    let model = Host::OpenCode.model([call_ending("handoff_read", json!({})), text("done")]);
    let settings = format!(
        "name: x\nversion: 1.0.0\nschema: v1\nmodels:\n  - {{name: mock, provider: openai, model: mock-model, apiBase: \
         '{}/v1', apiKey: dummy, roles: [chat]}}\nmcpServers:\n  - {{name: agent-handoff, command: '{}', args: []}}\n",
        model.url(),
        program("handoff-mcp").display()
    );
    let file = world.path("config.yaml");
    std::fs::write(&file, settings).unwrap();
    let mut command = world.bare_command("node");
    command.arg(modules.join(".bin/cn")).args(["-p", "go on", "--auto", "--config"]).arg(&file);
    // What is not for the model is refused.
    command.env("HTTPS_PROXY", model.url()).env("NO_PROXY", "127.0.0.1,localhost");
    command.env("CONTINUE_TELEMETRY_ENABLED", "0").current_dir(&repo);
    let ran = feed(command, b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    is_told_at_the_start(Host::OpenCode, &model.turns()[0].body, &repo);
    let given = model.turns()[1].body.to_string();
    assert!(given.contains("1 UNTRUSTED handoff for app"), "{given}");
    assert_eq!(counts(&world, &repo), (0, 1));
}

/// The agent shows its model the server's instructions, or what its tools say of themselves.
#[track_caller]
fn is_told_at_the_start(host: Host, request: &Value, repo: &Path) {
    let sentence = format!("1 handoff waits for {}", repo.display());
    assert!(request.to_string().contains(&sentence), "{host:?}: {request}");
}
