//! What goes out: queued on disk first, then pushed until the remote was seen to have it, then cleared away when its receipt
//! is noted.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use handoff_document::Timestamp;
use handoff_letter::{Letter, LetterId, Mailbox, State};
use handoff_process::HandoffRequest;
use handoff_text::Sanitised;

use super::chain::Chain;
use super::records::{self, By, End, OUT, Out, OutState, SENT, Settled};
use super::remote::{OURS, Outcome, Remote, Update};
use super::{Mailroom, MailroomError, RemoteError, letter_ref, parcel_ref};
use crate::pack::Packed;
use crate::recipients::{NoRecipients, Recipients};

/// Who can read the remote is asked again before a push when the answer is older than a day.
pub(super) const ASK_AGAIN_SECS: i64 = 86_400;
/// For so many seconds a settled letter is kept: 30 days.
const KEEP_SECS: i64 = 30 * 86_400;
/// The most letters that go out in one push.
const BATCH: usize = 20;
/// The longest name of who took a letter, in bytes.
const MAX_WHO_BYTES: usize = 120;

/// A letter that was queued.
#[derive(Debug)]
pub struct Pushed {
    /// Its name.
    pub id: LetterId,
    /// Whether the remote has it.
    pub is_there: bool,
    /// Why not: it goes out with the next `sync`.
    pub why_not: Option<String>,
    /// Whether its handoff was archived here.
    pub is_archived: bool,
}

/// A letter that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its name.
    pub id: LetterId,
    /// Its title.
    pub title: String,
    /// To whom.
    pub to: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// What became of it.
    pub state: SentState,
}

/// What became of a letter that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentState {
    /// It is not known to be at the remote yet.
    Queued,
    /// It is not encrypted, and strangers may read the remote by now: it does not go there.
    Held,
    /// The remote refused it, in its words.
    Refused(String),
    /// Nobody took it yet.
    Waiting,
    /// Somebody takes it, and has not said that it arrived. When, in seconds since 1970.
    Taken(Sanitised, i64),
    /// It arrived.
    Delivered(Sanitised, i64),
    /// It was taken back.
    Recalled,
    /// It went from the remote, and nobody is known to have taken it.
    Gone,
}

/// A letter that was taken back.
#[derive(Debug)]
pub struct Recalled {
    /// Its name.
    pub id: LetterId,
    /// Its title.
    pub title: String,
    /// Whether its handoff waits here again.
    pub is_unread: bool,
}

impl Mailroom<'_> {
    /// Queues `packed`, encrypted to `recipients` where there are some ([`Self::recipients`]), archives its handoff here, and pushes it
    /// if the remote is reached.
    ///
    /// # Errors
    /// [`MailroomError`]: then nothing is queued. The network is no error.
    pub fn post(
        &mut self,
        packed: &Packed,
        recipients: Option<&Recipients>,
    ) -> Result<Pushed, MailroomError> {
        let letter = &packed.letter;
        let id = letter.id.clone();
        let (commit, parcel) = match recipients {
            Some(recipients) => self.enclose(packed, recipients)?,
            None if self.joined.is_private() => self.copy(packed)?,
            None => return Err(self.joined.public(NoRecipients::Unknown(letter.to.clone()))),
        };
        let out = Out {
            letter: commit,
            parcel,
            encrypted: recipients.is_some(),
            mailbox: self.key_of(&letter.to),
            to: letter.to.to_string(),
            title: letter.title.clone(),
            at: letter.created.seconds(),
            handoff: packed.name.clone(),
            worktree: self.project.top().to_string_lossy().into_owned(),
            state: OutState::Queued,
            refused: None,
            taken: None,
        };
        records::write(&self.dir, OUT, &id, &out)?;
        // From here on it is in the outbox, whatever else goes wrong.
        let is_archived =
            packed.is_unread && HandoffRequest::withdraw(self.project.top(), OsStr::new(&packed.name));
        // Nothing of that name was ever pushed, so there is nothing to look for first.
        let why_not = if out.encrypted || self.takes_plain() {
            self.push_out(&[(id.clone(), out)]).err().map(|error| error.to_string())
        } else {
            Some(format!("{} did not say who can read it", self.joined.place()))
        };
        let now: Option<Out> = records::one(&self.dir, OUT, &id)?;
        let is_there = now.as_ref().is_none_or(|out| out.state != OutState::Queued);
        let why_not = why_not.or_else(|| now.and_then(|out| out.refused));
        let busy = || "the remote was busy".to_owned();
        let why_not = (!is_there).then(|| why_not.unwrap_or_else(busy));
        Ok(Pushed { id, is_there, why_not, is_archived })
    }

    /// Copies `packed` as it goes to the remote: the commits of the letter and of its parcel.
    fn copy(&self, packed: &Packed) -> Result<(String, Option<String>), MailroomError> {
        let Letter { id, to, .. } = &packed.letter;
        // Under these names it is not tidied up.
        let prefix = format!("{OURS}{id}/");
        self.room.copy_from(packed.room(), &prefix)?;
        let refs = self.room.refs(&prefix)?;
        let tip = |name: String| refs.iter().find(|(there, _)| *there == name).map(|(_, id)| id.clone());
        let letter = tip(letter_ref(&to.key(""), id));
        Ok((letter.ok_or(MailroomError::Odd("the letter was not written"))?, tip(parcel_ref(id))))
    }

    /// Gives what goes out the mailboxes of the remote that was joined now: the same people may have others there.
    pub(super) fn address_anew(&self) -> Result<(), MailroomError> {
        for (id, out) in records::all::<Out>(&self.dir, OUT)? {
            let Ok(to) = out.to.parse::<Mailbox>() else { continue };
            let mailbox = self.key_of(&to);
            if mailbox != out.mailbox {
                records::write(&self.dir, OUT, &id, &Out { mailbox, ..out })?;
            }
        }
        Ok(())
    }

    /// Asks again who can read the remote, where something is queued for it.
    pub(super) fn ask_if_queued(&mut self) -> Result<(), MailroomError> {
        let outs: Vec<(LetterId, Out)> = records::all(&self.dir, OUT)?;
        if outs.iter().any(|(_, out)| out.state == OutState::Queued) {
            self.ask_audience(ASK_AGAIN_SECS)?;
        }
        Ok(())
    }

    /// Pushes what is queued, and settles what was taken. Without `to_others` only what goes to the user's own machines: an
    /// agent in a sandbox may have queued the rest.
    ///
    /// # Errors
    /// [`MailroomError`]; what was not reached stays queued.
    pub(super) fn flush(&self, to_others: bool) -> Result<(), MailroomError> {
        let own = Mailbox::person(&self.identity.mail).map(|own| own.to_string());
        let mut outs: Vec<(LetterId, Out)> = records::all(&self.dir, OUT)?;
        outs.retain(|(_, out)| {
            to_others || out.state != OutState::Queued || own.as_ref().is_ok_and(|own| *own == out.to)
        });
        if outs.is_empty() {
            return self.forget_settled();
        }
        let prefixes: Vec<_> = outs.iter().map(|(_, out)| format!("{}/", out.mailbox)).collect();
        let tips = self.remote().look(&unique(prefixes))?;
        let mut queued = Vec::new();
        for (id, out) in outs {
            let tip = tips.get(&letter_ref(&out.mailbox, &id)).cloned();
            match (tip, out.state) {
                (None, OutState::Queued) if out.refused.is_none() || to_others => queued.push((id, out)),
                (tip, _) => self.settle_out(&id, out, tip)?,
            }
        }
        // Strangers may read it by now.
        if !self.takes_plain() {
            queued.retain(|(_, out)| out.encrypted);
        }
        for batch in queued.chunks(BATCH) {
            self.push_out(batch)?;
        }
        self.forget_settled()
    }

    fn push_out(&self, batch: &[(LetterId, Out)]) -> Result<(), MailroomError> {
        let updates: Vec<_> = batch.iter().map(|(id, out)| push_of(id, out)).collect();
        // A letter without its parcel can be taken by nobody, so both go at once, or the parcel first.
        let all: Vec<Update> = updates.iter().flatten().cloned().collect();
        let remote = self.remote();
        let together =
            if batch.len() == 1 { remote.push(&all, all.len() > 1) } else { remote.push(&all, false) };
        let outcomes = match together {
            Err(RemoteError::Unreached { said, .. }) if said.as_str().contains("atomic") => {
                remote.push(&all, false)?
            }
            outcomes => outcomes?,
        };
        let mut outcomes = outcomes.into_iter();
        for ((id, out), updates) in batch.iter().zip(&updates) {
            let of: Vec<_> = outcomes.by_ref().take(updates.len()).collect();
            let refused = of.iter().find_map(|outcome| match outcome {
                Outcome::Refused(said) => Some(said.clone()),
                _ => None,
            });
            let is_done = of.iter().all(|outcome| *outcome == Outcome::Done);
            let state = if is_done { OutState::Sent } else { out.state };
            // What was there already the next look finds.
            if is_done || refused.is_some() {
                records::write(&self.dir, OUT, id, &Out { state, refused, ..out.clone() })?;
            }
        }
        Ok(())
    }

    /// Settles a letter that the remote has, or had, as `tip`.
    fn settle_out(&self, id: &LetterId, out: Out, tip: Option<String>) -> Result<(), MailroomError> {
        let settled: Option<Settled> = records::one(&self.dir, SENT, id)?;
        let Some(tip) = tip else {
            let end = match (settled, out.state) {
                // Its receipt was noted before it was removed.
                (Some(Settled { end, .. }), _) => end,
                (None, OutState::Recalling) => End::Recalled,
                (None, OutState::Queued) => return Ok(()),
                (None, OutState::Sent) => End::Gone,
            };
            self.remove_parcel(id, &out)?;
            return self.close(id, out, end);
        };
        let chain = Chain::read(&self.room, &tip);
        // What somebody else put there is no letter of ours; it is left alone.
        let Ok(chain) = chain.map(|chain| (chain.letter == out.letter).then_some(chain)) else {
            return Ok(());
        };
        let Some(chain) = chain else { return Ok(()) };
        let by = || By {
            who: Sanitised::line(chain.newest.subject.as_bytes(), MAX_WHO_BYTES).to_string(),
            at: chain.newest.at,
        };
        match (chain.state(), out.state) {
            (State::Delivered, _) => {
                let by = By { who: name_in(&by().who).to_owned(), at: chain.newest.at };
                records::write(&self.dir, SENT, id, &self.settled(&out, End::Delivered(by.clone())))?;
                if self.remove(id, &out, &tip)? { self.close(id, out, End::Delivered(by)) } else { Ok(()) }
            }
            (State::Waiting | State::Returned, OutState::Recalling) => {
                if self.remove(id, &out, &tip)? {
                    self.close(id, out, End::Recalled)
                } else {
                    Ok(())
                }
            }
            (state, _) => {
                let taken = (state == State::Taken)
                    .then(|| By { who: name_in(&by().who).to_owned(), at: chain.newest.at });
                let now = Out { state: OutState::Sent, refused: None, taken, ..out.clone() };
                if now == out { Ok(()) } else { records::write(&self.dir, OUT, id, &now) }
            }
        }
    }

    /// Removes a letter and its parcel from the remote, where the letter is `tip`; false where it is something else by now.
    fn remove(&self, id: &LetterId, out: &Out, tip: &str) -> Result<bool, MailroomError> {
        let mut updates =
            vec![Update { name: letter_ref(&out.mailbox, id), expected: Some(tip.to_owned()), new: None }];
        updates.extend(parcel_removal(id, out));
        let outcomes = self.remote().push(&updates, false)?;
        let is_removed = outcomes.first() == Some(&Outcome::Done);
        if is_removed && outcomes.iter().any(|outcome| *outcome != Outcome::Done) {
            self.remove_parcel(id, out)?;
        }
        Ok(is_removed)
    }

    /// Removes the parcel of a letter that is not at the remote any more: what removed the letter may have been cut off before it
    /// came to the parcel, or what pushed both before it came to the letter.
    fn remove_parcel(&self, id: &LetterId, out: &Out) -> Result<(), MailroomError> {
        if let Some(removal) = parcel_removal(id, out) {
            self.remote().push(&[removal], false)?;
        }
        Ok(())
    }

    fn settled(&self, out: &Out, end: End) -> Settled {
        Settled { out: out.clone(), end, at: Timestamp::now().seconds() }
    }

    fn close(&self, id: &LetterId, out: Out, end: End) -> Result<(), MailroomError> {
        records::write(&self.dir, SENT, id, &self.settled(&out, end))?;
        records::remove(&self.dir, OUT, id)
    }

    /// Forgets letters that were settled long ago.
    fn forget_settled(&self) -> Result<(), MailroomError> {
        let now = Timestamp::now().seconds();
        for (id, settled) in records::all::<Settled>(&self.dir, SENT)? {
            if now.saturating_sub(settled.at) > KEEP_SECS {
                for (name, _) in self.room.refs(&format!("{OURS}{id}/"))? {
                    self.room.set(&format!("{OURS}{id}/{name}"), None)?;
                }
                records::remove(&self.dir, SENT, &id)?;
            }
        }
        Ok(())
    }

    /// Every letter that went out in the last 30 days, the newest first, as of the last look.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn sent(&self) -> Result<Vec<Sent>, MailroomError> {
        let mut all = BTreeMap::new();
        let shown = |by: By| (Sanitised::line(by.who.as_bytes(), MAX_WHO_BYTES), by.at);
        for (id, Settled { out, end, .. }) in records::all::<Settled>(&self.dir, SENT)? {
            let state = match end {
                End::Delivered(by) => {
                    let (who, at) = shown(by);
                    SentState::Delivered(who, at)
                }
                End::Recalled => SentState::Recalled,
                End::Gone => SentState::Gone,
            };
            all.insert(id.clone(), Sent { id, title: out.title, to: out.to, at: out.at, state });
        }
        for (id, out) in records::all::<Out>(&self.dir, OUT)? {
            let state = match (out.refused, out.taken, out.state) {
                (Some(said), _, _) => SentState::Refused(said),
                (None, Some(by), _) => {
                    let (who, at) = shown(by);
                    SentState::Taken(who, at)
                }
                (None, None, OutState::Queued) if !out.encrypted && !self.joined.is_private() => {
                    SentState::Held
                }
                (None, None, OutState::Queued) => SentState::Queued,
                (None, None, _) => SentState::Waiting,
            };
            // One whose receipt is noted already is only not removed yet.
            all.entry(id.clone()).or_insert(Sent { id, title: out.title, to: out.to, at: out.at, state });
        }
        Ok(all.into_values().rev().collect())
    }

    /// The letter that went out and has `part` in its name.
    fn out(&self, part: &str) -> Result<(LetterId, Out), MailroomError> {
        let all: Vec<(LetterId, Out)> = records::all(&self.dir, OUT)?;
        let mut found = all.into_iter().filter(|(id, _)| id.as_str().contains(part));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(MailroomError::Several(part.to_owned())),
            (None, _) => {
                let settled = records::all::<Settled>(&self.dir, SENT)?;
                match settled.into_iter().find(|(id, _)| id.as_str().contains(part)) {
                    Some((id, Settled { end: End::Delivered(by), .. })) => {
                        Err(taken(&id, "delivered to", &by))
                    }
                    _ => Err(MailroomError::NoLetter(part.to_owned())),
                }
            }
        }
    }

    /// Takes a letter back that nobody took yet; its handoff waits here again.
    ///
    /// # Errors
    /// [`MailroomError::Taken`] where somebody has it.
    pub fn recall(&self, part: &str) -> Result<Recalled, MailroomError> {
        let (id, out) = self.out(part)?;
        records::write(&self.dir, OUT, &id, &Out { state: OutState::Recalling, ..out })?;
        self.flush(false)?;
        if let Some(out) = records::one::<Out>(&self.dir, OUT, &id)? {
            // Somebody was faster: it goes on as it was.
            records::write(&self.dir, OUT, &id, &Out { state: OutState::Sent, ..out.clone() })?;
            let by = out.taken.unwrap_or(By { who: "somebody".to_owned(), at: 0 });
            return Err(taken(&id, "taken by", &by));
        }
        let settled: Option<Settled> = records::one(&self.dir, SENT, &id)?;
        let Some(Settled { out, end, .. }) = settled else {
            return Err(MailroomError::NoLetter(part.to_owned()));
        };
        if let End::Delivered(by) = &end {
            return Err(taken(&id, "delivered to", by));
        }
        let is_unread = HandoffRequest::restore(Path::new(&out.worktree), OsStr::new(&out.handoff));
        Ok(Recalled { id, title: out.title, is_unread })
    }

    /// Has a letter wait again that somebody took and never confirmed. What that one says of it later counts for nothing.
    ///
    /// # Errors
    /// [`MailroomError::NoLetter`] where none is taken and unconfirmed.
    pub fn offer_again(&self, part: &str) -> Result<LetterId, MailroomError> {
        self.flush(true)?;
        let (id, out) = self.out(part)?;
        let name = letter_ref(&out.mailbox, &id);
        let tips = self.remote().look(std::slice::from_ref(&name))?;
        let Some(tip) = tips.get(&name) else {
            // It is gone: the same letter goes out once more.
            records::write(&self.dir, OUT, &id, &Out { state: OutState::Queued, refused: None, ..out })?;
            self.flush(true)?;
            return Ok(id);
        };
        let chain = Chain::read(&self.room, tip)?;
        if chain.state() != State::Taken {
            return Err(MailroomError::NoLetter(part.to_owned()));
        }
        let title = format!("offered again by {}", self.short_name());
        let new = self.step(tip, &chain.newest.tree, &title, State::Returned)?;
        self.room.set(&format!("{OURS}{id}/step"), Some(&new))?;
        let update = Update { name, expected: Some(tip.clone()), new: Some(new) };
        match self.remote().push(&[update], false)?.first() {
            Some(Outcome::Done) => {
                records::write(&self.dir, OUT, &id, &Out { state: OutState::Sent, taken: None, ..out })?;
                Ok(id)
            }
            _ => Err(MailroomError::NoLetter(part.to_owned())),
        }
    }
}

/// The pushes of a letter that is not at the remote: its parcel first.
fn push_of(id: &LetterId, out: &Out) -> Vec<Update> {
    let parcel =
        out.parcel.clone().map(|parcel| Update { name: parcel_ref(id), expected: None, new: Some(parcel) });
    let letter = Update { name: letter_ref(&out.mailbox, id), expected: None, new: Some(out.letter.clone()) };
    parcel.into_iter().chain([letter]).collect()
}

fn parcel_removal(id: &LetterId, out: &Out) -> Option<Update> {
    let expected = out.parcel.clone()?;
    Some(Update { name: parcel_ref(id), expected: Some(expected), new: None })
}

/// `Ann@desk` of `taken by Ann@desk`.
fn name_in(subject: &str) -> &str {
    ["taken by ", "delivered to "].iter().find_map(|start| subject.strip_prefix(start)).unwrap_or(subject)
}

fn taken(id: &LetterId, state: &'static str, by: &By) -> MailroomError {
    MailroomError::Taken { id: id.to_string(), state, by: Sanitised::line(by.who.as_bytes(), MAX_WHO_BYTES) }
}

pub(super) fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
