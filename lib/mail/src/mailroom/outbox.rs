//! What goes out: queued on disk first, then pushed until the remote was seen to have it, then cleared away when its receipt
//! is noted.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use handoff_document::Timestamp;
use handoff_letter::{Letter, LetterId, Mailbox, State};
use handoff_process::HandoffRequest;
use handoff_text::Sanitised;

use super::batch::push_letters;
use super::chain::Chain;
use super::records::{self, By, End, OUT, Out, OutState, RETURNED, Returned, SENT, Settled};
use super::remote::{OURS, Outcome, Remote, RemoteError, Update};
use super::{Mailroom, MailroomError, letter_ref, parcel_ref};
use crate::error::NotPacked;
use crate::pack::{PackRequest, Packed, pack_with};
use crate::recipients::{NoRecipients, Recipients};

/// Who can read the remote is asked again before a push when the answer is older than a day.
pub(super) const ASK_AGAIN_SECS: i64 = 86_400;
/// For so many seconds a settled letter is kept: 30 days.
const KEEP_SECS: i64 = 30 * 86_400;
/// How many commits a letter has that was taken once and delivered.
const STEPS: usize = 3;
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
    /// No machine has taken it.
    Waiting,
    /// A machine takes it, and has not said that it arrived. When, in seconds since 1970.
    Taken(Sanitised, i64),
    /// It arrived.
    Delivered(Sanitised, i64),
    /// It is to be taken back, and the remote was not reached yet.
    Recalling,
    /// It was taken back.
    Recalled,
    /// It went from the remote, and no machine is known to have taken it.
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
    /// Makes a letter, see [`pack`](crate::pack()).
    ///
    /// # Errors
    /// As for that.
    pub fn pack(&self, request: &PackRequest<'_>) -> Result<Packed, NotPacked> {
        pack_with(self.project, self.room.git(), request)
    }

    /// Queues `packed`, encrypted to `recipients` where there are some ([`Self::recipients`]), archives its handoff here, and pushes it
    /// if the remote is reached.
    ///
    /// # Errors
    /// [`MailroomError::TooMany`] and others: then nothing is queued. The network is no error.
    pub fn post(
        &mut self,
        packed: &Packed,
        recipients: Option<&Recipients>,
    ) -> Result<Pushed, MailroomError> {
        self.check_refs()?;
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
            unarchived: packed.is_unread,
            seen: false,
            unanswered: 0,
            refused: None,
            taken: None,
        };
        records::write(&self.dir, OUT, &id, &out)?;
        // From here on it is in the outbox, whatever else goes wrong.
        let is_archived = self.archive_sent(&out);
        let out = Out { unarchived: self.is_unread(&out).unwrap_or(false), ..out };
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
        let refs = self.room.copy_from(packed.room(), &prefix)?;
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

    /// Archives the handoff of a letter that is in the outbox; whether that was done.
    fn archive_sent(&self, out: &Out) -> bool {
        out.unarchived && HandoffRequest::withdraw(Path::new(&out.worktree), OsStr::new(&out.handoff))
    }

    /// Asks again who can read the remote, where something is queued for it.
    pub(super) fn ask_if_queued(&mut self) -> Result<(), MailroomError> {
        if self.has_queued()? { self.ask_audience(ASK_AGAIN_SECS) } else { Ok(()) }
    }

    /// Whether a letter is queued.
    pub(super) fn has_queued(&self) -> Result<bool, MailroomError> {
        let outs: Vec<(LetterId, Out)> = records::all(&self.dir, OUT)?;
        Ok(outs.iter().any(|(_, out)| out.state == OutState::Queued))
    }

    /// Pushes what is queued, and settles what was taken. Without `to_others` only what goes to the user's own machines: an
    /// agent in a sandbox may have queued the rest.
    ///
    /// # Errors
    /// [`MailroomError`]; what was not reached stays queued.
    pub(super) fn flush(&self, to_others: bool) -> Result<(), MailroomError> {
        let own = self.people()?.own_mailboxes(&self.identity.mail);
        let own: Vec<_> = own.iter().map(ToString::to_string).collect();
        let mut outs: Vec<(LetterId, Out)> = records::all(&self.dir, OUT)?;
        for (id, out) in &mut outs {
            // The program that queued it was killed before it came to that.
            if out.unarchived {
                self.archive_sent(out);
                out.unarchived = self.is_unread(out)?;
                records::write(&self.dir, OUT, id, out)?;
            }
        }
        outs.retain(|(_, out)| to_others || out.state != OutState::Queued || own.contains(&out.to));
        let watched = self.watched()?;
        if outs.is_empty() && watched.is_empty() {
            return self.forget_settled();
        }
        let all = outs.iter().map(|(_, out)| out).chain(watched.iter().map(|(_, settled)| &settled.out));
        let prefixes: Vec<_> = all.map(|out| format!("{}/", out.mailbox)).collect();
        let tips = self.look(&unique(prefixes))?;
        let mut queued = Vec::new();
        for (id, settled) in watched {
            self.go_on(self.watch(&id, settled, &tips))?;
        }
        for (id, out) in outs {
            let tip = tips.get(&letter_ref(&out.mailbox, &id)).cloned();
            match (tip, out.state) {
                // One that was refused goes out again only when the user says so.
                (None, OutState::Queued) if out.refused.is_none() && !self.is_settled(&id)? => {
                    queued.push((id, out));
                }
                (tip, _) => self.go_on(self.settle_out(&id, out, tip))?,
            }
        }
        // Strangers may read it by now.
        if !self.takes_plain() {
            queued.retain(|(_, out)| out.encrypted);
        }
        self.go_on(self.push_out(&queued))?;
        self.forget_settled()
    }

    /// A push that got no answer hides nothing that waits at the remote, which was read just now. Its error is kept for [`super::Looked`].
    fn go_on(&self, pushed: Result<(), MailroomError>) -> Result<(), MailroomError> {
        match pushed {
            Err(MailroomError::Remote(error)) => {
                self.unsent.borrow_mut().get_or_insert(error);
                Ok(())
            }
            pushed => pushed,
        }
    }

    /// Whether its receipt is noted: a removal whose answer did not come leaves it in the outbox.
    fn is_settled(&self, id: &LetterId) -> Result<bool, MailroomError> {
        Ok(records::one::<Settled>(&self.dir, SENT, id)?.is_some())
    }

    /// Has letters that the remote refused go out again with the next look.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn retry_refused(&self) -> Result<(), MailroomError> {
        for (id, out) in records::all::<Out>(&self.dir, OUT)? {
            if out.refused.is_some() {
                records::write(&self.dir, OUT, &id, &Out { refused: None, ..out })?;
            }
        }
        Ok(())
    }

    fn push_out(&self, batch: &[(LetterId, Out)]) -> Result<(), MailroomError> {
        // An answer that does not come is noted before the question.
        for (id, out) in batch {
            records::write(&self.dir, OUT, id, &Out { unanswered: out.unanswered + 1, ..out.clone() })?;
        }
        let letters: Vec<_> = batch.iter().map(|(id, out)| push_of(id, out)).collect();
        let (answers, error) = push_letters(&self.remote(), &letters);
        for ((id, out), outcomes) in batch.iter().zip(answers) {
            let Some(outcomes) = outcomes else {
                // A remote that refuses all is asked again when the user says so.
                if let Some(RemoteError::Refused { said, .. }) = &error {
                    let refused = Some(said.to_string());
                    records::write(&self.dir, OUT, id, &Out { refused, ..out.clone() })?;
                }
                continue;
            };
            let refused = outcomes.iter().find_map(|outcome| match outcome {
                Outcome::Refused(said) => Some(said.clone()),
                _ => None,
            });
            let is_done = outcomes.iter().all(|outcome| *outcome == Outcome::Done);
            let state = if is_done { OutState::Sent } else { out.state };
            // What was there already the next look finds.
            let out = Out { state, seen: out.seen || is_done, refused, ..out.clone() };
            records::write(&self.dir, OUT, id, &out)?;
        }
        error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Settles a letter that the remote has, or had, as `tip`.
    fn settle_out(&self, id: &LetterId, out: Out, tip: Option<String>) -> Result<(), MailroomError> {
        let settled: Option<Settled> = records::one(&self.dir, SENT, id)?;
        let Some(tip) = tip else {
            let end = match (settled, out.state) {
                // Its receipt was noted before it was removed.
                (Some(Settled { end, .. }), _) => end,
                (None, OutState::Recalling) => return self.recall_absent(id, out),
                (None, OutState::Queued) => return Ok(()),
                (None, OutState::Sent) => End::Gone,
            };
            self.remove_parcel(id, &out)?;
            return self.close(id, out, end, None);
        };
        let Ok(chain) = Chain::read(&self.room, &tip) else { return Ok(()) };
        if chain.state() == State::Withdrawn && self.is_own(&chain.by) {
            return match settled {
                Some(Settled { end, .. }) => self.close(id, out, end, Some(tip)),
                None => self.close_recalled(id, out, Some(tip)),
            };
        }
        // Another letter under this name is left alone.
        if chain.letter != out.letter {
            return Ok(());
        }
        // One of the pushes without an answer arrived.
        let arrived = u32::from(!out.seen);
        let before = out.clone();
        let out = Out { seen: true, unanswered: out.unanswered.saturating_sub(arrived), ..out };
        match (chain.state(), out.state) {
            (State::Delivered, _) => {
                let end = End::Delivered(by_of(&chain));
                records::write(&self.dir, SENT, id, &self.settled(&out, end.clone(), None))?;
                if chain.steps.len() > STEPS {
                    return self.withdraw_delivered(id, out, end, &chain);
                }
                match self.remove(id, &out, &tip)? {
                    // It stays there, where the remote takes no removals.
                    Outcome::Done | Outcome::Refused(_) => self.close(id, out, end, None),
                    Outcome::Stale => Ok(()),
                }
            }
            (State::Waiting | State::Returned, OutState::Recalling) => self.recall_waiting(id, out, &chain),
            (state, _) => {
                let taken = (state == State::Taken).then(|| by_of(&chain));
                let now = Out { state: OutState::Sent, refused: None, taken, ..out };
                if now == before { Ok(()) } else { records::write(&self.dir, OUT, id, &now) }
            }
        }
    }

    /// Removes a letter and its parcel from the remote, where the letter is `tip`; what the remote says of the letter.
    pub(super) fn remove(&self, id: &LetterId, out: &Out, tip: &str) -> Result<Outcome, MailroomError> {
        let mut updates =
            vec![Update { name: letter_ref(&out.mailbox, id), expected: Some(tip.to_owned()), new: None }];
        updates.extend(parcel_removal(id, out));
        let outcomes = self.remote().push(&updates, false)?;
        let removed = outcomes.first().cloned().unwrap_or(Outcome::Stale);
        if removed == Outcome::Done && outcomes.iter().any(|outcome| *outcome != Outcome::Done) {
            self.remove_parcel(id, out)?;
        }
        Ok(removed)
    }

    /// Removes the parcel of a letter that is not at the remote any more: what removed the letter may have been cut off before it
    /// came to the parcel, or what pushed both before it came to the letter.
    pub(super) fn remove_parcel(&self, id: &LetterId, out: &Out) -> Result<(), MailroomError> {
        if let Some(removal) = parcel_removal(id, out) {
            self.remote().push(&[removal], false)?;
        }
        Ok(())
    }

    fn settled(&self, out: &Out, end: End, withdrawn: Option<String>) -> Settled {
        let watched = out.unanswered > 0 || withdrawn.is_some();
        Settled { out: out.clone(), end, watched, withdrawn, at: Timestamp::now().seconds() }
    }

    /// Writes down what became of a letter, with the commit that keeps late pushes of it out, where there is one.
    pub(super) fn close(
        &self,
        id: &LetterId,
        out: Out,
        end: End,
        withdrawn: Option<String>,
    ) -> Result<(), MailroomError> {
        records::write(&self.dir, SENT, id, &self.settled(&out, end, withdrawn))?;
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
        for (id, returned) in records::all::<Returned>(&self.dir, RETURNED)? {
            // By then no letter of that name is taken any more.
            if now.saturating_sub(returned.at) > KEEP_SECS + 7 * 86_400 {
                records::remove(&self.dir, RETURNED, &id)?;
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
                (None, None, OutState::Recalling) => SentState::Recalling,
                (None, None, _) => SentState::Waiting,
            };
            // One whose receipt is noted already is only not removed yet.
            all.entry(id.clone()).or_insert(Sent { id, title: out.title, to: out.to, at: out.at, state });
        }
        Ok(all.into_values().rev().collect())
    }

    /// The letter that went out and has `part` in its name.
    pub(super) fn out(&self, part: &str) -> Result<(LetterId, Out), MailroomError> {
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
                    Some((id, Settled { end: End::Recalled, .. })) => {
                        Err(MailroomError::Recalled(id.to_string()))
                    }
                    Some((id, Settled { end: End::Gone, .. })) => Err(MailroomError::Gone(id.to_string())),
                    None => Err(MailroomError::NoLetter(part.to_owned())),
                }
            }
        }
    }

    /// Has a letter wait again that a machine took and never confirmed. What that machine says of it later counts for nothing. One
    /// that waits stays as it is.
    ///
    /// # Errors
    /// [`MailroomError::NoLetter`] where there is none, and others that say what became of it.
    pub fn offer_again(&self, part: &str) -> Result<LetterId, MailroomError> {
        self.flush(true)?;
        if let Some(id) = self.queue_gone(part)? {
            self.flush(true)?;
            return Ok(id);
        }
        let (id, out) = self.out(part)?;
        if let Some(Settled { end: End::Delivered(by), .. }) = records::one(&self.dir, SENT, &id)? {
            return Err(taken(&id, "delivered to", &by));
        }
        let name = letter_ref(&out.mailbox, &id);
        let tips = self.look(std::slice::from_ref(&name))?;
        let Some(tip) = tips.get(&name) else {
            return Err(match out.state {
                OutState::Queued => MailroomError::NotOut(id.to_string()),
                _ => MailroomError::Odd("the remote was busy with it; try again"),
            });
        };
        let chain = Chain::read(&self.room, tip)?;
        match chain.state() {
            State::Taken => {}
            // It waits for whom it is for already.
            State::Waiting | State::Returned => return Ok(id),
            State::Delivered | State::Withdrawn => {
                return Err(MailroomError::Odd("the remote was busy with it; try again"));
            }
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
            Some(Outcome::Refused(said)) => {
                Err(MailroomError::Unfit { remote: self.joined.place().to_owned(), said: said.clone() })
            }
            // Who took it confirmed it in this moment.
            _ => Err(MailroomError::Odd("the remote was busy with it; try again")),
        }
    }
}

impl Mailroom<'_> {
    /// Queues the letter with `part` in its name again, where it went from the remote and no machine is known to have it. It keeps
    /// its name, so a machine that has it all the same does not take it twice.
    fn queue_gone(&self, part: &str) -> Result<Option<LetterId>, MailroomError> {
        let mut gone: Vec<(LetterId, Settled)> = records::all(&self.dir, SENT)?;
        gone.retain(|(id, settled)| settled.end == End::Gone && id.as_str().contains(part));
        let Some((id, Settled { out, .. })) = gone.pop().filter(|_| gone.is_empty()) else { return Ok(None) };
        let out = Out { state: OutState::Queued, seen: false, refused: None, taken: None, ..out };
        records::write(&self.dir, OUT, &id, &out)?;
        records::remove(&self.dir, SENT, &id)?;
        Ok(Some(id))
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

/// Who did the newest step of a letter, and when.
pub(super) fn by_of(chain: &Chain) -> By {
    let who = Sanitised::line(chain.newest.subject.as_bytes(), MAX_WHO_BYTES).to_string();
    By { who: name_in(&who).to_owned(), at: chain.newest.at }
}

/// `Ann@desk` of `taken by Ann@desk`.
fn name_in(subject: &str) -> &str {
    ["taken by ", "delivered to "].iter().find_map(|start| subject.strip_prefix(start)).unwrap_or(subject)
}

pub(super) fn taken(id: &LetterId, state: &'static str, by: &By) -> MailroomError {
    MailroomError::Taken { id: id.to_string(), state, by: Sanitised::line(by.who.as_bytes(), MAX_WHO_BYTES) }
}

pub(super) fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}
