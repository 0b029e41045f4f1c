//! `handoff_read`: gives what waits, and archives it once the client has it.

use std::path::PathBuf;

use rmcp::model::Tool;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Child;

use super::{Answer, Call, Failed, additive, schema, text};
use crate::sibling::Sibling;

/// The most bytes of text, where the call does not say. Clients cut what is longer than about 25,000 tokens.
const MAX_BYTES: u64 = 40_000;

/// The most that a line of `inbox read` may have: its JSON escapes may be six times the text.
const MAX_LINE_BYTES: u64 = 8 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Parts of file names; without one, all that fits.
    #[serde(default)]
    ids: Vec<String>,
    max_bytes: Option<u64>,
    worktree: Option<PathBuf>,
}

pub(super) fn tool(waits: Option<&str>) -> Tool {
    let about = "Gives the handoffs that earlier sessions left for this worktree, and archives them: each is given once. \
                 Call it before the first reply if the user goes on with earlier work.";
    let about = waits.map_or_else(|| about.to_owned(), |waits| format!("{about} {waits}"));
    let properties = json!({
        "ids": { "type": "array", "items": { "type": "string" }, "description": "ids from handoff_list; without one, all that fits" },
        "max_bytes": { "type": "integer", "minimum": 2000, "description": "the most bytes of text; default 40000" },
    });
    Tool::new("handoff_read", about, schema(properties, &[]))
        .with_title("Read handoffs")
        .with_annotations(additive())
}

pub(super) async fn call(call: &Call<'_>) -> Answer {
    let Arguments { ids, max_bytes, worktree } = call.arguments()?;
    let worktree = call.worktree(worktree).await?;
    let max_bytes = max_bytes.unwrap_or(MAX_BYTES).to_string();
    let read = Sibling::new("inbox", &worktree)
        .args(["read", "--json", "--receipt", "--max-bytes", &max_bytes, "--root"])
        .args([&worktree])
        .args(["--"])
        .args(&ids);
    // Dropped, its input is closed and it gives back its claim. Killed, it would leave that for the next reader to clean up.
    let mut reader = read.outliving().start()?;
    let Some(given) = given(&mut reader).await else { return Err(Failed::Refused(complaint(reader).await)) };
    call.server.receipts.expect(call.context.id.clone(), reader);
    give_back_if_cancelled(call);
    Ok(text(given).into())
}

/// The text that the reader prints; `None` when it prints none.
async fn given(reader: &mut Child) -> Option<String> {
    let mut line = String::new();
    let stdout = BufReader::new(reader.stdout.take()?);
    stdout.take(MAX_LINE_BYTES).read_line(&mut line).await.ok()?;
    let answer: Value = serde_json::from_str(&line).ok()?;
    match answer.get("text")? {
        Value::String(text) => Some(text.clone()),
        _ => Some("No handoff waits for this worktree.".to_owned()),
    }
}

/// Why the reader printed nothing.
async fn complaint(mut reader: Child) -> String {
    drop(reader.stdin.take());
    let mut said = String::new();
    if let Some(stderr) = reader.stderr.take() {
        // What cannot be read says as little as nothing.
        let _ = stderr.take(64 << 10).read_to_string(&mut said).await;
    }
    let _ = reader.wait().await;
    let said = handoff_text::Sanitised::text(said.trim().as_bytes()).to_string();
    if said.is_empty() { "inbox read ended without a word".to_owned() } else { said }
}

/// A call may be cancelled after its answer was made and before it is sent.
fn give_back_if_cancelled(call: &Call<'_>) {
    let (receipts, request) = (call.server.receipts.clone(), call.context.id.clone());
    let ended = call.context.ct.clone();
    tokio::spawn(async move {
        // This also happens after an answer that was sent; then there is no reader left to take.
        ended.cancelled().await;
        drop(receipts.take(&request));
    });
}
