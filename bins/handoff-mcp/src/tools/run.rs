//! `handoff_run`: gives another agent a task.

use std::path::PathBuf;
use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use super::result::{self, outcome};
use super::{Answer, Call, Failed, schema, text};
use crate::sibling::Sibling;

/// How long a call waits for the result, where it does not say: clients give up after a minute.
const WAIT_SECONDS: u64 = 45;
/// The longest that a call waits.
pub(super) const MAX_WAIT_SECONDS: u64 = 600;
/// The time between two notes of progress to a client that asked for them.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// How long a run may take to say its id.
const START_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    prompt: String,
    backend: Option<String>,
    #[serde(default)]
    pro: bool,
    timeout: Option<String>,
    wait_seconds: Option<u64>,
    worktree: Option<PathBuf>,
}

pub(super) fn tool() -> Tool {
    let about = "Gives another agent a whole task and waits for its result. The agent knows nothing of this conversation: the \
                 prompt has to say everything. A run that takes longer goes on: handoff_result gives its result later.";
    let properties = json!({
        "prompt": { "type": "string", "description": "the whole task" },
        "backend": { "type": "string", "description": "which agent, by its name in config.yaml; else the first there" },
        "pro": { "type": "boolean", "description": "with its stronger model" },
        "timeout": { "type": "string", "description": "end it after 90s, 10m or 2h" },
        "wait_seconds": wait_property(WAIT_SECONDS),
    });
    Tool::new("handoff_run", about, schema(properties, &["prompt"]))
        .with_title("Give another agent a task")
        .with_annotations(ToolAnnotations::new().read_only(false).destructive(true).open_world(true))
}

/// The property `wait_seconds`.
pub(super) fn wait_property(default: u64) -> serde_json::Value {
    json!({
        "type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECONDS,
        "description": format!("how long to wait for the result; default {default}"),
    })
}

pub(super) async fn call(call: &Call<'_>) -> Answer {
    let Arguments { prompt, backend, pro, timeout, wait_seconds, worktree } = call.arguments()?;
    let worktree = call.worktree(worktree).await?;
    let run = Sibling::new("handoff", &worktree)
        .args(["run", "--quiet"])
        .option("--backend", backend)
        .args(pro.then_some("--pro"))
        .option("--timeout", timeout)
        .args(["-"]);
    // If this server ends first, the result becomes a handoff.
    let mut run = run.outliving().start()?;
    let stdin = run.stdin.take();
    tokio::spawn(async move {
        if let Some(mut stdin) = stdin {
            // A run that did not take it says why.
            let _ = stdin.write_all(prompt.as_bytes()).await;
        }
    });
    let Some((id, rest)) = id_of(&mut run).await else { return Err(Failed::Refused(complaint(run).await)) };
    let mut guard = StopIfCancelled { id: Some(id.clone()), worktree: worktree.clone() };
    let wait = Duration::from_secs(wait_seconds.unwrap_or(WAIT_SECONDS).min(MAX_WAIT_SECONDS));
    let ended = wait_for(call, &mut run, rest, wait).await;
    guard.id = None;
    if ended {
        return Ok(outcome(&worktree, &id).await?.into());
    }
    // What it still prints is read, and its end is waited for.
    tokio::spawn(async move { run.wait().await });
    Ok(text(result::still_running(&id)).into())
}

/// The id that the run says first, and its output from there; `None` when it says none.
async fn id_of(run: &mut Child) -> Option<(String, BufReader<ChildStdout>)> {
    let mut stdout = BufReader::new(run.stdout.take()?);
    let mut line = String::new();
    timeout_at(Instant::now() + START_TIMEOUT, stdout.read_line(&mut line)).await.ok()?.ok()?;
    let id = line.strip_prefix("RUN_ID=")?.trim_end().to_owned();
    Some((id, stdout))
}

/// Waits for the run's end, and tells a client that wants to know that it goes on. Returns whether it ended.
async fn wait_for(
    call: &Call<'_>,
    run: &mut Child,
    mut rest: BufReader<ChildStdout>,
    wait: Duration,
) -> bool {
    // Nothing may keep the run from printing.
    tokio::spawn(async move { tokio::io::copy(&mut rest, &mut tokio::io::sink()).await });
    if let Some(mut stderr) = run.stderr.take() {
        tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
    }
    let end = Instant::now() + wait;
    let mut ticks = interval_at(Instant::now() + PROGRESS_INTERVAL, PROGRESS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seconds = 0.0;
    loop {
        tokio::select! {
            _ = run.wait() => return true,
            () = tokio::time::sleep_until(end) => return false,
            _ = ticks.tick() => {
                seconds += PROGRESS_INTERVAL.as_secs_f64();
                let Some(token) = call.context.meta.get_progress_token() else { continue };
                let progress = ProgressNotificationParam::new(token, seconds).with_message("the agent is at work");
                // A client that is gone is found out by its input's end.
                let _ = call.context.peer.notify_progress(progress).await;
            }
        }
    }
}

/// Ends the run when the call of it is cancelled.
struct StopIfCancelled {
    /// `None` once the run is left alone.
    id: Option<String>,
    worktree: PathBuf,
}

impl Drop for StopIfCancelled {
    fn drop(&mut self) {
        if let Some(id) = &self.id {
            let stop = Sibling::new("handoff", &self.worktree).args(["stop", "--", id]).outliving();
            tokio::spawn(stop.run());
        }
    }
}

/// Why there is no run.
async fn complaint(mut run: Child) -> String {
    // One that has only been too slow would be waited for; one that has ended is not there to be killed.
    let _ = run.start_kill();
    let mut said = String::new();
    if let Some(stderr) = run.stderr.take() {
        // What cannot be read says as little as nothing.
        let _ = stderr.take(64 << 10).read_to_string(&mut said).await;
    }
    let said = handoff_text::Sanitised::text(said.trim().as_bytes()).to_string();
    if said.is_empty() { "the run ended without a word".to_owned() } else { said }
}
