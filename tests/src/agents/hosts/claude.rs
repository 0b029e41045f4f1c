//! Claude Code, `claude -p`.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{About, Start, put_settings};
use crate::World;
use crate::agents::install::platform;
use crate::agents::model::{Api, Model};

pub(in crate::agents) static CLAUDE: About = About {
    id: "claude",
    package: "@anthropic-ai/claude-code",
    program: || format!("@anthropic-ai/claude-code-{}/claude", platform()),
    needs_node: false,
    api: Api::Anthropic,
    point,
    arguments,
    unrestricted: &["--allowedTools", "Bash"],
    prints_json: true,
    session: |lines: &[Value]| lines.iter().find(|line| line["type"] == "result")?["session_id"].as_str(),
    wire,
};

fn point(_world: &World, command: &mut Command, model: &Model) {
    command
        .env("ANTHROPIC_BASE_URL", model.url())
        .env("ANTHROPIC_API_KEY", "sk-ant-dummy-000")
        .env("DISABLE_TELEMETRY", "1")
        .env("DISABLE_ERROR_REPORTING", "1")
        .env("DISABLE_AUTOUPDATER", "1")
        .env("DISABLE_BUG_COMMAND", "1")
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .env("CLAUDE_CODE_MAX_RETRIES", "1");
}

fn arguments(start: &Start<'_>) -> Vec<String> {
    let mut all = vec!["-p", "--output-format", "stream-json", "--verbose"];
    match start.prompt {
        Some(prompt) => all.push(prompt),
        None => all.extend(["--input-format", "stream-json"]),
    }
    all.extend(start.resume.iter().flat_map(|id| ["--resume", id]));
    all.into_iter().map(str::to_owned).chain(start.args.iter().cloned()).collect()
}

fn wire(world: &World, program: &Path) {
    let hook = json!({ "type": "command", "command": program, "args": [], "timeout": 10 });
    let hooks = json!({ "SessionStart": [{ "hooks": [hook] }] });
    put_settings(world, ".claude/settings.json", &json!({ "hooks": hooks }));
}
