//! What waits for a worktree, in few words.

use std::path::Path;

use handoff_process::Environment;
use handoff_text::Sanitised;
use serde::Deserialize;

use crate::sibling::{CannotRun, Sibling};

/// The most of a title or next action that is repeated, in bytes.
const MAX_WORD_BYTES: usize = 120;

/// A handoff that waits, as `inbox list --json` has it.
#[derive(Debug, Deserialize)]
pub(crate) struct Waiting {
    /// Its file name without the extension.
    pub(crate) id: String,
    name: Option<String>,
    /// The start of its next action, where its writer gave no other summary.
    description: Option<String>,
    from: Option<String>,
    tool: Option<String>,
    created: Option<String>,
}

impl Waiting {
    /// Its title, else its id.
    pub(crate) fn title(&self) -> String {
        short(self.name.as_deref().unwrap_or(&self.id))
    }

    /// Where it comes from, and what is to be done.
    pub(crate) fn summary(&self) -> String {
        let from = short(self.from.as_deref().unwrap_or("unknown"));
        let tool = short(self.tool.as_deref().unwrap_or("unknown"));
        let created = short(self.created.as_deref().unwrap_or("at an unknown time"));
        let next = self.description.as_deref().map(|text| format!("; it says: \"{}\"", short(text)));
        format!("from {from} ({tool}), {created}{}", next.unwrap_or_default())
    }
}

/// What waits for `worktree`, newest first.
///
/// # Errors
/// [`CannotRun`].
pub(crate) async fn list(worktree: &Path) -> Result<Vec<Waiting>, CannotRun> {
    let said =
        Sibling::new("inbox", worktree).args(["list", "--json", "--root"]).args([worktree]).run().await?;
    // One that failed prints nothing.
    Ok(serde_json::from_str(&said.text).unwrap_or_default())
}

/// The same before there is a runtime.
pub(crate) fn list_at_start(worktree: &Path) -> Vec<Waiting> {
    let mut inbox = std::process::Command::new(Environment::sibling("inbox"));
    inbox.args(["list", "--json", "--root"]).arg(worktree).current_dir(worktree);
    inbox.stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let text = inbox.output().map(|output| output.stdout).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// One sentence on what waits for `worktree`.
pub(crate) fn sentence(worktree: &Path, waiting: &[Waiting]) -> String {
    let place = Sanitised::path(worktree);
    match waiting {
        [] => format!("No handoff waits for {place}."),
        [only] => format!(
            "1 handoff waits for {place}: \"{}\", {}. handoff_read gives it.",
            only.title(),
            only.summary()
        ),
        [newest, ..] => format!(
            "{} handoffs wait for {place}; the newest is \"{}\", {}. handoff_read gives them.",
            waiting.len(),
            newest.title(),
            newest.summary()
        ),
    }
}

/// One line of others' words, in which nothing ends our quotation marks.
fn short(text: &str) -> String {
    Sanitised::line(text.as_bytes(), MAX_WORD_BYTES).replace('"', "'")
}
