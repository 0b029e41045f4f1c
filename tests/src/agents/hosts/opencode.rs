//! OpenCode, `opencode run`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{About, no_session, put_settings};
use crate::World;
use crate::agents::install::platform;
use crate::agents::model::{Api, Model, Shell};

/// Our plugin.
const PLUGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/opencode/agent-handoff.js");

pub(in crate::agents) static OPENCODE: About = About {
    id: "opencode",
    package: "opencode-ai",
    program: || format!("opencode-{}/bin/opencode", platform()),
    needs_node: false,
    api: Api::Chat(Shell {
        name: "bash",
        input: |line| json!({ "command": line, "description": "Runs it" }),
    }),
    point,
    arguments: |start| start.prompted(&["run"]),
    unrestricted: &[],
    prints_json: false,
    session: no_session,
    wire,
};

fn point(world: &World, _command: &mut Command, model: &Model) {
    let options = json!({ "baseURL": format!("{}/v1", model.url()), "apiKey": "dummy" });
    let provider = json!({
        "npm": "@ai-sdk/openai-compatible", "name": "mock", "options": options,
        "models": { "mock-model": { "name": "mock" } },
    });
    let settings = json!({
        "autoupdate": false, "share": "disabled", "model": "mock/mock-model", "small_model": "mock/mock-model",
        "provider": { "mock": provider },
    });
    put_settings(world, ".config/opencode/opencode.json", &settings);
}

/// The plugin looks for the program where the installer puts it; it is told where else.
fn wire(world: &World, program: &Path) {
    let plugin = std::fs::read_to_string(PLUGIN).unwrap();
    let line = plugin.lines().find(|line| line.starts_with("const PROGRAM =")).expect("it names the program");
    let plugin = plugin.replace(line, &format!("const PROGRAM = {program:?}"));
    let dir = world.dir(world.home().join(".config/opencode/plugins"));
    std::fs::write(dir.join("agent-handoff.js"), plugin).unwrap();
}
