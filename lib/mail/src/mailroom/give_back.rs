//! Gives letters back that were taken here. The journal has each until the remote says what became of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use handoff_letter::{LetterId, State};
use handoff_process::HandoffRequest;

use super::chain::Chain;
use super::claims::{GaveBack, by};
use super::records::{self, Claim, JOURNAL, RETURNED, Returned};
use super::remote::{OURS, Outcome, Remote, Update};
use super::{Mailroom, MailroomError, letter_ref};
use crate::take::Here;

impl Mailroom<'_> {
    /// Gives a letter back that was taken here: it waits again for anyone whom it is for, this machine included.
    ///
    /// # Errors
    /// [`MailroomError::Settled`] where its sender has the receipt already.
    pub fn give_back(&mut self, part: &str) -> Result<GaveBack, MailroomError> {
        let mut pulled = super::Pulled::default();
        self.settle(&mut pulled)?;
        let prefixes =
            self.own_mailboxes()?.iter().map(|mailbox| format!("{}/", self.key_of(mailbox))).collect();
        let tips = self.look(&super::outbox::unique(prefixes))?;
        let mut named =
            tips.iter().filter(|(name, _)| name.split('/').nth(1).is_some_and(|id| id.contains(part)));
        let (name, tip) = match (named.next(), named.next()) {
            (Some(only), None) => only,
            (Some(_), Some(_)) => return Err(MailroomError::Several(part.to_owned())),
            (None, _) => return Err(self.why_not_given_back(part)?),
        };
        let chain = Chain::read(&self.room, tip)?;
        let no_letter = || MailroomError::NoLetter(part.to_owned());
        let (mailbox, id) = name.split_once('/').ok_or_else(no_letter)?;
        let id = LetterId::parse(id).ok_or_else(no_letter)?;
        match chain.state() {
            State::Withdrawn => return Err(MailroomError::Settled(id.to_string())),
            // It was given back before.
            State::Returned if self.is_own(&chain.by) => return Ok(GaveBack { id, is_archived: false }),
            State::Waiting | State::Returned => {
                let here = self.here(self.project.top(), &id)?;
                let id = id.to_string();
                let is_copy = here.taken.is_empty() && !here.copies.is_empty();
                return Err(if is_copy { MailroomError::Copy(id) } else { MailroomError::Untaken(id) });
            }
            State::Taken | State::Delivered if !self.is_own(&chain.by) => {
                return Err(MailroomError::Taken { id: id.to_string(), state: "taken by", by: by(&chain) });
            }
            State::Taken | State::Delivered => {}
        }
        let title = format!("given back by {}", self.short_name());
        let new = self.step(tip, &chain.newest.tree, &title, State::Returned)?;
        self.room.set(&format!("{OURS}{id}/returned"), Some(&new))?;
        let worktree = self.holder(&id)?.map_or_else(|| self.project.top().to_owned(), |(top, _)| top);
        let claim = Claim {
            mailbox: mailbox.to_owned(),
            from: tip.clone(),
            claim: new,
            done: None,
            worktree: worktree.to_string_lossy().into_owned(),
            returning: true,
        };
        records::write(&self.dir, JOURNAL, &id, &claim)?;
        self.settle_returning(&id, &claim, Some(tip.clone()))
    }

    /// Settles a letter that is being given back, by what the remote has now.
    pub(super) fn settle_returning(
        &self,
        id: &LetterId,
        claim: &Claim,
        tip: Option<String>,
    ) -> Result<GaveBack, MailroomError> {
        let name = letter_ref(&claim.mailbox, id);
        let mut tip = tip;
        if tip.as_ref() == Some(&claim.from) {
            let update = Update {
                name: name.clone(),
                expected: Some(claim.from.clone()),
                new: Some(claim.claim.clone()),
            };
            match self.remote().push(&[update], false)?.into_iter().next() {
                Some(Outcome::Done) => return self.returned(id, claim),
                Some(Outcome::Refused(said)) => {
                    self.forget(id)?;
                    return Err(MailroomError::Unfit { remote: self.joined.place().to_owned(), said });
                }
                _ => tip = self.look(&[format!("{}/", claim.mailbox)])?.remove(&name),
            }
        }
        match tip {
            Some(tip) if tip == claim.from => {
                Err(MailroomError::Odd("the remote was busy with it; try again"))
            }
            // Given back, and perhaps taken since.
            Some(tip)
                if Chain::read(&self.room, &tip).is_ok_and(|chain| chain.steps.contains(&claim.claim)) =>
            {
                self.returned(id, claim)
            }
            _ => {
                self.forget(id)?;
                Err(MailroomError::Settled(id.to_string()))
            }
        }
    }

    /// It waits at the remote; here its handoff is archived.
    fn returned(&self, id: &LetterId, claim: &Claim) -> Result<GaveBack, MailroomError> {
        let is_archived = self.archive_of(id, Path::new(&claim.worktree))?;
        let taken = self.here(Path::new(&claim.worktree), id)?.taken;
        let is_in = |bucket: &str, path: &Path| path.parent().is_some_and(|dir| dir.ends_with(bucket));
        if taken.iter().any(|path| is_in("unread", path)) {
            return Err(MailroomError::Odd(
                "it is given back, and a session reads its handoff here; try again",
            ));
        }
        let copies = taken.len();
        records::write(&self.dir, RETURNED, id, &Returned { copies, at: Timestamp::now().seconds() })?;
        self.forget(id)?;
        Ok(GaveBack { id: id.clone(), is_archived })
    }

    /// Archives the handoff of a letter in the worktree `top`, where it waits there.
    pub(super) fn archive_of(&self, id: &LetterId, top: &Path) -> Result<bool, MailroomError> {
        let path = self.here(top, id)?.taken.into_iter().next();
        let name = path.as_deref().and_then(Path::file_name).map(OsStr::to_owned);
        Ok(name.is_some_and(|name| HandoffRequest::withdraw(top, &name)))
    }

    /// Whether `here` has a handoff of the letter `id` that was taken, and not given back since.
    pub(super) fn is_held(&self, id: &LetterId, here: &Here) -> Result<bool, MailroomError> {
        Ok(here.taken.len() > self.returned_copies(id)?)
    }

    /// How many of its handoffs are those of letters that were given back.
    pub(super) fn returned_copies(&self, id: &LetterId) -> Result<usize, MailroomError> {
        Ok(records::one::<Returned>(&self.dir, RETURNED, id)?.map_or(0, |returned| returned.copies))
    }

    /// The handoffs of the letter `id` in the worktree `top`.
    pub(super) fn here(&self, top: &Path, id: &LetterId) -> Result<Here, MailroomError> {
        Ok(Here::at(self.project.environment, top, id)?)
    }

    /// The worktree of this repository that has the handoff of the letter `id`, and its file there.
    fn holder(&self, id: &LetterId) -> Result<Option<(PathBuf, PathBuf)>, MailroomError> {
        let own = [self.project.top().to_owned()];
        for top in own.into_iter().chain(self.project.worktree.worktrees()) {
            if let Some(path) = self.here(&top, id)?.taken.into_iter().next() {
                return Ok(Some((top, path)));
            }
        }
        Ok(None)
    }

    fn why_not_given_back(&self, part: &str) -> Result<MailroomError, MailroomError> {
        let own = [self.project.top().to_owned()];
        for top in own.into_iter().chain(self.project.worktree.worktrees()) {
            match Here::find(self.project.environment, &top, part)? {
                Some((id, here)) if !here.taken.is_empty() => {
                    return Ok(MailroomError::Settled(id.to_string()));
                }
                Some((id, _)) => return Ok(MailroomError::Copy(id.to_string())),
                None => {}
            }
        }
        Ok(MailroomError::NoLetter(part.to_owned()))
    }
}
