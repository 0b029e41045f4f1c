//! Codex, `codex exec`.

use std::path::Path;

use serde_json::{Value, json};

use super::{About, Start, put_settings};
use crate::World;
use crate::agents::install::platform;
use crate::agents::model::{Api, Model};

pub(in crate::agents) static CODEX: About = About {
    id: "codex",
    package: "@openai/codex",
    program,
    needs_node: false,
    api: Api::Openai,
    point: |_world, command, _model| _ = command.env("MOCK_KEY", "dummy"),
    arguments,
    unrestricted: &["--sandbox", "danger-full-access"],
    prints_json: true,
    session: |lines: &[Value]| {
        lines.iter().find(|line| line["type"] == "thread.started")?["thread_id"].as_str()
    },
    wire,
};

fn program() -> String {
    let machine = std::env::consts::ARCH;
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("@openai/codex-{}/vendor/{machine}-{system}/bin/codex", platform())
}

fn arguments(start: &Start<'_>) -> Vec<String> {
    let set = settings(start.model).into_iter().flat_map(|set| ["-c".to_owned(), set]);
    let before = std::iter::once("exec".to_owned()).chain(set).chain(start.args.iter().cloned());
    let resume = start.resume.map_or(vec![], |id| vec!["resume", id]);
    before.chain(resume.into_iter().chain(["--json"]).chain(start.prompt).map(str::to_owned)).collect()
}

/// On the command line, so that `config.toml` is the test's alone.
pub(in crate::agents) fn settings(model: &Model) -> [String; 8] {
    let provider = format!(
        "{{name=\"mock\",base_url=\"{}/v1\",wire_api=\"responses\",env_key=\"MOCK_KEY\",request_max_retries=1,stream_max_retries=1}}",
        model.url()
    );
    [
        // One that this release knows: others bring a warning with them.
        "model=gpt-5.5".to_owned(),
        "model_provider=mock".to_owned(),
        format!("model_providers.mock={provider}"),
        "analytics.enabled=false".to_owned(),
        "check_for_update_on_startup=false".to_owned(),
        // It would look for plugins elsewhere. A later `-c` undoes it.
        "features.plugins=false".to_owned(),
        // Worlds are in the temporary directory: writable, all of it would be.
        "sandbox_workspace_write.exclude_slash_tmp=true".to_owned(),
        "sandbox_workspace_write.exclude_tmpdir_env_var=true".to_owned(),
    ]
}

/// Nobody asked it to trust the hook.
fn wire(world: &World, program: &Path) {
    let hook = json!({ "type": "command", "command": program, "timeout": 10 });
    let hooks = json!({ "SessionStart": [{ "hooks": [hook] }] });
    put_settings(world, ".codex/hooks.json", &json!({ "hooks": hooks }));
}
