//! Saves the work as it stands, and announces it to the next session.

use std::path::{Path, PathBuf};
use std::time::Duration;

use handoff_bundle::{Bundle, BundleError, Description, Draft, GitError, Handover, Keyring, Origin, Own};
use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_process::SendError;
use handoff_text::Sanitised;
use handoff_transcript::{Session, Text};

use crate::called::called;
use crate::project::{KeyringError, Outside, Unsigned};
use crate::recover::{NotRecovered, recover_before_capture};
use crate::summary::{Facts, Summary};
use crate::{Project, announcement};

/// The event of a capture that was asked for by hand.
pub const MANUAL: &str = "manual";

/// So much of what was asked for or answered is taken from an event, in bytes.
const MAX_EVENT_TEXT_BYTES: usize = 4 << 10;

/// How often, and how long each time, the end of a turn is waited for.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(40);

/// How many older bundles are looked at for those of the same session, the newest first.
const MAX_OLDER: usize = 50;

/// What is to be saved, and why.
pub struct CaptureRequest<'a> {
    /// The title; without one it is made of what was asked for.
    pub title: Option<&'a str>,
    /// What the user wrote for this capture.
    pub summary_override: Option<&'a str>,
    /// What comes next.
    pub next_step: Option<&'a str>,
    /// The worktree that it is for.
    pub to: Option<&'a str>,
    /// Why now, in words.
    pub why: &'a str,
    /// What brought it about: [`MANUAL`], or an event's name.
    pub event: &'a str,
    /// The agent, as `session_tool` names it.
    pub tool: Option<&'a str>,
    /// Its session.
    pub session_id: Option<&'a str>,
    /// The session's transcript.
    pub transcript: Option<&'a Path>,
    /// What was just asked for, where the transcript does not have it yet.
    pub asked: Option<&'a str>,
    /// What the agent answered last.
    pub answered: Option<&'a str>,
    /// What there must be to save.
    pub condition: CaptureCondition,
    /// How full the usage windows are, each in words.
    pub windows: Vec<String>,
    /// What of the worktree's changes may be nothing but our own wiring. It is asked only where something is saved.
    pub own: &'a dyn Fn() -> Vec<Own>,
}

/// When there is something to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureCondition {
    /// Always: the summary alone is worth it.
    Always,
    /// When something is uncommitted.
    Changes,
    /// When something is uncommitted, and it is not what the newest bundle here holds.
    News,
}

/// What was saved.
#[derive(Debug)]
pub struct Captured {
    /// The bundle.
    pub bundle: Bundle,
    /// The kinds of secrets that were taken out of the summary.
    pub redacted: Vec<&'static str>,
    /// Why no handoff announces it to the next session.
    pub unannounced: Option<Unannounced>,
    /// What else went wrong; it is saved all the same.
    pub notes: Vec<CaptureNote>,
}

/// Why no handoff announces a capture.
#[derive(Debug, thiserror::Error)]
#[error("the next session is not told by its inbox: {0}")]
pub struct Unannounced(SendError);

/// What went wrong beside a capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureNote {
    /// An apply that may have been interrupted was not undone before.
    #[error(transparent)]
    NotRecovered(#[from] NotRecovered),
    /// The transcript can't be read.
    #[error("what the session did is not told: {0}")]
    NoSession(FileError),
    /// The user's key can't be used.
    #[error("it is saved without your seal, so `{called} allow` has to come before it is used: {0}", called = called())]
    Unsealed(KeyringError),
    /// The user's key can't be made here.
    #[error(transparent)]
    Unsigned(Unsigned),
    /// This directory does not have it.
    #[error("{} is not up to date: {error}", Sanitised::path(path))]
    NotPromoted {
        /// `.handover/current`.
        path: PathBuf,
        /// Why not.
        error: BundleError,
    },
    /// Where its handoff is could not be noted.
    #[error("the handoff that tells of it will not be taken back: {0}")]
    HandoffNotNoted(BundleError),
    /// Older captures of the session are not out of the way.
    #[error("what was saved before still waits too: {0}")]
    NotSuperseded(CaptureError),
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// This is no worktree.
    #[error(transparent)]
    Outside(#[from] Outside),
    /// There is no git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The bundle can't be made.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The state directory can't be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// Saves the work: the bundle whole and on disk, `current/`, then the handoff that announces it. `None` when there was
/// nothing to save.
///
/// # Errors
/// [`CaptureError`].
pub fn capture(
    project: &Project<'_>,
    request: &CaptureRequest<'_>,
) -> Result<Option<Captured>, CaptureError> {
    project.must_be_inside()?;
    let mut notes: Vec<CaptureNote> =
        recover_before_capture(project)?.map(CaptureNote::from).into_iter().collect();
    let session = session(request).unwrap_or_else(|error| {
        notes.push(CaptureNote::NoSession(error));
        Session::default()
    });
    let handover =
        Handover::create(project.top(), project.settings.track)?.leaving_out(&project.own_directories());
    let draft = handover.capture(&project.git()?, project.settings.limits, &(request.own)())?;
    if !is_wanted(request.condition, &handover, &draft) {
        return Ok(None);
    }
    let created = Timestamp::now();
    let top = project.top().to_string_lossy();
    let summary = Summary::of(&Facts {
        title: request.title,
        summary_override: request.summary_override,
        next_step: request.next_step,
        why: request.why,
        windows: &request.windows,
        created,
        top: &top,
        session: &session,
        contents: draft.contents(),
    });
    let tool = request.tool.or_else(|| session.host.map(|host| host.stamp)).unwrap_or("handover");
    let origin = origin(request, &session, tool);
    let bundle = publish(project, request, draft, &summary, created, origin, &mut notes)?;
    // From here on it is saved, whatever else goes wrong.
    let unannounced = announce(project, request, &handover, &bundle, &summary, tool, &mut notes);
    Ok(Some(Captured { bundle, redacted: summary.redacted, unannounced, notes }))
}

/// Where a capture comes from.
fn origin(request: &CaptureRequest<'_>, session: &Session, tool: &str) -> Origin {
    let session_id = request.session_id.or_else(|| session.session_id.as_ref().map(|id| &*id.text));
    Origin {
        tool: tool.to_owned(),
        session_id: session_id.map(str::to_owned),
        event: request.event.to_owned(),
    }
}

/// Makes `bundle` the newest one, announces it, and takes older ones of its session out of the way; returns why no handoff
/// announces it.
fn announce(
    project: &Project<'_>,
    request: &CaptureRequest<'_>,
    handover: &Handover,
    bundle: &Bundle,
    summary: &Summary,
    tool: &str,
    notes: &mut Vec<CaptureNote>,
) -> Option<Unannounced> {
    if let Err(error) = handover.promote(bundle) {
        notes.push(CaptureNote::NotPromoted { path: handover.path().join("current"), error });
    }
    let announced = announcement::write(project, bundle, summary, request.to, tool);
    if let Ok(Some(path)) = &announced
        && let Err(error) = bundle.note_handoff(path)
    {
        notes.push(CaptureNote::HandoffNotNoted(error));
    }
    if request.event != MANUAL
        && let Err(error) = supersede(project, handover, bundle)
    {
        notes.push(CaptureNote::NotSuperseded(error));
    }
    announced.err().map(Unannounced)
}

/// Whether there is enough to save in `draft`.
fn is_wanted(condition: CaptureCondition, handover: &Handover, draft: &Draft) -> bool {
    let is_news = || !newest(handover).is_some_and(|newest| newest.manifest().contents == *draft.contents());
    match condition {
        CaptureCondition::Always => true,
        CaptureCondition::Changes => !draft.is_empty(),
        CaptureCondition::News => !draft.is_empty() && is_news(),
    }
}

/// Makes the bundle of `draft`, with the summary and, where there is one, the session's transcript cut down.
fn publish(
    project: &Project<'_>,
    request: &CaptureRequest<'_>,
    draft: Draft,
    summary: &Summary,
    created: Timestamp,
    origin: Origin,
    notes: &mut Vec<CaptureNote>,
) -> Result<Bundle, CaptureError> {
    let transcript = request.transcript.and_then(|path| {
        let redact = |text: &str| handoff_secrets::redact(text, &handoff_secrets::scan(text));
        // Why it cannot be read was said when it was read for the summary.
        handoff_transcript::cut_down(path, &redact).ok()
    });
    let description = Description {
        topic: &summary.title,
        created,
        origin,
        recipient: request.to.map(str::to_owned),
        summary: summary.whole.as_bytes(),
        transcript: transcript.as_ref().map(|copy| copy.lines.as_bytes()),
    };
    let keyring = match project.keyring() {
        Ok(keyring) => keyring,
        Err(error) => {
            notes.push(CaptureNote::Unsealed(error));
            Keyring::without_key(&project.state()?)
        }
    };
    let bundle = draft.publish(&description, &keyring)?;
    notes.extend(project.unsigned(&bundle).map(CaptureNote::Unsigned));
    Ok(bundle)
}

/// What the session did. A host runs its hooks while the end of the turn is still on its way into the transcript: that is
/// waited for, but not for long.
fn session(request: &CaptureRequest<'_>) -> Result<Session, FileError> {
    let mut session = Session::default();
    for left in (0..=TRIES).rev() {
        session = match request.transcript.map(handoff_transcript::read).transpose() {
            Ok(read) => read.unwrap_or_default(),
            // Before the first turn there is none yet.
            Err(error) if request.asked.is_some() && error.kind() == std::io::ErrorKind::NotFound => {
                Session::default()
            }
            Err(error) => return Err(error),
        };
        let is_there = |answer: &str| {
            session.last_answer.as_ref().is_some_and(|last| answer.trim().starts_with(last.text.trim()))
        };
        if left == 0 || request.transcript.is_none() || request.answered.is_none_or(is_there) {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    if let Some(asked) = request.asked {
        let asked = Text::from(asked).up_to(MAX_EVENT_TEXT_BYTES);
        session.answer_is_older |= session.last_answer.is_some() && session.task.as_ref() != Some(&asked);
        if handoff_transcript::is_telling(&asked.text) {
            session.subject = Some(asked.clone());
        }
        session.task = Some(asked);
    }
    if let Some(answered) = request.answered {
        session.last_answer = Some(Text::from(answered).up_to(MAX_EVENT_TEXT_BYTES));
        session.answer_is_older = false;
    }
    Ok(session)
}

/// The newest bundle, taken or not.
fn newest(handover: &Handover) -> Option<Bundle> {
    let newest = handover.list().ok()?.into_iter().next()?;
    handover.bundle(&newest.id).ok()
}

/// Removes this session's older captures; the new one supersedes them.
fn supersede(project: &Project<'_>, handover: &Handover, new: &Bundle) -> Result<(), CaptureError> {
    let Some(session) = &new.manifest().origin.session_id else { return Ok(()) };
    let keyring = project.keyring()?;
    for id in handover.pending()?.into_iter().filter(|id| id != new.id()).take(MAX_OLDER) {
        let Ok(old) = handover.bundle(&id) else { continue };
        let origin = &old.manifest().origin;
        let is_same = origin.session_id.as_ref() == Some(session) && origin.event != MANUAL;
        if !is_same || old.manifest().recipient.is_some() || !keyring.trust(&old)?.is_good() {
            continue;
        }
        match old.claim(&format!("{}, which is newer", new.id()), Timestamp::now()) {
            Ok(_) => announcement::withdraw(project, &old),
            // Another session took it in this moment.
            Err(BundleError::Claimed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
