//! Gemini CLI, `gemini -p`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{About, no_session, put_settings};
use crate::World;
use crate::agents::model::{Api, Model, Shell};

const SETTINGS: &str = ".gemini/settings.json";

pub(in crate::agents) static GEMINI: About = About {
    id: "gemini",
    package: "@google/gemini-cli",
    program: || ".bin/gemini".to_owned(),
    needs_node: true,
    api: Api::Gemini(Shell {
        name: "run_shell_command",
        input: |line| json!({ "command": line, "description": "Runs it" }),
    }),
    point,
    arguments: |start| start.prompted(&["-p"]),
    unrestricted: &["-y"],
    prints_json: false,
    session: no_session,
    wire,
};

fn point(world: &World, command: &mut Command, model: &Model) {
    let settings = json!({
        "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": false } },
        "general": { "enableAutoUpdate": false },
        "privacy": { "usageStatisticsEnabled": false },
        "telemetry": { "enabled": false },
    });
    put_settings(world, SETTINGS, &settings);
    command.env("GEMINI_API_KEY", "dummy").env("GOOGLE_GEMINI_BASE_URL", model.url());
}

fn wire(world: &World, program: &Path) {
    // Milliseconds.
    let hook = json!({ "type": "command", "command": program, "name": "agent-handoff", "timeout": 10_000 });
    put_settings(world, SETTINGS, &json!({ "hooks": { "BeforeAgent": [{ "hooks": [hook] }] } }));
}
