//! What the hook tells a session of the mailroom: a small file in each worktree's inbox, made by the last look. The hook never
//! reaches the network.

use std::path::PathBuf;

use handoff_address::Address;
use handoff_capturing::{Project, counted};
use handoff_document::Timestamp;
use handoff_store::{MAIL_NOTICE, Store};
use handoff_text::Sanitised;
use serde::{Deserialize, Serialize};

use super::records::{self, OUT, Out};
use super::{Looked, Mailroom, MailroomError, RemoteError};
use crate::error::MailError;

/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 600;
/// The longest text in it that a sender wrote, in characters.
const MAX_CLAIMED_CHARS: usize = 60;
/// The longest name of a remote in it, in bytes.
const MAX_NAME_BYTES: usize = 100;
/// In the background the remote is looked at again after a minute, at the earliest; after failures later and later, up to an
/// hour.
const PAUSE_SECS: i64 = 60;
const LONGEST_PAUSE_SECS: i64 = 3_600;

/// What the last look found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The version of its format: 1.
    pub v: u32,
    /// When the remote should be looked at again, in seconds since 1970.
    pub next: i64,
    /// How many looks failed since one did not.
    #[serde(default)]
    pub failed: u32,
    /// What the session is told, one line; empty where nothing waits.
    #[serde(default)]
    pub line: String,
}

impl Notice {
    fn new(line: String, failed: u32, random: u8) -> Self {
        let pause = (PAUSE_SECS << failed.min(6)).min(LONGEST_PAUSE_SECS);
        // A fifth more or less, so that many machines do not ask at once.
        let jitter = pause * (i64::from(random) - 128) / 640;
        Self { v: 1, next: Timestamp::now().seconds() + pause + jitter, failed, line }
    }
}

impl Mailroom<'_> {
    /// Leaves what a look found for the sessions of every worktree.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn leave_notice(&self, looked: &Result<Looked, MailroomError>) -> Result<(), MailroomError> {
        let looked = match looked {
            Ok(looked) => looked,
            Err(MailroomError::Remote(RemoteError::Slow(_))) if self.has_queued()? => {
                return self.leave_slow();
            }
            Err(error) => return leave_trouble(self.project, error),
        };
        let mut parts = vec![self.line(looked)];
        parts.extend(self.trouble(looked)?);
        parts.retain(|part| !part.is_empty());
        let mut line = parts.join(". ");
        line.truncate(line.floor_char_boundary(MAX_LINE_BYTES));
        leave(self.project, |old, random| {
            // What does not go out is tried later and later too.
            let failed = if looked.unsent.is_some() { old.failed.saturating_add(1) } else { 0 };
            Notice::new(line.clone(), failed, random)
        })
    }

    /// Leaves word that a letter did not go out in the time that the background has.
    fn leave_slow(&self) -> Result<(), MailroomError> {
        let remote = self.joined.place();
        let slow = format!(
            "a letter is queued here, and {remote} did not answer in the time that the background has: run `handoff sync` yourself"
        );
        leave(self.project, |old, random| {
            let line = if old.line.is_empty() { slow.clone() } else { old.line };
            Notice::new(line, old.failed.saturating_add(1), random)
        })
    }

    /// What a person has to do something about, although the remote was looked at.
    fn trouble(&self, looked: &Looked) -> Result<Vec<String>, MailroomError> {
        let mut parts = Vec::new();
        if let Some(person) = looked.other_keys.first() {
            parts.push(format!(
                "A letter that says it is from {person} is signed with another key than that machine's: run `handoff mail` yourself"
            ));
        }
        let outs = records::all::<Out>(&self.dir, OUT)?;
        match outs.iter().filter(|(_, out)| out.refused.is_some()).count() {
            0 => parts.extend(looked.unsent.as_ref().and_then(RemoteError::told)),
            refused => parts.push(format!(
                "{} of yours: {} refuses to take it; run `handoff mail` yourself, which says why",
                counted(refused, "letter"),
                self.joined.place()
            )),
        }
        Ok(parts)
    }

    fn line(&self, looked: &Looked) -> String {
        let remote = self.joined.place();
        // How long ago would not be true any more when it is read.
        let mut line = match &looked.waiting[..] {
            [] => return String::new(),
            [only] => {
                let branch = only
                    .branch
                    .as_ref()
                    .map(|branch| format!(", branch {}", claimed(branch)))
                    .unwrap_or_default();
                format!(
                    "1 handoff for you waits at {remote}: \"{}\" from {}{branch}. To take it: `handoff pull`",
                    claimed(&only.title),
                    claimed(&only.from)
                )
            }
            [newest, ..] => format!(
                "{} handoffs for you wait at {remote}, the newest \"{}\" from {}. To see them: `handoff mail`; to take them: `handoff pull`",
                looked.waiting.len(),
                claimed(&newest.title),
                claimed(&newest.from)
            ),
        };
        line.truncate(line.floor_char_boundary(MAX_LINE_BYTES));
        line
    }
}

/// A text of the sender's as it stands in the line, which is shown to a model without a frame: short, and without what the line itself
/// is made of, so that it cannot go on in our words.
fn claimed(text: impl std::fmt::Display) -> String {
    let text = text.to_string().replace(['"', '\u{201c}', '\u{201d}'], "'").replace('`', "'");
    let mut short: String = text.chars().take(MAX_CLAIMED_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Leaves for the sessions of every worktree why a look failed, as where the mailroom could not even be opened. What only a person
/// can mend is told until a look succeeds; what ends by itself is not.
///
/// # Errors
/// [`MailroomError`].
pub fn leave_trouble(project: &Project<'_>, error: &MailroomError) -> Result<(), MailroomError> {
    match error {
        // Another program looks just now, and leaves what it finds.
        MailroomError::Busy => return Ok(()),
        // Nothing is looked for here any more.
        MailroomError::NotJoined => return remove(project),
        _ => {}
    }
    let told = told(error);
    leave(project, |old, random| {
        // What was seen last still holds where the remote is only not reached.
        let line = told.clone().unwrap_or(old.line);
        Notice::new(line, old.failed.saturating_add(1), random)
    })
}

/// What a session is told of `error`; `None` where the next look may be better. Nothing in it is in others' words.
fn told(error: &MailroomError) -> Option<String> {
    let what = match error {
        MailroomError::Remote(error) => return error.told(),
        MailroomError::Slow(_) => return None,
        MailroomError::Changed { remote, .. } => {
            let remote = Sanitised::line(remote.as_bytes(), MAX_NAME_BYTES);
            format!("How {remote} is reached, or your mail address here, changed since you joined")
        }
        MailroomError::UnknownRemote(remote) => {
            let remote = Sanitised::line(remote.as_bytes(), MAX_NAME_BYTES);
            format!("This repository has no remote {remote} any more")
        }
        MailroomError::Mail(MailError::Unset(_)) => "Git does not know who you are here".to_owned(),
        MailroomError::Mail(MailError::Machine(_)) => "This machine's key cannot be used".to_owned(),
        MailroomError::Mail(MailError::People(_)) => "Whose letters are taken here cannot be read".to_owned(),
        MailroomError::Record { .. } => "A record of the mailroom cannot be read".to_owned(),
        _ => "The mailroom cannot be used".to_owned(),
    };
    Some(format!("{what}, so no letter comes or goes: run `handoff sync` yourself, which says what to do"))
}

impl RemoteError {
    /// What a session is told of it; `None` where the next look may be better.
    fn told(&self) -> Option<String> {
        match self {
            Self::Unreached { .. } | Self::NotAtomic(_) | Self::NoCard(_) | Self::Slow(_) => None,
            Self::Asks { remote, .. } => {
                let remote = Sanitised::line(remote.as_bytes(), MAX_NAME_BYTES);
                Some(format!(
                    "{remote} wants a password or a key, and the background cannot be asked for one: run `handoff sync` yourself"
                ))
            }
            Self::Unkept { remote, .. } => {
                let remote = Sanitised::line(remote.as_bytes(), MAX_NAME_BYTES);
                Some(format!(
                    "What {remote} has could not be kept here: run `handoff sync` yourself, which says why"
                ))
            }
            Self::Refused { remote, .. } => {
                let remote = Sanitised::line(remote.as_bytes(), MAX_NAME_BYTES);
                Some(format!("{remote} refuses this machine: run `handoff sync` yourself, which says why"))
            }
            Self::Gone { remote, .. } => {
                let remote = Sanitised::line(remote.as_bytes(), MAX_NAME_BYTES);
                Some(format!(
                    "{remote} has no such repository, or does not show it to you: run `handoff sync` yourself, which says more"
                ))
            }
            Self::Git(_) => Some("Git fails here: run `handoff sync` yourself, which says why".to_owned()),
        }
    }
}

/// Writes the notice of every worktree; `next` makes it of the old one and a random number.
fn leave(project: &Project<'_>, next: impl Fn(Notice, u8) -> Notice) -> Result<(), MailroomError> {
    let store = Store::create(&project.environment.store_to_write()?)?;
    let [random] = handoff_files::random::<1>()?;
    for top in worktrees(project) {
        let inbox = store.create_inbox(&Address::of(&top))?;
        let unread = inbox.create_child("unread")?;
        let old = unread.open_to_read(MAIL_NOTICE).and_then(|mut file| file.read(4 << 10)).ok();
        let old: Notice = old.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let mut bytes = serde_json::to_vec(&next(old, random))
            .map_err(|error| MailroomError::Record { path: inbox.path().join(MAIL_NOTICE), error })?;
        bytes.push(b'\n');
        unread.put(MAIL_NOTICE, &bytes)?;
    }
    Ok(())
}

/// Removes them.
fn remove(project: &Project<'_>) -> Result<(), MailroomError> {
    let Some(store) = Store::open(&project.environment.store()?)? else { return Ok(()) };
    for top in worktrees(project) {
        let inbox = store.inbox(&Address::of(&top))?;
        if let Some(unread) = inbox.map(|inbox| inbox.child("unread")).transpose()?.flatten() {
            unread.remove(MAIL_NOTICE)?;
        }
    }
    Ok(())
}

/// The worktrees of the repository that are there.
fn worktrees(project: &Project<'_>) -> Vec<PathBuf> {
    let mut worktrees = project.worktree.worktrees();
    if !worktrees.iter().any(|top| top == project.top()) {
        worktrees.push(project.top().to_owned());
    }
    worktrees.retain(|top| handoff_files::is_directory(top));
    worktrees
}
