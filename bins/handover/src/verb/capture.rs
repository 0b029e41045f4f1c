//! `handover capture`: saves the work as it stands, and announces it to the next session.

use handoff_agents::Host;
use handoff_capturing::secrets;
use handoff_capturing::{
    CaptureCondition, CaptureRequest, Captured, MANUAL, called, capture, counted, windows,
};
use handoff_process::Failure;
use handoff_text::Sanitised;
use serde_json::{Value, json};

use crate::args::Capture;
use crate::here::Here;
use crate::verb::wire;

pub(crate) fn run(here: &Here<'_>, typed: &Capture) -> Result<u8, Failure> {
    let project = &here.project;
    // Whose windows matter.
    let host = typed.tool.as_deref().and_then(Host::named);
    let request = CaptureRequest {
        title: typed.title.as_deref(),
        summary_override: typed.summary.as_deref(),
        next_step: typed.next_step.as_deref(),
        to: typed.to.as_deref(),
        why: "asked for by hand",
        event: MANUAL,
        tool: typed.tool.as_deref(),
        session_id: typed.session_id.as_deref(),
        transcript: typed.transcript.as_deref(),
        asked: None,
        answered: None,
        condition: CaptureCondition::Always,
        windows: windows::describe_all(&project.settings, project.environment, &project.state()?, host),
        own: &|| wire::own(here),
    };
    let Some(captured) = capture(project, &request)? else {
        return Err(Failure::new("nothing is uncommitted"));
    };
    for note in &captured.notes {
        here.output.complain(format_args!("warning: {note}"));
    }
    if let Some(unannounced) = &captured.unannounced {
        here.output.complain(format_args!("warning: {unannounced}"));
    }
    Ok(if typed.json { here.json(&as_json(&captured)) } else { here.print(&as_text(here, &captured)) })
}

fn as_text(here: &Here<'_>, captured: &Captured) -> String {
    let Captured { bundle, redacted, unannounced, .. } = captured;
    let contents = &bundle.manifest().contents;
    let mut text = format!(
        "{}\nsaved {} and {} staged in {}\n",
        bundle.id(),
        counted(contents.files.len(), "changed path"),
        contents.staged.len(),
        Sanitised::path(bundle.path())
    );
    for left in contents.left_behind() {
        text.push_str(&format!("not carried: {}: {}\n", secrets::shown(&left.path), left.text()));
    }
    if !redacted.is_empty() {
        text.push_str(&format!("taken out of the summary: {}\n", redacted.join(", ")));
    }
    text.push_str(&secrets::lines(bundle));
    if unannounced.is_none() {
        text.push_str("the next session is told by its inbox\n");
    }
    if contents.is_empty() {
        let is_clean = contents.left_behind().next().is_none();
        text.push_str(if is_clean {
            "nothing was uncommitted\n"
        } else {
            "nothing of it could be carried\n"
        });
        return text;
    }
    let top = handoff_process::quoted(here.top());
    // Without its id, only the worktree that it is for takes it.
    let id = bundle.manifest().recipient.as_ref().map(|_| format!(" {}", bundle.id())).unwrap_or_default();
    text.push_str(&format!("elsewhere: {} pickup{id} --from {top} --apply\n", called()));
    text
}

fn as_json(captured: &Captured) -> Value {
    let Captured { bundle, redacted, unannounced, .. } = captured;
    let contents = &bundle.manifest().contents;
    let left: Vec<_> = contents
        .left_behind()
        .map(|left| json!({"path": left.path.to_string(), "reason": left.text()}))
        .collect();
    json!({
        "id": bundle.id().as_str(), "path": bundle.path().to_string_lossy(),
        "files": contents.files.len(), "staged": contents.staged.len(), "not_carried": left,
        "redacted": redacted, "told": unannounced.is_none(),
    })
}
