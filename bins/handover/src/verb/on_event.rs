//! `handover on-event`: what a hook runs. It answers in milliseconds when there is nothing to do, and never fails its
//! host: what went wrong is said on standard error, where hosts keep it in their logs, and to the user where work could
//! not be saved that should have been.
//!
//! A host that hit its limit or ends does not wait for its hooks, and what kills it kills its process group: then the
//! saving is done by a process of its own group, which is not waited for.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use handoff_address::Address;
use handoff_agents::Host;
use handoff_capturing::{
    CaptureCondition, CaptureError, CaptureRequest, Event, KeyringError, Occasion, ProjectError, capture,
    why, windows,
};
use handoff_document::Timestamp;
use handoff_files::{Dir, FileError};
use handoff_process::{Environment, HandoffRequest, Output, SendError};
use handoff_quota::Ledger;
use handoff_text::Sanitised;
use serde_json::json;

use super::wire;
use crate::event;
use crate::here::Here;

/// Why work was not saved, when a session was sent an alarm for it: the name of the file.
const ALARM_FILE: &str = "unsaved";

/// The longest reason in that file, in bytes.
const MAX_ALARM_BYTES: u64 = 1 << 16;

/// Why an event came to nothing.
#[derive(Debug, thiserror::Error)]
enum EventError {
    /// The work should have been saved: a person has to hear of it.
    #[error(transparent)]
    Unsaved(#[from] CaptureError),
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    State(#[from] KeyringError),
    #[error(transparent)]
    Ledger(#[from] FileError),
    /// No process could be started that outlives the host.
    #[error(transparent)]
    NotDetached(#[from] std::io::Error),
}

pub(crate) fn run(
    environment: &Environment,
    output: Output,
    root: Option<&Path>,
    tool: Option<&str>,
    is_detached: bool,
) {
    let event = event::read();
    // Background agents are skipped: the caller's session captures the work.
    if environment.skip {
        return;
    }
    let start = root.map(Path::to_owned).or_else(|| event.cwd.clone());
    let start = start.or_else(|| environment.claude_project_dir.clone());
    let done = match Here::forgiving(environment, output, start.as_deref()) {
        Ok(here) => look_and_alarm(&here, &event, tool, is_detached),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(Some(message)) => show(output, &message),
        Ok(None) => {}
        Err(error) => {
            output.complain(&error);
            if matches!(error, EventError::Unsaved(_)) && !is_detached {
                show(output, &format!("handover could not save the work: {error}"));
            }
        }
    }
}

/// Looks at the event; where nothing shows that the work was not saved, sends the next session an alarm.
fn look_and_alarm(
    here: &Here<'_>,
    event: &Event,
    tool: Option<&str>,
    is_detached: bool,
) -> Result<Option<String>, EventError> {
    // Outside of git there is nothing that could be carried. In a repository that git cannot use there is, and that it is
    // not saved has to be said.
    if !here.project.worktree.is_repository() && here.project.unusable.is_none() {
        return Ok(None);
    }
    let done = look(here, event, tool, is_detached);
    if is_detached && let Err(EventError::Unsaved(error)) = &done {
        alarm(here, &error.to_string());
    }
    done
}

/// What is remembered of this worktree: each is captured for itself.
fn memory(here: &Here<'_>) -> Result<PathBuf, KeyringError> {
    let address = Address::of(here.top());
    Ok(here.project.state()?.join("captured").join(address.slug()).join(address.key()))
}

/// Why an alarm was not sent or not noted.
#[derive(Debug, thiserror::Error)]
enum AlarmError {
    #[error(transparent)]
    State(#[from] KeyringError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Where the host is gone, the next session is sent a handoff that work was not saved; once for each reason.
fn alarm(here: &Here<'_>, reason: &str) {
    let dir = memory(here).map_err(AlarmError::from).and_then(|path| Ok(Dir::create(&path)?));
    let last = || {
        let file = dir.as_ref().ok()?.open_to_read(ALARM_FILE);
        file.and_then(|mut file| file.read(MAX_ALARM_BYTES)).ok()
    };
    if last().is_some_and(|last| last == reason.as_bytes()) {
        return;
    }
    // Noted after it is sent: twice is better than never.
    let noted = send_alarm(here, reason)
        .and_then(|()| Ok(dir?.temporary(&[reason.as_bytes()])?.replace(ALARM_FILE).map(drop)?));
    if let Err(error) = noted {
        here.output.complain(error);
    }
}

fn send_alarm(here: &Here<'_>, reason: &str) -> Result<(), AlarmError> {
    let request = HandoffRequest {
        tool: "handover",
        name: "Not saved: uncommitted work",
        topic: "capture",
        worktree: here.top(),
        to: None,
        session_id: None,
        dirty_files: None,
    };
    let shown = Sanitised::text(reason.as_bytes());
    let body = format!(
        "# Handoff — Not saved: uncommitted work\n\n## Status as of {}\nA session hit its limit or ended, and handover could \
         not save what was uncommitted in {}: {shown}.\n\n## Immediate next action\nSee that it is still there, put right \
         what kept it, and save it: `handover capture`.\n",
        Timestamp::now(),
        Sanitised::path(here.top())
    );
    Ok(request.send(&body).map(drop)?)
}

/// Shows the person a message, in the JSON that both hosts take on standard output; no model is sent it.
fn show(output: Output, message: &str) {
    output.json(&json!({ "systemMessage": Sanitised::from(message).as_str() }));
}

/// Captures when there is a reason to; gives what a person is shown then.
fn look(
    here: &Here<'_>,
    event: &Event,
    tool: Option<&str>,
    is_detached: bool,
) -> Result<Option<String>, EventError> {
    let now = Timestamp::now();
    let tool = tool.and_then(Host::named).or_else(|| event.host());
    let project = &here.project;
    let (settings, environment, state) = (&project.settings, project.environment, project.state()?);
    let ledger = Ledger::new(&memory(here)?);
    let sources = windows::sources(settings, environment, &state, tool, event.transcript.as_deref());
    let answer = sources.ask(tool, now, settings.budget);
    let occasion = Occasion::new(event, tool, settings, answer.reading, now);
    if !is_detached && occasion.ends_host() && occasion.is_due(&ledger)? {
        detach(here, event, tool)?;
        return Ok(None);
    }
    if let Some(claim) = occasion.claim(&ledger)? {
        let is_another = claim.trigger.is_another();
        let condition = occasion.condition(&claim.trigger);
        let message = save(here, event, tool, &why(&claim.trigger), condition)?;
        if message.is_some() || is_another {
            claim.done()?;
        }
        return Ok(message);
    }
    if let Some(always) = occasion.always() {
        return save(here, event, tool, &always.to_string(), CaptureCondition::Changes);
    }
    for (source, error) in &answer.errors {
        here.output.note(&format!("handover: {}: {error}\n", source.name()));
    }
    windows::refresh(settings, environment, &state);
    Ok(None)
}

/// Has the same event looked at by a process that outlives the host.
fn detach(here: &Here<'_>, event: &Event, tool: Option<&'static Host>) -> Result<(), std::io::Error> {
    let mut child = Command::new(Environment::own_program()?)
        .args(["--root".as_ref(), here.top().as_os_str(), "on-event".as_ref(), "--detached".as_ref()])
        .args(tool.iter().flat_map(|host| ["--tool", host.id]))
        .current_dir(here.top())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It reads all of it at once.
        stdin.write_all(&event.payload)?;
    }
    Ok(())
}

/// Captures; gives what a person is shown. `None` when there was nothing to save.
fn save(
    here: &Here<'_>,
    event: &Event,
    tool: Option<&'static Host>,
    why: &str,
    condition: CaptureCondition,
) -> Result<Option<String>, EventError> {
    let request = CaptureRequest {
        title: None,
        summary_override: None,
        next_step: None,
        to: None,
        why,
        event: &event.name,
        tool: tool.map(|host| host.stamp),
        session_id: event.session_id.as_deref(),
        transcript: event.transcript.as_deref(),
        asked: event.prompt.as_deref(),
        // Where a turn failed, this is the failure.
        answered: event.answer.as_deref().filter(|_| event.name == "Stop"),
        condition,
        // Why it is done says it already.
        windows: Vec::new(),
        own: &|| wire::own(here),
    };
    let Some(captured) = capture(&here.project, &request)? else { return Ok(None) };
    if let Ok(Some(dir)) = Dir::open(&memory(here)?) {
        // What is left is only in the way of another alarm.
        let _ = dir.remove(ALARM_FILE);
    }
    let mut message = format!(
        "handover saved the work, because {}: {}",
        why.trim_end_matches('.'),
        Sanitised::path(captured.bundle.path())
    );
    let notes = captured.notes.iter().map(ToString::to_string);
    let notes = notes.chain(captured.unannounced.iter().map(ToString::to_string));
    for note in notes.chain(here.project.settings.warnings.iter().cloned()) {
        message.push_str(&format!("; {note}"));
    }
    Ok(Some(message))
}
