//! `handover capture`: saves the work as it stands, and says so to whoever comes next.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use handoff_agents::Host;
use handoff_bundle::{Bundle, BundleError, Contents, Description, Draft, Handover, Keyring, Origin, Trust};
use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_process::{Failure, HandoffRequest};
use handoff_transcript::{Session, Text};
use serde_json::{Value, json};

use super::pickup::recover_before_capture;
use crate::args::Capture;
use crate::called::called;
use crate::here::Here;
use crate::quota;
use crate::secrets;
use crate::summary::{Facts, Summary};
use crate::verb::wire;
use crate::words::counted;

/// The event of a capture that was asked for by hand.
pub(crate) const MANUAL: &str = "manual";

/// So much of what was asked for or answered is taken from an event, in bytes.
const ASKED: usize = 4 << 10;

/// How often, and how long each time, the end of a turn is waited for.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(40);

/// How many older bundles are looked at for those of the same session, the newest first.
const LOOKED_AT: usize = 50;

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
    /// What was just asked for, where the transcript does not have it yet.
    pub(crate) asked: Option<&'a str>,
    /// What the agent answered last.
    pub(crate) answered: Option<&'a str>,
    /// What there must be to save.
    pub(crate) only: Only,
    /// How full the usage windows are, each in words.
    pub(crate) windows: Vec<String>,
}

/// When there is something to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Only {
    /// Always: the summary alone is worth it.
    Anything,
    /// When something is uncommitted.
    Changes,
    /// When something is uncommitted, and it is not what the newest bundle here holds.
    News,
}

/// What was saved.
pub(crate) struct Saved {
    pub(crate) bundle: Bundle,
    /// The kinds of secrets that were taken out of the summary.
    pub(crate) redacted: Vec<&'static str>,
    /// Why no handoff announces it to the next session.
    pub(crate) unannounced: Option<String>,
    /// Why there is no copy of the transcript, or no `current/`.
    pub(crate) notes: Vec<String>,
}

pub(crate) fn run(here: &Here<'_>, capture: &Capture) -> Result<u8, Failure> {
    let order = Order {
        title: capture.title.as_deref(),
        said: capture.summary.as_deref(),
        next_step: capture.next_step.as_deref(),
        to: capture.to.as_deref(),
        why: "asked for by hand",
        event: MANUAL,
        tool: capture.tool.as_deref(),
        session_id: capture.session_id.as_deref(),
        transcript: capture.transcript.as_deref(),
        asked: None,
        answered: None,
        only: Only::Anything,
        windows: quota::words(&here.config, here.environment, &here.state()?, tool_of(capture)),
    };
    let Some(saved) = save(here, &order)? else { return Err(Failure::new("nothing is uncommitted")) };
    for note in saved.notes.iter().chain(&saved.unannounced) {
        here.output.complain(format_args!("warning: {note}"));
    }
    Ok(if capture.json { here.json(&as_json(&saved)) } else { here.print(&as_text(here, &saved)) })
}

/// Whose windows matter.
fn tool_of(capture: &Capture) -> Option<&'static Host> {
    capture.tool.as_deref().and_then(Host::named)
}

/// Saves it: the bundle whole and on disk, `current/`, then the word in the inbox. None when there was nothing to save.
pub(crate) fn save(here: &Here<'_>, order: &Order<'_>) -> Result<Option<Saved>, Failure> {
    here.must_be_inside()?;
    let mut notes: Vec<_> = recover_before_capture(here)?.into_iter().collect();
    let session = session(order).unwrap_or_else(|error| {
        notes.push(format!("what the session did is not told: {error}"));
        Session::default()
    });
    let handover = Handover::create(here.top(), here.config.track)?.leaving_out(&here.own_directories());
    let draft = handover.capture(&here.git()?, here.config.limits, &wire::own(here))?;
    if !is_wanted(order.only, &handover, &draft) {
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
    let tool = order.tool.or_else(|| session.host.map(|host| host.stamp)).unwrap_or("handover");
    let session_id = order.session_id.or_else(|| session.session_id.as_ref().map(|id| &*id.text));
    let origin = Origin {
        tool: tool.to_owned(),
        session_id: session_id.map(str::to_owned),
        event: order.event.to_owned(),
    };
    let bundle = publish(here, order, draft, &summary, created, origin, &mut notes)?;
    // From here on it is saved, whatever else goes wrong.
    if let Err(error) = handover.promote(&bundle) {
        let current = handover.path().join("current");
        notes.push(format!("{} is not up to date: {error}", handoff_text::Sanitised::path(&current)));
    }
    let announced = announce(here, order, &summary, &bundle, tool);
    if let Ok(Some(path)) = &announced
        && let Err(error) = bundle.note_handoff(path)
    {
        notes.push(format!("the handoff that tells of it will not be taken back: {error}"));
    }
    let unannounced = announced.err().map(|why| format!("the next session is not told by its inbox: {why}"));
    if order.event != MANUAL
        && let Err(failure) = supersede(&handover, here, &bundle)
    {
        notes.push(format!("what was saved before still waits too: {}", failure.words));
    }
    Ok(Some(Saved { bundle, redacted: summary.redacted, unannounced, notes }))
}

/// Whether there is enough to save in `draft`.
fn is_wanted(only: Only, handover: &Handover, draft: &Draft) -> bool {
    let is_news = || !newest(handover).is_some_and(|newest| newest.manifest().contents == *draft.contents());
    match only {
        Only::Anything => true,
        Only::Changes => !draft.is_empty(),
        Only::News => !draft.is_empty() && is_news(),
    }
}

/// Makes the bundle of `draft`, with the summary and, where there is one, the session's transcript cut down.
fn publish(
    here: &Here<'_>,
    order: &Order<'_>,
    draft: Draft,
    summary: &Summary,
    created: Timestamp,
    origin: Origin,
    notes: &mut Vec<String>,
) -> Result<Bundle, Failure> {
    let transcript = order.transcript.and_then(|path| {
        let redact = |text: &str| handoff_secrets::redact(text, &handoff_secrets::scan(text));
        // Why it cannot be read was said when it was read for the summary.
        handoff_transcript::cut_down(path, &redact).ok()
    });
    let description = Description {
        topic: &summary.title,
        created,
        origin,
        recipient: order.to.map(str::to_owned),
        summary: summary.whole.as_bytes(),
        transcript: transcript.as_ref().map(|copy| copy.lines.as_bytes()),
    };
    let keyring = here.keyring().or_else(|failure| {
        notes.push(format!(
            "it is saved without your seal, so `{} allow` has to come before it is used: {}",
            called(),
            failure.words
        ));
        Ok::<_, Failure>(Keyring::without_key(&here.state()?))
    })?;
    let bundle = draft.publish(&description, &keyring)?;
    notes.extend(here.unsigned(&bundle));
    Ok(bundle)
}

/// What the session did. A host runs its hooks while the end of the turn is still on its way into the transcript: that is
/// waited for, but not for long.
fn session(order: &Order<'_>) -> Result<Session, FileError> {
    let mut session = Session::default();
    for left in (0..=TRIES).rev() {
        session = match order.transcript.map(handoff_transcript::read).transpose() {
            Ok(read) => read.unwrap_or_default(),
            // Before the first turn there is none yet.
            Err(error) if order.asked.is_some() && error.kind() == std::io::ErrorKind::NotFound => {
                Session::default()
            }
            Err(error) => return Err(error),
        };
        let is_there = |answer: &str| {
            session.last_answer.as_ref().is_some_and(|last| answer.trim().starts_with(last.text.trim()))
        };
        if left == 0 || order.transcript.is_none() || order.answered.is_none_or(is_there) {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    if let Some(asked) = order.asked {
        let asked = Text::from(asked).up_to(ASKED);
        session.answer_is_older |= session.last_answer.is_some() && session.task.as_ref() != Some(&asked);
        if handoff_transcript::is_telling(&asked.text) {
            session.subject = Some(asked.clone());
        }
        session.task = Some(asked);
    }
    if let Some(answered) = order.answered {
        session.last_answer = Some(Text::from(answered).up_to(ASKED));
        session.answer_is_older = false;
    }
    Ok(session)
}

/// The newest bundle, whoever has it.
fn newest(handover: &Handover) -> Option<Bundle> {
    let newest = handover.list().ok()?.into_iter().next()?;
    handover.bundle(&newest.id).ok()
}

/// Takes what was saved of the same session before out of the way: all of it that matters is in the new one.
fn supersede(handover: &Handover, here: &Here<'_>, new: &Bundle) -> Result<(), Failure> {
    let Some(session) = &new.manifest().origin.session_id else { return Ok(()) };
    let keyring = here.keyring()?;
    for id in handover.pending()?.into_iter().filter(|id| id != new.id()).take(LOOKED_AT) {
        let Ok(old) = handover.bundle(&id) else { continue };
        let origin = &old.manifest().origin;
        let is_same = origin.session_id.as_ref() == Some(session) && origin.event != MANUAL;
        if !is_same || old.manifest().recipient.is_some() || !keyring.trust(&old)?.is_good() {
            continue;
        }
        match old.claim(&format!("{}, which is newer", new.id()), Timestamp::now()) {
            Ok(_) => withdraw(here, &old),
            // Somebody took it in this moment.
            Err(BundleError::Claimed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Archives the handoff that tells of a bundle of ours, in case it is unread: it would have its reader look for what is
/// taken. It is where the bundle was made, or in this worktree, for which it was made.
pub(crate) fn withdraw(here: &Here<'_>, bundle: &Bundle) {
    if let Some(path) = announcement(here, bundle).filter(|path| handoff_files::is_file(path)) {
        for_announcement(here, bundle, &path, HandoffRequest::withdraw);
    }
}

/// Makes that handoff unread again, since the bundle waits again.
pub(crate) fn announce_again(here: &Here<'_>, bundle: &Bundle) {
    if let Some(path) = announcement(here, bundle) {
        for_announcement(here, bundle, &path, HandoffRequest::restore);
    }
}

/// Where the handoff that tells of a bundle of ours was written. What a stranger's bundle names is a stranger's choice,
/// allowed or not.
fn announcement(here: &Here<'_>, bundle: &Bundle) -> Option<PathBuf> {
    let is_own = here.keyring().is_ok_and(|keyring| matches!(keyring.trust(bundle), Ok(Trust::Own)));
    bundle.handoff().filter(|_| is_own)
}

/// Does `act` with it in this worktree's inbox, else in that of the worktree where the bundle lies.
fn for_announcement(here: &Here<'_>, bundle: &Bundle, path: &Path, act: fn(&Path, &OsStr) -> bool) {
    let Some(name) = path.file_name() else { return };
    // `TOP/.handover/bundles/ID`.
    let source = bundle.path().ancestors().nth(3).filter(|top| *top != here.top());
    if !act(here.top(), name)
        && let Some(source) = source
    {
        act(source, name);
    }
}

/// Leaves the summary as a handoff; gives its path.
fn announce(
    here: &Here<'_>,
    order: &Order<'_>,
    summary: &Summary,
    bundle: &Bundle,
    tool: &str,
) -> Result<Option<PathBuf>, String> {
    let contents = &bundle.manifest().contents;
    let Contents { files, staged, .. } = contents;
    let mut dirty: Vec<_> = files.iter().map(|file| &file.path).collect();
    dirty.extend(staged.iter().map(|staged| &staged.path));
    dirty.extend(contents.left_behind().map(|left| &left.path));
    dirty.sort();
    dirty.dedup();
    let request = HandoffRequest {
        tool,
        name: &format!("Captured: {}", summary.title),
        topic: "capture",
        worktree: here.top(),
        to: order.to,
        session_id: bundle.manifest().origin.session_id.as_deref(),
        dirty_files: Some(dirty.len()),
    };
    let path = handoff_text::Sanitised::path(bundle.path());
    let whole = if summary.whole == summary.text {
        String::new()
    } else {
        format!("The whole of it: {path}/summary.md\n")
    };
    let body = format!("{}\nThe bundle: {path}\n{whole}", summary.text.trim_end());
    let sent = request.send(&body).map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_slice(&sent.report).unwrap_or_default();
    // As that the recipient does not exist yet.
    if let Some(note) = report["recipient_note"].as_str() {
        here.output.note(&format!("note: {note}\n"));
    }
    Ok(report["path"].as_str().map(PathBuf::from))
}

fn as_text(here: &Here<'_>, saved: &Saved) -> String {
    let contents = &saved.bundle.manifest().contents;
    let mut text = format!("{}\n", saved.bundle.id());
    text += &format!(
        "saved {} and {} staged in {}\n",
        counted(contents.files.len(), "changed path"),
        contents.staged.len(),
        handoff_text::Sanitised::path(saved.bundle.path())
    );
    for left in contents.left_behind() {
        text += &format!("not carried: {}: {}\n", secrets::shown(&left.path), left.text());
    }
    if !saved.redacted.is_empty() {
        text += &format!("taken out of the summary: {}\n", saved.redacted.join(", "));
    }
    text += &secrets::lines(&saved.bundle);
    if saved.unannounced.is_none() {
        text += "the next session is told by its inbox\n";
    }
    if contents.is_empty() {
        let is_clean = contents.left_behind().next().is_none();
        return text
            + if is_clean { "nothing was uncommitted\n" } else { "nothing of it could be carried\n" };
    }
    let top = handoff_process::quoted(here.top());
    // Without its id, only the worktree that it is for takes it.
    let id = saved.bundle.manifest().recipient.as_ref().map(|_| format!(" {}", saved.bundle.id()));
    text + &format!("elsewhere: {} pickup{} --from {top} --apply\n", called(), id.unwrap_or_default())
}

fn as_json(saved: &Saved) -> Value {
    let contents = &saved.bundle.manifest().contents;
    let left: Vec<_> = contents
        .left_behind()
        .map(|left| json!({"path": left.path.to_string(), "reason": left.text()}))
        .collect();
    json!({
        "id": saved.bundle.id().as_str(), "path": saved.bundle.path().to_string_lossy(),
        "files": contents.files.len(), "staged": contents.staged.len(), "not_carried": left,
        "redacted": saved.redacted, "told": saved.unannounced.is_none(),
    })
}
