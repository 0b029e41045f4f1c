//! GitHub Copilot CLI, `copilot -p`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{About, no_session, put_settings};
use crate::World;
use crate::agents::install::platform;
use crate::agents::model::{Api, Model, Shell};

pub(in crate::agents) static COPILOT: About = About {
    id: "copilot",
    package: "@github/copilot",
    program: || format!("@github/copilot-{}/copilot", platform()),
    needs_node: false,
    api: Api::Chat(Shell {
        name: "bash",
        input: |line| json!({ "command": line, "description": "Runs it" }),
    }),
    point,
    arguments: |start| start.prompted(&["-p"]),
    unrestricted: &["--allow-all-tools", "--allow-all-paths"],
    prints_json: false,
    session: no_session,
    wire,
};

fn point(_world: &World, command: &mut Command, model: &Model) {
    command
        .env("COPILOT_OFFLINE", "true")
        .env("COPILOT_PROVIDER_BASE_URL", format!("{}/v1", model.url()))
        .env("COPILOT_PROVIDER_API_KEY", "dummy")
        .env("COPILOT_MODEL", "mock-model");
}

fn wire(world: &World, program: &Path) {
    let line = format!("'{}'", program.display());
    let hook = json!({ "type": "command", "bash": line, "timeoutSec": 10 });
    let hooks = json!({ "version": 1, "hooks": { "sessionStart": [hook] } });
    put_settings(world, ".copilot/hooks/agent-handoff.json", &hooks);
}
