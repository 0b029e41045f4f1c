//! `handoff_result`: what became of a run.

use std::path::{Path, PathBuf};

use rmcp::model::{CallToolResult, ContentBlock, Tool};
use serde::Deserialize;
use serde_json::json;

use super::run::{MAX_WAIT_SECONDS, wait_property};
use super::{Answer, Call, Failed, additive, schema, text};
use crate::sibling::{CannotRun, Sibling};

/// How long a call waits, where it does not say.
const WAIT_SECONDS: u64 = 20;

/// The most of a result that is given, in bytes; the rest is in its file.
const MAX_RESULT_BYTES: u64 = 100_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    id: String,
    wait_seconds: Option<u64>,
    #[serde(default)]
    stop: bool,
    worktree: Option<PathBuf>,
}

/// A run, as `handoff runs --json` has it.
#[derive(Debug, Deserialize)]
struct Run {
    state: String,
    reason: Option<String>,
    last_step: Option<String>,
    result: PathBuf,
}

pub(super) fn tool() -> Tool {
    let about = "What became of a task that handoff_run gave to another agent: its result, or how far it is.";
    let properties = json!({
        "id": { "type": "string", "description": "the run's id" },
        "wait_seconds": wait_property(WAIT_SECONDS),
        "stop": { "type": "boolean", "description": "end it now" },
    });
    Tool::new("handoff_result", about, schema(properties, &["id"]))
        .with_title("Result of a task")
        .with_annotations(additive())
}

pub(super) async fn call(call: &Call<'_>) -> Answer {
    let Arguments { id, wait_seconds, stop, worktree } = call.arguments()?;
    let worktree = call.worktree(worktree).await?;
    if stop {
        let said = Sibling::new("handoff", &worktree).args(["stop", "--", &id]).run().await?;
        if !said.status.success() {
            return Err(Failed::Refused(said.complaint));
        }
    }
    let wait = wait_seconds.unwrap_or(WAIT_SECONDS).min(MAX_WAIT_SECONDS);
    if wait > 0 {
        let timeout = format!("{wait}s");
        // Its exit code is that of the run; what it became is read below.
        Sibling::new("handoff", &worktree).args(["wait", "--timeout", &timeout, "--", &id]).run().await?;
    }
    Ok(outcome(&worktree, &id).await?.into())
}

/// What became of the run `id`.
pub(super) async fn outcome(worktree: &Path, id: &str) -> Result<CallToolResult, Failed> {
    let Some(run) = find(worktree, id).await? else {
        return Err(Failed::Refused(format!("there is no run `{id}`")));
    };
    if run.state == "running" {
        let step = run.last_step.map(|step| format!(" Last: {step}")).unwrap_or_default();
        return Ok(text(still_running(id) + &step));
    }
    let content = handoff_files::read_named(&run.result, MAX_RESULT_BYTES);
    let body = content.map(|(bytes, has_more)| {
        let rest = if has_more { "\n… the rest is in the file" } else { "" };
        handoff_text::Sanitised::text(&bytes).to_string() + rest
    });
    let body = body.unwrap_or_else(|error| error.to_string());
    let reason = run.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let words = format!("{id}: {}{reason}\nresult file: {}\n\n{body}", run.state, run.result.display());
    Ok(match run.state.as_str() {
        "success" => text(words),
        _ => CallToolResult::error(vec![ContentBlock::text(words)]),
    })
}

async fn find(worktree: &Path, id: &str) -> Result<Option<Run>, CannotRun> {
    let said = Sibling::new("handoff", worktree).args(["runs", "--json", "--", id]).run().await?;
    let runs: Vec<Run> = serde_json::from_str(&said.text).unwrap_or_default();
    Ok(runs.into_iter().next())
}

/// What is said of a run that goes on.
pub(super) fn still_running(id: &str) -> String {
    format!(
        "{id} is still running. handoff_result with this id gives its result; if this session ends first, the result \
         becomes a handoff for this worktree."
    )
}
