//! `handoff_pickup`: takes a capture, once a person has said so.

use std::path::{Path, PathBuf};

use rmcp::model::{Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Failed, schema, text};
use crate::ask::{self, ask};
use crate::sibling::Sibling;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    id: Option<String>,
    #[serde(default)]
    action: Action,
    #[serde(default)]
    confirmed: bool,
    worktree: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Say what is in it.
    #[default]
    Inspect,
    /// Give its summary, and take it.
    Take,
    /// And make its changes.
    Apply,
    /// Take back what was applied last.
    Undo,
}

pub(super) fn tool() -> Tool {
    let about = "A capture is uncommitted work that was saved when a session ran into a limit or died, with a summary of it. \
                 This shows what waits, and on the user's word takes it or makes its changes here.";
    let properties = json!({
        "id": { "type": "string", "description": "a capture's name, or a part of it that no other has; without one, the newest" },
        "action": {
            "type": "string", "enum": ["inspect", "take", "apply", "undo"],
            "description": "inspect (default) changes nothing; take gives the summary; apply makes its changes too; undo takes \
                back what apply changed last",
        },
        "confirmed": { "type": "boolean", "description": "the user was asked and agreed; only where the client cannot ask itself" },
    });
    Tool::new("handoff_pickup", about, schema(properties, &[]))
        .with_title("Pick up a capture")
        .with_annotations(ToolAnnotations::new().read_only(false).destructive(true).open_world(false))
}

pub(super) async fn call(call: &Call<'_>) -> Answer {
    let Arguments { id, action, confirmed, worktree } = call.arguments()?;
    let worktree = call.worktree(worktree).await?;
    if action == Action::Inspect {
        let inspected = handover(&worktree, &["inspect"], id.as_deref()).await?;
        return Ok(text(format!("{inspected}\nNothing was taken or changed.")).into());
    }
    let question = match action {
        Action::Undo => format!("Take back what the last capture changed in {}?", worktree.display()),
        Action::Take => format!("Take the capture that waits for {}?", worktree.display()),
        Action::Apply | Action::Inspect => {
            format!("Make the changes of the capture in {}?", worktree.display())
        }
    };
    match ask(&question, call.request, call.context).await {
        ask::Answer::Yes => {}
        ask::Answer::CannotAsk if confirmed => {}
        ask::Answer::CannotAsk => {
            return Err(Failed::Refused(
                "nothing was done: ask the user first, and call again with `confirmed` when they agree"
                    .to_owned(),
            ));
        }
        ask::Answer::No => {
            return Err(Failed::Refused("the user did not agree; nothing was done".to_owned()));
        }
        ask::Answer::Later(question) => return Ok((*question).into()),
    }
    let verb: &[&str] = match action {
        Action::Apply => &["pickup", "--apply"],
        Action::Undo => &["pickup", "--undo"],
        Action::Take | Action::Inspect => &["pickup"],
    };
    Ok(text(handover(&worktree, verb, id.as_deref()).await?).into())
}

async fn handover(worktree: &Path, verb: &[&str], id: Option<&str>) -> Result<String, Failed> {
    let run = Sibling::new("handover", worktree).args(verb).args(["--root"]).args([worktree]);
    let said = run.args(["--"]).args(id).run().await?;
    if !said.status.success() {
        return Err(Failed::Refused(said.complaint));
    }
    let notes = if said.complaint.is_empty() { String::new() } else { format!("\n{}", said.complaint) };
    Ok(said.text + &notes)
}
