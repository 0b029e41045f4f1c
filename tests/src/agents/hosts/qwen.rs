//! Qwen Code, `qwen -p`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{About, no_session, put_settings};
use crate::World;
use crate::agents::model::{Api, Model, Shell};

const SETTINGS: &str = ".qwen/settings.json";

pub(in crate::agents) static QWEN: About = About {
    id: "qwen",
    package: "@qwen-code/qwen-code",
    program: || ".bin/qwen".to_owned(),
    needs_node: true,
    api: Api::Chat(Shell {
        name: "run_shell_command",
        input: |line| json!({ "command": line, "description": "Runs it", "is_background": false }),
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
        "security": { "auth": { "selectedType": "openai" } },
        "general": { "enableAutoUpdate": false },
        "privacy": { "usageStatisticsEnabled": false },
        "$version": 4,
    });
    put_settings(world, SETTINGS, &settings);
    command
        .env("OPENAI_API_KEY", "dummy")
        .env("OPENAI_BASE_URL", format!("{}/v1", model.url()))
        .env("OPENAI_MODEL", "mock-model");
}

fn wire(world: &World, program: &Path) {
    // Milliseconds.
    let hook = json!({ "type": "command", "command": program, "name": "agent-handoff", "timeout": 10_000 });
    put_settings(world, SETTINGS, &json!({ "hooks": { "UserPromptSubmit": [{ "hooks": [hook] }] } }));
}
