//! Gives what waits in an inbox to a session.
//!
//! The one order of work, for every program that shows handoffs. A hook *offers*: it reads in place, renders, records the
//! offer, and prints; whether the session used it is seen later (`handoff-delivery`). An explicit `inbox read` *takes*:
//! claim, render, deliver, and only when the text is out, stamp and archive. A program that stops in between gives back
//! what it claimed: [`Reading`] holds the claims, and only [`Reading::settle`] lets go of them.

mod candidates;
mod drift;
mod mention;
mod reminder;
mod take;

use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_store::{Claim, Inbox, Receipt};
use handoff_surface::{Frame, Surfaced};
use handoff_worktree::Worktree;

pub use candidates::{Candidate, Candidates, MAX_BLIND_OFFERS};
pub use drift::drift_of;
pub use mention::mention;
pub use reminder::remind;

/// Records that a handoff is about to be printed: its name, the digits of the frame, and its sentinel.
pub type Recorder<'a> = dyn Fn(&OsStr, &str, &str) -> Result<(), FileError> + 'a;

/// Who reads, and how.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The reader's worktree.
    pub worktree: &'a Worktree,
    /// The reader's inbox.
    pub inbox: &'a Inbox,
    /// The most bytes of text.
    pub budget: usize,
    /// What is done with the handoffs.
    pub mode: Mode<'a>,
    /// The ids of sessions whose handoffs are the reader's own: it wrote them, and they wait for another.
    pub own_sessions: &'a [String],
    /// The command that reads one handoff, without its id.
    pub read_command: &'a str,
    /// The time of reading.
    pub now: Timestamp,
    /// When to stop putting handoffs into the message.
    pub until: Option<Instant>,
}

/// What is done with the handoffs that are shown.
#[derive(Clone, Copy)]
pub enum Mode<'a> {
    /// They are taken, and archived once they were delivered.
    Take,
    /// They are offered: each is recorded, and stays where it is.
    Offer(&'a Recorder<'a>),
    /// They are shown, and nothing changes.
    Peek,
}

impl std::fmt::Debug for Mode<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Take => "Take",
            Self::Offer(_) => "Offer",
            Self::Peek => "Peek",
        })
    }
}

/// A message ready to be delivered, and the handoffs in it.
#[derive(Debug)]
pub struct Reading<'i> {
    surfaced: Surfaced,
    taken: Vec<Taken<'i>>,
    archive: Option<handoff_files::Dir>,
}

#[derive(Debug)]
struct Taken<'i> {
    claim: Claim<'i>,
    content: Vec<u8>,
}

/// Why nothing was taken although something waits. The words are for the reader, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<R> {
    /// There is a message.
    Ready(R),
    /// Something is there that is not shown: a line about it, and whether it could not be shown.
    Line(Line),
    /// There is nothing for this reader.
    Nothing,
}

/// One line instead of handoffs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What to say, without the program's name.
    pub text: String,
    /// Why what waits could not be shown; `None` when it is not shown on purpose.
    pub reason: Option<String>,
}

impl Request<'_> {
    /// Puts into a message what fits of `candidates`, newest first.
    ///
    /// # Errors
    /// When there is no randomness for the frame.
    pub fn take(&self, candidates: &Candidates) -> Result<Outcome<Reading<'_>>, FileError> {
        take::take(self, candidates, Frame::new(handoff_files::random()?))
    }
}

impl Reading<'_> {
    /// The message.
    pub fn surfaced(&self) -> &Surfaced {
        &self.surfaced
    }

    /// To be called once the message was delivered: notes for `receipt`'s session what it was given, stamps and
    /// archives it. When one cannot be archived the others still are, and it is unread again. `archived` is called with
    /// the name of each that was.
    ///
    /// # Errors
    /// The first thing that the system refused.
    pub fn settle(
        self,
        inbox: &Inbox,
        receipt: &Receipt,
        archived: &dyn Fn(&OsStr),
    ) -> Result<(), FileError> {
        let Some(archive) = self.archive else { return Ok(()) };
        let mut refused = None;
        for Taken { claim, content } in self.taken {
            // Before archiving: a session that is killed here is reminded of what it was given.
            let path = claim.archive_path();
            if let (Some(session), Some(name)) = (&receipt.by, path.file_name()) {
                refused = inbox.remember(session, name).err().or(refused);
            }
            let name = claim.name().to_owned();
            match claim.archive(&archive, &content, receipt) {
                Ok(_) => archived(&name),
                Err(error) => _ = refused.get_or_insert(error),
            }
        }
        refused.map_or(Ok(()), Err)
    }
}

/// The files that `content`'s "Files touched" section names, from the top of `worktree`.
pub(crate) fn touched(body: &[u8], worktree: &Path) -> Vec<String> {
    let sections = handoff_document::sections(body);
    let Some(section) = sections.iter().find(|section| section.part == handoff_document::Part::FilesTouched)
    else {
        return Vec::new();
    };
    let inside = |path: String| match Path::new(&path).strip_prefix(worktree) {
        Ok(relative) => Some(relative.to_string_lossy().into_owned()),
        Err(_) if path.starts_with('/') => None,
        Err(_) => Some(path),
    };
    handoff_document::touched_files(section).into_iter().filter_map(inside).collect()
}
