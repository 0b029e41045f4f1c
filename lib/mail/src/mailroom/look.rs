//! What waits at the remote for this user, as of now: looked at, verified, and not taken.

use std::collections::BTreeMap;

use handoff_document::Timestamp;
use handoff_letter::{LetterId, Mailbox};
use handoff_text::Sanitised;

use super::chain::Chain;
use super::outbox::unique;
use super::{Mailroom, MailroomError, RemoteError, letter_ref};
use crate::error::NotTaken;
use crate::open::{Opened, Signer};

/// The most letters of a mailbox that are looked at.
const MAX_LETTERS: usize = 1_000;

/// A letter that waits, from a person whose letters are taken here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Its name.
    pub id: LetterId,
    /// Its title. A claim, like all that follows.
    pub title: Sanitised,
    /// Who sends it: `Ann@laptop`.
    pub from: Sanitised,
    /// What its signer is called here.
    pub person: String,
    /// The branch that it is about.
    pub branch: Option<Sanitised>,
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// To whom it goes.
    pub to: Mailbox,
    /// The work that comes with it, in bytes; 0 where none does.
    pub work_bytes: u64,
    /// Whether a copy of it is in this worktree's inbox. That was not taken.
    pub has_copy: bool,
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Looked {
    /// What waits, the newest first.
    pub waiting: Vec<Arrived>,
    /// How many letters wait of people whose keys were not added. Nothing else is said of them.
    pub strangers: usize,
    /// Letters that are not as letters are, or cannot be taken here, with the reason.
    pub passed_over: Vec<(String, String)>,
    /// The people whose machine another key signs for, by what such a letter says of itself.
    pub other_keys: Vec<String>,
    /// Why something of this user's did not go out, although the remote was read.
    pub unsent: Option<RemoteError>,
}

/// A letter that waits, with all that is needed to take it.
pub(super) struct Free {
    pub(super) id: LetterId,
    pub(super) mailbox: String,
    pub(super) chain: Chain,
    pub(super) opened: Opened,
    /// Whether a copy of it is here.
    pub(super) has_copy: bool,
}

impl Mailroom<'_> {
    /// Looks at the remote: what goes out goes out, receipts are noted, and what waits is verified. Nothing is taken. Without
    /// `to_others` only letters to the user's own machines go out.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn sync(&mut self, to_others: bool) -> Result<Looked, MailroomError> {
        self.ask_if_queued()?;
        self.flush(to_others)?;
        let (free, looked) = self.free()?;
        drop(free);
        self.sweep_if_due()?;
        // Nothing depends on it, and it is tried again.
        let _ = self.collect_if_many();
        Ok(looked)
    }

    /// What can be taken here now.
    pub(super) fn free(&self) -> Result<(Vec<Free>, Looked), MailroomError> {
        let mailboxes: BTreeMap<String, Mailbox> =
            self.own_mailboxes()?.into_iter().map(|mailbox| (self.key_of(&mailbox), mailbox)).collect();
        let prefixes = mailboxes.keys().map(|key| format!("{key}/")).collect();
        let remote = self.remote();
        let tips = self.look_by(&remote, &unique(prefixes))?;
        let (mut free, mut looked) = (Vec::new(), Looked::default());
        looked.unsent = self.unsent.take();
        for (name, why) in remote.bad.take() {
            let id = name.rsplit_once('/').map_or(name.as_str(), |(_, id)| id).to_owned();
            looked.passed_over.push((id, why));
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        // The newest first: a flood of older ones hides none of them.
        for (name, tip) in tips.iter().rev() {
            let Some((mailbox, id)) = name.split_once('/') else { continue };
            let Some(id) = LetterId::parse(id) else { continue };
            let count = counts.entry(mailbox).or_default();
            *count += 1;
            if *count > MAX_LETTERS {
                continue;
            }
            match self.look_at(mailbox, &id, tip) {
                Ok(Some((letter, signer))) => {
                    looked.waiting.push(arrived(&letter, &signer));
                    free.push(letter);
                }
                Ok(None) => {}
                Err(MailroomError::NotTaken(NotTaken::Stranger { .. })) => looked.strangers += 1,
                Err(error) => {
                    if let MailroomError::NotTaken(NotTaken::OtherKey { person, .. }) = &error {
                        looked.other_keys.push(person.clone());
                    }
                    looked.passed_over.push((id.to_string(), error.to_string()));
                }
            }
        }
        Ok((free, looked))
    }

    /// Refuses a letter about another repository, where several share the remote.
    fn check_repository(&self, opened: &Opened) -> Result<(), MailroomError> {
        if self.joined.mail.is_none() {
            return Ok(());
        }
        let theirs = opened.letter.repository.as_deref();
        if theirs.is_none() {
            return Err(MailroomError::Odd("it does not say which repository it is about"));
        }
        Ok(crate::take::check_repository(self.project, self.room.git(), theirs)?)
    }

    /// The letter at `tip`, where it can be taken and was not here before.
    fn look_at(
        &self,
        mailbox: &str,
        id: &LetterId,
        tip: &str,
    ) -> Result<Option<(Free, Signer)>, MailroomError> {
        let chain = Chain::read(&self.room, tip)?;
        if !chain.is_free() {
            return Ok(None);
        }
        let here = self.here(self.project.top(), id)?;
        if self.is_held(id, &here)? {
            return Ok(None);
        }
        let opened = self.reading().opened(&chain, &letter_ref(mailbox, id))?;
        let signer = opened.signer(&self.state)?;
        // One's own letter to others is not for oneself.
        let own = self.people()?.own_mailboxes(&self.identity.mail);
        if signer == Signer::This && own.contains(&opened.letter.to) {
            return Ok(None);
        }
        self.check_repository(&opened)?;
        opened.letter.check_age(Timestamp::now()).map_err(NotTaken::from)?;
        let has_copy = !here.copies.is_empty();
        let free = Free { id: id.clone(), mailbox: mailbox.to_owned(), chain, opened, has_copy };
        Ok(Some((free, signer)))
    }
}

fn arrived(free: &Free, signer: &Signer) -> Arrived {
    let letter = &free.opened.letter;
    let line = |text: &str, most| Sanitised::line(text.as_bytes(), most);
    Arrived {
        id: letter.id.clone(),
        title: line(&letter.title, 120),
        // The name that the user gave a person counts, not the one that the person claims.
        from: match signer {
            Signer::Known(person, _) if !person.is_me() => {
                line(&format!("{}@{}", person.name, letter.from.machine), 120)
            }
            _ => line(&format!("{}@{}", letter.from.name, letter.from.machine), 120),
        },
        person: signer.name().to_owned(),
        branch: letter.branch.as_deref().map(|branch| line(branch, 120)),
        at: letter.id.created().seconds(),
        to: letter.to.clone(),
        work_bytes: letter.parcel.as_ref().map_or(0, |parcel| parcel.size),
        has_copy: free.has_copy,
    }
}
