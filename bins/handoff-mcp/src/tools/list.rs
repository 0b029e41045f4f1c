//! `handoff_list`.

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::json;

use super::{Answer, Call, OfWorktree, schema, text};
use crate::waiting;

pub(super) fn tool(waits: Option<&str>) -> Tool {
    let about = "Lists the handoffs that earlier sessions left for this worktree, newest first; takes none.";
    let about = waits.map_or_else(|| about.to_owned(), |waits| format!("{about} {waits}"));
    Tool::new("handoff_list", about, schema(json!({}), &[]))
        .with_title("List handoffs")
        .with_annotations(ToolAnnotations::new().read_only(true).open_world(false))
}

pub(super) async fn call(call: &Call<'_>) -> Answer {
    let OfWorktree { worktree } = call.arguments()?;
    let worktree = call.worktree(worktree).await?;
    let waiting = waiting::list(&worktree).await?;
    let mut lines = vec![waiting::sentence(&worktree, &waiting)];
    if waiting.len() > 1 {
        lines.extend(
            waiting
                .iter()
                .map(|handoff| format!("- {}: \"{}\", {}", handoff.id, handoff.title(), handoff.summary())),
        );
    }
    Ok(text(lines.join("\n")).into())
}
