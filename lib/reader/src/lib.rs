//! Gives what waits in an inbox to a session.
//!
//! The one order of work, for every program that shows handoffs: claim, render, deliver, and only when the text is
//! out, stamp and archive. Whoever stops in between gives back what was claimed: [`Reading`] holds the claims, and only
//! [`Reading::settle`] lets go of them.

mod drift;
mod reminder;
mod take;

use std::path::Path;

use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_store::{Claim, Inbox, Listing, Receipt};
use handoff_surface::{Frame, Surfaced};
use handoff_worktree::Worktree;

pub use drift::drift_of;
pub use reminder::remind;

/// Who reads, and how.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The reader's worktree.
    pub worktree: &'a Worktree,
    /// The reader's inbox.
    pub inbox: &'a Inbox,
    /// The most bytes of text.
    pub budget: usize,
    /// Whether to leave everything as it is.
    pub peek: bool,
    /// The command that reads one handoff, without its id.
    pub read_command: &'a str,
    /// The time of reading.
    pub now: Timestamp,
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
    /// Something is there that cannot be shown.
    CannotShow(String),
    /// There is nothing for this worktree.
    Nothing,
}

impl Request<'_> {
    /// Takes from `listing`, newest first, what fits.
    ///
    /// # Errors
    /// When there is no randomness for the frame.
    pub fn take(&self, listing: &Listing) -> Result<Outcome<Reading<'_>>, FileError> {
        take::take(self, listing, Frame::new(handoff_files::random()?))
    }
}

impl Reading<'_> {
    /// The message.
    pub fn surfaced(&self) -> &Surfaced {
        &self.surfaced
    }

    /// To be called once the message was delivered: notes for `receipt`'s session what it was given, stamps and
    /// archives it. When one cannot be archived the others still are, and it is unread again.
    ///
    /// # Errors
    /// The first thing that the system refused.
    pub fn settle(self, inbox: &Inbox, receipt: &Receipt) -> Result<(), FileError> {
        let Some(archive) = self.archive else { return Ok(()) };
        let mut refused = None;
        for Taken { claim, content } in self.taken {
            // Before archiving: a session that is killed here is reminded of what it was given.
            let name = claim.archive_path();
            if let (Some(session), Some(name)) = (&receipt.by, name.file_name()) {
                refused = inbox.remember(session, name).err().or(refused);
            }
            refused = claim.archive(&archive, &content, receipt).err().or(refused);
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
