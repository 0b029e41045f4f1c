//! Factory droid, `droid exec`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::{About, no_session, put_settings};
use crate::World;
use crate::agents::install::platform;
use crate::agents::model::{Api, Model, Shell};

const SETTINGS: &str = ".factory/settings.json";

pub(in crate::agents) static DROID: About = About {
    id: "droid",
    package: "droid",
    program: || format!("@factory/cli-{}/bin/droid", platform()),
    needs_node: false,
    api: Api::Chat(Shell {
        name: "Execute",
        input: |line| {
            json!({
                "command": line, "riskLevel": "low", "riskLevelReason": "a test", "summary": "Runs it",
                "timeout": 30,
            })
        },
    }),
    point,
    arguments: |start| start.prompted(&["exec", "-m", "custom:mock-model"]),
    unrestricted: &["--auto", "high"],
    prints_json: false,
    session: no_session,
    wire,
};

fn point(world: &World, command: &mut Command, model: &Model) {
    let model = json!({
        "model": "mock-model", "displayName": "Mock", "baseUrl": format!("{}/v1", model.url()), "apiKey": "dummy",
        "provider": "generic-chat-completion-api", "maxOutputTokens": 4_000,
    });
    put_settings(world, SETTINGS, &json!({ "customModels": [model] }));
    command.env("FACTORY_API_KEY", "fk-dummy");
}

fn wire(world: &World, program: &Path) {
    let hook = json!({ "type": "command", "command": program, "timeout": 10 });
    put_settings(world, SETTINGS, &json!({ "hooks": { "SessionStart": [{ "hooks": [hook] }] } }));
}
