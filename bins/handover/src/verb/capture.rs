//! `handover capture`: saves the work as it stands, and says so to whoever comes next.

use std::path::Path;

use handoff_bundle::{Bundle, Contents, Description, Handover, Origin};
use handoff_document::Timestamp;
use handoff_process::{Failure, SessionWord};
use handoff_quota::Tool;
use handoff_transcript::Session;
use serde_json::json;

use crate::args::Capture;
use crate::here::Here;
use crate::quota;
use crate::secrets;
use crate::summary::{Facts, Summary};
use crate::verb::wire;

/// What is to be saved, and why.
pub(crate) struct Order<'a> {
    pub(crate) title: Option<&'a str>,
    pub(crate) said: Option<&'a str>,
    pub(crate) next_step: Option<&'a str>,
    /// The worktree that it is for.
    pub(crate) to: Option<&'a str>,
    /// Why now, in words.
    pub(crate) why: &'a str,
    /// What brought it about: `manual`, or an event's name.
    pub(crate) event: &'a str,
    pub(crate) tool: Option<&'a str>,
    pub(crate) session_id: Option<&'a str>,
    pub(crate) transcript: Option<&'a Path>,
    /// Only when something is uncommitted: a summary alone is not worth it.
    pub(crate) only_changes: bool,
    /// How full the usage windows are, each in words.
    pub(crate) windows: Vec<String>,
}

/// What was saved.
pub(crate) struct Saved {
    pub(crate) bundle: Bundle,
    /// The kinds of secrets that were taken out of the summary.
    pub(crate) redacted: Vec<&'static str>,
    /// Why the next session is not told by the inbox.
    pub(crate) untold: Option<String>,
    /// Why there is no copy of the transcript, or no `current/`.
    pub(crate) notes: Vec<String>,
}

pub(crate) fn run(here: &Here<'_>, capture: &Capture) -> Result<u8, Failure> {
    let order = Order {
        title: capture.title.as_deref(),
        said: capture.summary.as_deref(),
        next_step: capture.next_step.as_deref(),
        to: capture.to.as_deref(),
        why: "somebody asked for it",
        event: "manual",
        tool: capture.tool.as_deref(),
        session_id: capture.session_id.as_deref(),
        transcript: capture.transcript.as_deref(),
        only_changes: false,
        windows: quota::words(&here.config, here.environment, &here.state()?, tool_of(capture)),
    };
    let Some(saved) = save(here, &order)? else { return Err(Failure::new("nothing is uncommitted")) };
    for note in saved.notes.iter().chain(&saved.untold) {
        here.output.complain(format_args!("warning: {note}"));
    }
    Ok(here.print(&if capture.json { as_json(&saved) } else { as_text(here, &saved) }))
}

/// Whose windows matter.
fn tool_of(capture: &Capture) -> Tool {
    capture.tool.as_deref().and_then(Tool::parse).unwrap_or(Tool::Other)
}

/// Saves it: the bundle whole and on disk, `current/`, then the word in the inbox. None when there was nothing to save.
pub(crate) fn save(here: &Here<'_>, order: &Order<'_>) -> Result<Option<Saved>, Failure> {
    let mut notes = Vec::new();
    let session = order.transcript.map_or_else(Session::default, |path| {
        handoff_transcript::read(path).unwrap_or_else(|error| {
            notes.push(format!("what the session did is not told: {error}"));
            Session::default()
        })
    });
    let transcript = order.transcript.and_then(|path| {
        let redact = |text: &str| handoff_secrets::redact(text, &handoff_secrets::scan(text));
        // Why it cannot be read was said above.
        handoff_transcript::cut_down(path, &redact).ok()
    });
    let git = here.git()?;
    let handover = Handover::create(here.top(), here.config.track)?;
    let draft = handover.capture(&git, here.config.limits, &wire::own(here))?;
    if order.only_changes && draft.is_empty() {
        return Ok(None);
    }
    let created = Timestamp::now();
    let top = here.top().to_string_lossy();
    let summary = Summary::of(&Facts {
        title: order.title,
        said: order.said,
        next_step: order.next_step,
        why: order.why,
        windows: &order.windows,
        created,
        top: &top,
        session: &session,
        contents: draft.contents(),
    });
    let tool = order.tool.or_else(|| session.tool.map(|tool| tool.name())).unwrap_or("handover");
    let id = order.session_id.map(str::to_owned);
    let session_id = id.or_else(|| session.session_id.as_ref().map(|id| id.text.clone()));
    let description = Description {
        topic: &summary.title,
        created,
        origin: Origin { tool: tool.to_owned(), session_id, event: order.event.to_owned() },
        recipient: order.to.map(str::to_owned),
        summary: summary.text.as_bytes(),
        transcript: transcript.as_ref().map(|copy| copy.lines.as_bytes()),
    };
    let bundle = draft.publish(&description, &here.keyring()?)?;
    if let Err(error) = handover.promote(&bundle) {
        notes.push(format!("{} is not up to date: {error}", handover.path().join("current").display()));
    }
    let untold = tell(here, order, &summary, &bundle, tool).err();
    let untold = untold.map(|why| format!("the next session is not told by its inbox: {why}"));
    Ok(Some(Saved { bundle, redacted: summary.redacted, untold, notes }))
}

/// Leaves the summary as a handoff.
fn tell(
    here: &Here<'_>,
    order: &Order<'_>,
    summary: &Summary,
    bundle: &Bundle,
    tool: &str,
) -> Result<(), String> {
    let contents = &bundle.manifest().contents;
    let Contents { files, staged, .. } = contents;
    let mut dirty: Vec<_> = files.iter().map(|file| &file.path).collect();
    dirty.extend(staged.iter().map(|staged| &staged.path));
    dirty.extend(contents.left_behind().map(|left| &left.path));
    dirty.sort();
    dirty.dedup();
    let word = SessionWord {
        tool,
        name: &format!("Captured: {}", summary.title),
        topic: "capture",
        worktree: here.top(),
        to: order.to,
        session_id: bundle.manifest().origin.session_id.as_deref(),
        dirty_files: Some(dirty.len()),
    };
    let body = format!("{}\nThe bundle: {}\n", summary.text.trim_end(), bundle.path().display());
    word.leave(&body)
}

fn as_text(here: &Here<'_>, saved: &Saved) -> String {
    let contents = &saved.bundle.manifest().contents;
    let mut text = format!("{}\n", saved.bundle.id());
    text += &format!(
        "saved {} changed paths and {} staged in {}\n",
        contents.files.len(),
        contents.staged.len(),
        saved.bundle.path().display()
    );
    for left in contents.left_behind() {
        text += &format!("not carried: {}: {}\n", secrets::shown(&left.path), left.reason.text());
    }
    if !saved.redacted.is_empty() {
        text += &format!("taken out of the summary: {}\n", saved.redacted.join(", "));
    }
    text += &secrets::lines(&saved.bundle);
    if saved.untold.is_none() {
        text += "the next session is told by its inbox\n";
    }
    text + &format!("elsewhere: handover pickup --from {} --apply\n", handoff_process::quoted(here.top()))
}

fn as_json(saved: &Saved) -> String {
    let contents = &saved.bundle.manifest().contents;
    let left: Vec<_> = contents
        .left_behind()
        .map(|left| json!({"path": left.path.to_string(), "reason": left.reason.text()}))
        .collect();
    let value = json!({
        "id": saved.bundle.id().as_str(), "path": saved.bundle.path().to_string_lossy(),
        "files": contents.files.len(), "staged": contents.staged.len(), "not_carried": left,
        "redacted": saved.redacted, "told": saved.untold.is_none(),
    });
    format!("{value}\n")
}
