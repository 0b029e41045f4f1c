//! Takes letters back: from the remote, and from pushes that may still arrive there.
//!
//! A push whose answer did not come can arrive later. Its lease says that the ref is not there, so a withdrawal, which is a commit
//! without the letter, keeps it out. The withdrawal stays for a day.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use handoff_address::Address;
use handoff_document::Timestamp;
use handoff_letter::{LetterId, State, Unsigned};
use handoff_store::Store;

use super::chain::Chain;
use super::outbox::{Recalled, by_of, taken};
use super::records::{self, End, OUT, Out, OutState, SENT, Settled};
use super::remote::{OURS, Outcome, Remote, Update};
use super::{Mailroom, MailroomError, letter_ref};

/// For so long a push without an answer is expected to arrive: a day. No connection lives that long.
const WATCH_SECS: i64 = 86_400;

impl Mailroom<'_> {
    /// Takes a letter back that no machine has taken; its handoff waits here again.
    ///
    /// # Errors
    /// [`MailroomError::Taken`] where another machine has it; [`MailroomError::NotYetRecalled`] where the remote was not reached:
    /// the next look does it.
    pub fn recall(&self, part: &str) -> Result<Recalled, MailroomError> {
        let (id, out) = match self.out(part) {
            // Once more changes nothing.
            Err(MailroomError::Recalled(id)) => return self.recalled(part, &id),
            out => out?,
        };
        records::write(&self.dir, OUT, &id, &Out { state: OutState::Recalling, ..out })?;
        let not_yet = |why: String| MailroomError::NotYetRecalled { id: id.short().to_owned(), why };
        match self.flush(false) {
            Err(error @ MailroomError::Remote(_)) => return Err(not_yet(error.to_string())),
            flushed => flushed?,
        }
        match records::one::<Out>(&self.dir, OUT, &id)? {
            Some(Out { taken: Some(by), .. }) => return Err(taken(&id, "taken by", &by)),
            Some(_) => return Err(not_yet("the remote was busy with it".to_owned())),
            None => {}
        }
        match records::one::<Settled>(&self.dir, SENT, &id)? {
            Some(Settled { end: End::Delivered(by), .. }) => Err(taken(&id, "delivered to", &by)),
            Some(Settled { out, .. }) => {
                let is_unread = self.is_unread(&out)?;
                Ok(Recalled { id, title: out.title, is_unread })
            }
            None => Err(MailroomError::NoLetter(part.to_owned())),
        }
    }

    /// What is known of a letter that was taken back before.
    fn recalled(&self, part: &str, id: &str) -> Result<Recalled, MailroomError> {
        let no_letter = || MailroomError::NoLetter(part.to_owned());
        let id = LetterId::parse(id).ok_or_else(no_letter)?;
        let Settled { out, .. } = records::one(&self.dir, SENT, &id)?.ok_or_else(no_letter)?;
        Ok(Recalled { id, is_unread: self.is_unread(&out)?, title: out.title })
    }

    /// Whether the handoff of `out` waits in the inbox that it was sent from.
    pub(super) fn is_unread(&self, out: &Out) -> Result<bool, MailroomError> {
        let Some(store) = Store::open(&self.project.environment.store()?)? else { return Ok(false) };
        let inbox = store.inbox(&Address::of(Path::new(&out.worktree)))?;
        let Some(inbox) = inbox else { return Ok(false) };
        Ok(inbox.waiting()?.handoffs.iter().any(|waiting| waiting.name() == OsStr::new(&out.handoff)))
    }

    /// Settles a letter that is being taken back, and that the remote does not have.
    pub(super) fn recall_absent(&self, id: &LetterId, out: Out) -> Result<(), MailroomError> {
        if out.unanswered == 0 {
            return self.close_recalled(id, out, None);
        }
        let withdrawal = self.withdrawal()?;
        match self.put_withdrawal(id, &out, None, &withdrawal)? {
            Some(Outcome::Done) => self.close_recalled(id, out, Some(withdrawal)),
            // Where the remote refuses it, it may refuse the letter too.
            Some(Outcome::Refused(_)) => self.close_recalled(id, out, None),
            // It came in this moment: the next look settles it.
            _ => Ok(()),
        }
    }

    /// Settles a letter that is being taken back, and that waits at the remote as `chain`.
    pub(super) fn recall_waiting(&self, id: &LetterId, out: Out, chain: &Chain) -> Result<(), MailroomError> {
        if out.unanswered == 0 {
            match self.remove(id, &out, &chain.tip)? {
                Outcome::Done => return self.close_recalled(id, out, None),
                Outcome::Stale => return Ok(()),
                // Where the remote takes no removals, it is withdrawn.
                Outcome::Refused(_) => {}
            }
        }
        let title = format!("taken back by {}", self.short_name());
        let withdrawal = self.step(&chain.tip, &chain.newest.tree, &title, State::Withdrawn)?;
        match self.put_withdrawal(id, &out, Some(&chain.tip), &withdrawal)? {
            Some(Outcome::Done) => self.close_recalled(id, out, Some(withdrawal)),
            _ => Ok(()),
        }
    }

    /// Settles a letter that was delivered after it had been given back or offered again. A machine that had it before may not know
    /// that yet: it sees by the withdrawal that its own steps are not the last.
    pub(super) fn withdraw_delivered(
        &self,
        id: &LetterId,
        out: Out,
        end: End,
        chain: &Chain,
    ) -> Result<(), MailroomError> {
        let title = format!("settled by {}", self.short_name());
        let withdrawal = self.step(&chain.tip, &chain.newest.tree, &title, State::Withdrawn)?;
        match self.put_withdrawal(id, &out, Some(&chain.tip), &withdrawal)? {
            Some(Outcome::Done) => {
                self.remove_parcel(id, &out)?;
                self.close(id, out, end, Some(withdrawal))
            }
            Some(Outcome::Refused(_)) => self.close(id, out, end, None),
            _ => Ok(()),
        }
    }

    /// Its handoff waits here again, then it is settled.
    pub(super) fn close_recalled(
        &self,
        id: &LetterId,
        out: Out,
        withdrawn: Option<String>,
    ) -> Result<(), MailroomError> {
        self.remove_parcel(id, &out)?;
        if !self.is_unread(&out)? {
            // One that is gone here stays so.
            let _ =
                handoff_process::HandoffRequest::restore(Path::new(&out.worktree), OsStr::new(&out.handoff));
        }
        self.close(id, out, End::Recalled, withdrawn)
    }

    /// A commit that says that a letter is withdrawn, and has nothing of it.
    fn withdrawal(&self) -> Result<String, MailroomError> {
        let sender = self.sender();
        let tree = self.room.write_tree(&[])?;
        let commit = Unsigned {
            tree: &tree,
            parent: None,
            author: &sender,
            at: Timestamp::now().seconds(),
            title: "taken back",
            state: Some(State::Withdrawn),
            nonce: handoff_files::random()?,
        };
        Ok(self.room.write_commit(&commit.sign(&self.machine.key))?)
    }

    fn put_withdrawal(
        &self,
        id: &LetterId,
        out: &Out,
        expected: Option<&str>,
        withdrawal: &str,
    ) -> Result<Option<Outcome>, MailroomError> {
        self.room.set(&format!("{OURS}{id}/withdrawn"), Some(withdrawal))?;
        let update = Update {
            name: letter_ref(&out.mailbox, id),
            expected: expected.map(str::to_owned),
            new: Some(withdrawal.to_owned()),
        };
        Ok(self.remote().push(&[update], false)?.into_iter().next())
    }

    /// The settled letters of which a push can still arrive.
    pub(super) fn watched(&self) -> Result<Vec<(LetterId, Settled)>, MailroomError> {
        let mut all: Vec<(LetterId, Settled)> = records::all(&self.dir, SENT)?;
        all.retain(|(_, settled)| settled.watched);
        Ok(all)
    }

    /// Removes what came late, and the withdrawal when it was there for long enough.
    pub(super) fn watch(
        &self,
        id: &LetterId,
        settled: Settled,
        tips: &BTreeMap<String, String>,
    ) -> Result<(), MailroomError> {
        let is_over = Timestamp::now().seconds().saturating_sub(settled.at) > WATCH_SECS;
        let tip = tips.get(&letter_ref(&settled.out.mailbox, id));
        let is_withdrawal = tip.is_some() && tip == settled.withdrawn.as_ref();
        let Some(tip) = tip.filter(|_| is_over || !is_withdrawal) else {
            if is_over {
                self.remove_parcel(id, &settled.out)?;
                records::write(&self.dir, SENT, id, &Settled { watched: false, ..settled })?;
            }
            return Ok(());
        };
        if is_withdrawal {
            if self.remove(id, &settled.out, tip)? != Outcome::Stale {
                records::write(&self.dir, SENT, id, &Settled { watched: false, withdrawn: None, ..settled })?;
            }
            return Ok(());
        }
        let Ok(chain) = Chain::read(&self.room, tip) else { return Ok(()) };
        match chain.state() {
            _ if chain.letter != settled.out.letter => {}
            State::Taken => {}
            State::Delivered => {
                // It was faster than the withdrawal.
                let end = match &settled.end {
                    End::Delivered(by) => End::Delivered(by.clone()),
                    End::Recalled | End::Gone => End::Delivered(by_of(&chain)),
                };
                records::write(&self.dir, SENT, id, &Settled { end, ..settled.clone() })?;
                self.remove(id, &settled.out, tip)?;
            }
            State::Waiting | State::Returned | State::Withdrawn => {
                self.remove(id, &settled.out, tip)?;
            }
        }
        Ok(())
    }
}
