//! `handoff_write`: leaves a handoff.

use std::path::PathBuf;

use rmcp::model::Tool;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Failed, additive, schema, text};
use crate::server::Server;
use crate::sibling::Sibling;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    body: String,
    name: Option<String>,
    topic: Option<String>,
    to: Option<String>,
    #[serde(default)]
    redact: bool,
    worktree: Option<PathBuf>,
}

pub(super) fn tool() -> Tool {
    let about = "Leaves a handoff for the next session of this worktree, of whichever agent, or for another worktree. The next \
                 session knows nothing of this conversation: write paths, numbers, commands, and no secrets. Refused without \
                 the heading `## Immediate next action`.";
    let properties = json!({
        "body": {
            "type": "string",
            "description": "markdown with these sections, empty ones left out: `# Handoff — <title>`, `## Status as of <date>`, \
                `## Immediate next action` (required), `## Decisions made (with evidence)`, `## Recently verified / completed — DO \
                NOT REDO`, `## Open follow-ups`, `## Assumptions / world-model snapshot`, `## Verification commands`, `## Files \
                touched this session`, `## What NOT to do on resume`",
        },
        "name": { "type": "string", "description": "title, where the text has no heading" },
        "topic": { "type": "string", "description": "what it is about, for the file name: letters, digits, `.`, `_`, `-`" },
        "to": { "type": "string", "description": "another worktree of this repository, else the directory ../NAME" },
        "redact": { "type": "boolean", "description": "replace secrets by [REDACTED:<rule>]" },
    });
    Tool::new("handoff_write", about, schema(properties, &["body"]))
        .with_title("Leave a handoff")
        .with_annotations(additive())
}

pub(super) async fn call(call: &Call<'_>) -> Answer {
    let Arguments { body, name, topic, to, redact, worktree } = call.arguments()?;
    let worktree = call.worktree(worktree).await?;
    let write = Sibling::new("handoff-write", &worktree)
        .args(["--tool", &Server::stamp(call.context), "--length", &body.len().to_string(), "--root"])
        .args([&worktree])
        .args(redact.then_some("--redact"))
        .option("--name", name)
        .option("--topic", topic)
        .option("--to", to);
    let said = write.run_with(body.as_bytes()).await?;
    if !said.status.success() {
        return Err(Failed::Refused(said.complaint));
    }
    let notes = if said.complaint.is_empty() { String::new() } else { format!("\n{}", said.complaint) };
    Ok(text(said.text + &notes).into())
}
