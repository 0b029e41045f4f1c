//! `handover on-event`: what a hook runs. It answers in milliseconds when there is nothing to do, and never fails its
//! host: what went wrong is said on standard error, where hosts keep it in their logs, and to the user where work could
//! not be saved that should have been.
//!
//! A host that hit its limit or ends does not wait for its hooks, and what kills it kills its process group: then the
//! saving is done by a process of its own group, which nobody waits for.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use handoff_address::Address;
use handoff_agents::{Dialect, Host};
use handoff_document::Timestamp;
use handoff_files::Dir;
use handoff_process::{Environment, Failure, HandoffRequest, Output};
use handoff_quota::{Cause, Ledger, Moment, Policy, Reading, Rollout, Trigger, Wall};
use handoff_text::Sanitised;
use serde_json::json;

use super::capture::{Only, Order, save};
use crate::event::Event;
use crate::here::{Here, state};
use crate::quota;

/// How long other hooks, who decide the same, are waited for.
const BUSY_TIMEOUT: Duration = Duration::from_millis(50);

pub(crate) fn run(
    environment: &Environment,
    output: Output,
    root: Option<&Path>,
    tool: Option<&str>,
    detached: bool,
) {
    let event = Event::read();
    // A background agent has nobody's work but its caller's.
    if environment.skip {
        return;
    }
    let start = root.map(Path::to_owned).or_else(|| event.cwd.clone());
    let start = start.or_else(|| environment.claude_project_dir.clone());
    let done = Here::forgiving(environment, output, start.as_deref()).and_then(|here| {
        // Outside of git there is nothing that could be carried. In a repository that git cannot use there is, and that it
        // is not saved has to be said.
        match here.worktree.is_repository() || here.unusable.is_some() {
            true => {
                let done = look(&here, &event, tool, detached);
                if let (true, Err(failure)) = (detached, &done)
                    && failure.code == UNSAVED
                {
                    alarm(&here, &failure.words);
                }
                done
            }
            false => Ok(None),
        }
    });
    match done {
        Ok(Some(words)) => tell(output, &words),
        Ok(None) => {}
        Err(failure) => {
            output.complain(&failure.words);
            if failure.code == UNSAVED && !detached {
                tell(output, &format!("handover could not save the work: {}", failure.words));
            }
        }
    }
}

/// What is remembered of this worktree: each is captured for itself.
fn memory(here: &Here<'_>) -> Result<PathBuf, Failure> {
    let address = Address::of(here.top());
    Ok(here.state()?.join("captured").join(address.slug()).join(address.key()))
}

/// Why work was not saved, when a session was told that already.
const TOLD: &str = "unsaved";

/// Where nobody listens any more, the next session is told that work was not saved; once for each reason.
fn alarm(here: &Here<'_>, reason: &str) {
    let dir = memory(here).and_then(|path| Ok(Dir::create(&path)?));
    let last = || dir.as_ref().ok()?.open_to_read(TOLD).and_then(|mut file| file.read(1 << 16)).ok();
    if last().is_some_and(|last| last == reason.as_bytes()) {
        return;
    }
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
    // Noted after it is told: twice is better than never.
    let noted = match request.send(&body) {
        Ok(_) => dir.and_then(|dir| Ok(dir.temporary(&[reason.as_bytes()])?.replace(TOLD).map(drop)?)),
        Err(error) => Err(error.into()),
    };
    if let Err(failure) = noted {
        here.output.complain(failure.words);
    }
}

/// The code of a failure that a person has to hear of.
const UNSAVED: u8 = 3;

/// Says something to the person, in the JSON that both hosts take on standard output; no model is sent it.
fn tell(output: Output, words: &str) {
    output.json(&json!({ "systemMessage": Sanitised::from(words).as_str() }));
}

/// Captures when there is a reason to; gives what a person is told then.
fn look(
    here: &Here<'_>,
    event: &Event,
    tool: Option<&str>,
    detached: bool,
) -> Result<Option<String>, Failure> {
    let now = Timestamp::now();
    let tool = tool.and_then(Host::named).or_else(|| event.host());
    let state = state(here.environment)?;
    let ledger = Ledger::new(&memory(here)?);
    let sources = quota::sources(&here.config, here.environment, &state, tool, event.transcript.as_deref());
    let answer = sources.ask(tool, now, here.config.budget);
    let mut wall = wall(event, tool, now);
    if let (Some(wall), Some(reading)) = (&mut wall, &answer.reading) {
        wall.complete(reading);
    }
    let ends = !detached && matches!(event.name.as_str(), "StopFailure" | "SessionEnd");
    if ends && is_due(here, event, wall.as_ref(), answer.reading.as_ref(), &ledger, now)? {
        detach(here, event, tool)?;
        return Ok(None);
    }
    let claim = match (&wall, &answer.reading) {
        (Some(wall), _) => Policy::claim_wall(wall, session(event), &ledger, now, BUSY_TIMEOUT)?,
        (None, Some(reading)) => {
            here.config.policy.claim(reading, moment(event), &ledger, now, BUSY_TIMEOUT)?
        }
        (None, None) => None,
    };
    if let Some(claim) = claim {
        let another = claim.trigger.is_another();
        let only = match event.name.as_str() {
            _ if another => Only::News,
            // Before a turn there is nothing to save but what is uncommitted; what the turn brings, its end saves.
            "UserPromptSubmit" => Only::Changes,
            _ => Only::Anything,
        };
        let words = capture(here, event, tool, &why(&claim.trigger), only)?;
        if words.is_some() || another {
            claim.done()?;
        }
        return Ok(words);
    }
    if let Some(why) = always(here, event) {
        return capture(here, event, tool, why, Only::Changes);
    }
    for (source, error) in &answer.errors {
        here.output.note(&format!("handover: {}: {error}\n", source.name()));
    }
    quota::refresh(&here.config, here.environment, &state);
    Ok(None)
}

/// The session's id; empty when the event does not say.
fn session(event: &Event) -> &str {
    event.session_id.as_deref().unwrap_or_default()
}

/// Where in a session this event stands.
fn moment(event: &Event) -> Moment<'_> {
    match event.name.as_str() {
        "UserPromptSubmit" => Moment::Prompt,
        "SessionEnd" => Moment::End(session(event)),
        _ => Moment::Turn,
    }
}

/// Why this event asks for a capture whatever the windows say.
fn always(here: &Here<'_>, event: &Event) -> Option<&'static str> {
    match event.name.as_str() {
        "SessionEnd" => here.config.on_session_end.then_some("the session ended"),
        "PreCompact" => here.config.on_compact.then_some("the conversation is about to be compacted"),
        _ => None,
    }
}

/// Whether there is a reason to capture that nobody has captured for.
fn is_due(
    here: &Here<'_>,
    event: &Event,
    wall: Option<&Wall>,
    reading: Option<&Reading>,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<bool, Failure> {
    if always(here, event).is_some() {
        return Ok(true);
    }
    if wall.is_none() && reading.is_none() {
        return Ok(false);
    }
    let memory = ledger.memory()?;
    Ok(match wall {
        Some(wall) => Policy::decide_wall(wall, session(event), &memory, now).is_some(),
        None => reading
            .is_some_and(|reading| here.config.policy.decide(reading, moment(event), &memory, now).is_some()),
    })
}

/// Has the same event looked at by a process that outlives the host.
fn detach(here: &Here<'_>, event: &Event, tool: Option<&'static Host>) -> Result<(), Failure> {
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

/// Whether the host says that it hit its limit.
fn wall(event: &Event, tool: Option<&'static Host>, now: Timestamp) -> Option<Wall> {
    let said = Wall::of_event(&event.payload, now);
    let has_rollout = tool.is_some_and(|host| host.transcript == Some(Dialect::Codex));
    let rollout = || {
        // Codex's events don't say how a turn ended, its rollout does; and at the wall no `Stop` comes.
        let ended = matches!(event.name.as_str(), "Stop" | "SessionEnd") && has_rollout;
        let path = event.transcript.clone().filter(|_| ended)?;
        let deadline = std::time::Instant::now() + BUSY_TIMEOUT;
        Rollout::new(path).ending(deadline).ok()?.wall
    };
    said.or_else(rollout).filter(|wall| wall.stands(now))
}

fn why(trigger: &Trigger) -> String {
    match &trigger.cause {
        Cause::Near(reading) => {
            let windows: Vec<String> = reading.windows.iter().map(quota::told).collect();
            windows.join("; ")
        }
        Cause::Wall(wall) => {
            let until = wall.resets_at.map(|reset| format!(", until {reset}")).unwrap_or_default();
            let told = if wall.told.is_empty() { String::new() } else { format!(": {}", wall.told) };
            format!("{} hit its limit{until}{told}", trigger.tool.map_or("the agent", |host| host.name))
        }
    }
}

/// Gives what a person is told; None when there was nothing to save.
fn capture(
    here: &Here<'_>,
    event: &Event,
    tool: Option<&'static Host>,
    why: &str,
    only: Only,
) -> Result<Option<String>, Failure> {
    let order = Order {
        title: None,
        said: None,
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
        only,
        // Why it is done says it already.
        windows: Vec::new(),
    };
    let saved = save(here, &order).map_err(|failure| Failure { code: UNSAVED, ..failure })?;
    let Some(saved) = saved else { return Ok(None) };
    if let Ok(Some(dir)) = Dir::open(&memory(here)?) {
        // What is left is only in the way of another alarm.
        let _ = dir.remove(TOLD);
    }
    let mut words = format!(
        "handover saved the work, because {}: {}",
        why.trim_end_matches('.'),
        Sanitised::path(saved.bundle.path())
    );
    for note in saved.notes.iter().chain(&saved.unannounced).chain(&here.config.warnings) {
        words += &format!("; {note}");
    }
    Ok(Some(words))
}
