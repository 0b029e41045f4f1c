//! Takes letters, each by exactly one of all that may: a chain of steps on the letter's ref, each pushed with a lease on the one
//! before, and a journal from which every interrupted one is settled by what the remote says later.

use std::path::Path;

use handoff_capturing::{Notice, Observer, Project};
use handoff_letter::{LetterId, State};
use handoff_text::Sanitised;

use super::batch::push_letters;
use super::chain::Chain;
use super::look::{Free, Looked};
use super::records::{self, Claim, JOURNAL};
use super::remote::{OURS, Outcome, Remote, Update};
use super::{Mailroom, MailroomError, letter_ref, parcel_ref};
use crate::error::NotTaken;
use crate::take::{TakeOptions, Taken, take};

/// What was taken.
#[derive(Debug, Default)]
pub struct Pulled {
    /// The letters that wait here now.
    pub taken: Vec<(LetterId, Taken)>,
    /// Those that another machine took in the same moment.
    pub lost: Vec<Lost>,
    /// Those of which it is not known yet, with the reason: the next look settles them.
    pub open: Vec<(LetterId, String)>,
    /// What else was seen.
    pub looked: Looked,
}

/// A letter that another machine has.
#[derive(Debug)]
pub struct Lost {
    /// Which.
    pub id: LetterId,
    /// What is known of who has it. A claim.
    pub by: Sanitised,
}

/// A letter that was given back.
#[derive(Debug)]
pub struct GaveBack {
    /// Which.
    pub id: LetterId,
    /// Whether its handoff was archived here.
    pub is_archived: bool,
}

/// Drops what is said while a letter for another worktree is finished.
struct Silent;

impl Observer for Silent {
    fn notice(&self, _: &Notice<'_>) {}
}

/// How taking one letter ended.
enum End {
    Here(Box<Taken>),
    /// It was here before.
    Before,
    Lost(Sanitised),
}

impl Mailroom<'_> {
    /// Takes what waits for this user, or the one letter that has `part` in its name. Each is the user's alone then, and waits in
    /// this worktree.
    ///
    /// # Errors
    /// [`MailroomError`].
    pub fn pull(&mut self, part: Option<&str>) -> Result<Pulled, MailroomError> {
        self.ask_if_queued()?;
        self.flush(true)?;
        let mut pulled = Pulled::default();
        self.settle(&mut pulled)?;
        let (free, looked) = self.free()?;
        pulled.looked = looked;
        let wanted: Vec<_> =
            free.into_iter().filter(|free| part.is_none_or(|part| free.id.as_str().contains(part))).collect();
        if let Some(part) = part {
            match wanted.len() {
                0 if pulled.taken.is_empty() => return Err(self.why_not(part)),
                0 | 1 => {}
                _ => return Err(MailroomError::Several(part.to_owned())),
            }
        }
        let mut claims = Vec::new();
        for free in &wanted {
            claims.push((free.id.clone(), self.claim(free)?));
        }
        let updates: Vec<_> = claims.iter().map(|(id, claim)| vec![claim_of(id, claim)]).collect();
        let (answers, error) = push_letters(&self.remote(), &updates);
        let why = error.map(|error| error.to_string()).unwrap_or_default();
        for ((id, claim), answer) in claims.into_iter().zip(answers) {
            match answer.as_deref() {
                Some([outcome]) => self.note_claim(&id, claim, outcome, &mut pulled),
                _ => pulled.open.push((id, why.clone())),
            }
        }
        Ok(pulled)
    }

    /// Why no letter with `part` in its name can be taken.
    fn why_not(&self, part: &str) -> MailroomError {
        for mailbox in self.own_mailboxes().unwrap_or_default() {
            let Ok(tips) = self.room.refs(&format!("{}{}/", super::remote::CAME, self.key_of(&mailbox)))
            else {
                continue;
            };
            let Some((id, tip)) = tips.into_iter().find(|(id, _)| id.contains(part)) else { continue };
            if let Ok(chain) = Chain::read(&self.room, &tip)
                && !chain.is_free()
            {
                let state = if chain.state() == State::Delivered { "delivered to" } else { "taken by" };
                return MailroomError::Taken { id, state, by: by(&chain) };
            }
        }
        MailroomError::NoLetter(part.to_owned())
    }

    /// Writes down that `free` is about to be taken.
    fn claim(&self, free: &Free) -> Result<Claim, MailroomError> {
        let title = format!("taken by {}", self.short_name());
        let commit = self.step(&free.chain.tip, &free.chain.newest.tree, &title, State::Taken)?;
        self.room.set(&format!("{OURS}{}/claim", free.id), Some(&commit))?;
        let claim = Claim {
            mailbox: free.mailbox.clone(),
            from: free.chain.tip.clone(),
            claim: commit,
            done: None,
            worktree: self.project.top().to_string_lossy().into_owned(),
            returning: false,
        };
        records::write(&self.dir, JOURNAL, &free.id, &claim)?;
        Ok(claim)
    }

    fn note_claim(&self, id: &LetterId, claim: Claim, outcome: &Outcome, pulled: &mut Pulled) {
        let ended = match outcome {
            Outcome::Done => self.finish(id, claim),
            Outcome::Stale => self.settle_stale(id, claim),
            Outcome::Refused(said) => self.refused(id, said.clone()),
        };
        note(id, ended, pulled);
    }

    /// Settles every letter whose taking was interrupted, by what the remote says now.
    pub(super) fn settle(&self, pulled: &mut Pulled) -> Result<(), MailroomError> {
        for (id, claim) in records::all::<Claim>(&self.dir, JOURNAL)? {
            let ended = self.settle_one(&id, claim);
            if let Err(error @ MailroomError::Remote(_)) = ended {
                return Err(error);
            }
            note(&id, ended, pulled);
        }
        Ok(())
    }

    /// What the remote says of a letter that is being taken. A push of an earlier program may still be under way, so what is
    /// refused as stale is looked at once more: the claim that is there then may be this one.
    fn settle_one(&self, id: &LetterId, claim: Claim) -> Result<End, MailroomError> {
        let tip = self.tip(id, &claim)?;
        if claim.returning {
            return self.settle_returning(id, &claim, tip).map(|_| End::Before);
        }
        match tip {
            // Its answer was lost before it came there.
            Some(tip) if tip == claim.from => {
                match self.remote().push(&[claim_of(id, &claim)], false)?.into_iter().next() {
                    Some(Outcome::Done) => self.finish(id, claim),
                    Some(Outcome::Refused(said)) => self.refused(id, said),
                    _ => self.settle_stale(id, claim),
                }
            }
            tip => self.settle_tip(id, claim, tip),
        }
    }

    /// The same for one of which a push was just refused as stale.
    fn settle_stale(&self, id: &LetterId, claim: Claim) -> Result<End, MailroomError> {
        match self.tip(id, &claim)? {
            Some(tip) if tip == claim.from => {
                Err(MailroomError::Odd("the remote was busy with it; try again"))
            }
            tip => self.settle_tip(id, claim, tip),
        }
    }

    fn tip(&self, id: &LetterId, claim: &Claim) -> Result<Option<String>, MailroomError> {
        let name = letter_ref(&claim.mailbox, id);
        Ok(self.remote().look(&[format!("{}/", claim.mailbox)])?.remove(&name))
    }

    fn settle_tip(&self, id: &LetterId, claim: Claim, tip: Option<String>) -> Result<End, MailroomError> {
        let chain = tip.as_deref().and_then(|tip| Chain::read(&self.room, tip).ok());
        let is_done = match (&tip, &claim.done) {
            (None, done) => done.is_some(),
            (Some(_), None) => false,
            (Some(_), Some(done)) => chain.as_ref().is_some_and(|chain| chain.steps.contains(done)),
        };
        match tip {
            Some(tip) if tip == claim.claim => self.finish(id, claim),
            // Its sender may know it by now.
            _ if is_done => self.forget(id).map(|()| End::Before),
            _ => {
                // Another machine has it. This one may have put it into the inbox before its sender offered it again.
                if self.returned_copies(id)? < self.copies(Path::new(&claim.worktree), id)?.len() {
                    self.archive_of(id, Path::new(&claim.worktree))?;
                }
                self.forget(id)?;
                let who = chain.map(|chain| by(&chain));
                Ok(End::Lost(who.unwrap_or_else(|| Sanitised::from("another machine"))))
            }
        }
    }

    fn refused(&self, id: &LetterId, said: String) -> Result<End, MailroomError> {
        self.forget(id)?;
        Err(MailroomError::Unfit { remote: self.joined.place().to_owned(), said })
    }

    pub(super) fn forget(&self, id: &LetterId) -> Result<(), MailroomError> {
        records::remove(&self.dir, JOURNAL, id)?;
        for name in ["claim", "done"] {
            let _ = self.room.set(&format!("{OURS}{id}/{name}"), None);
        }
        Ok(())
    }

    /// The letter is this user's: it is put into the worktree's inbox, then the remote says so.
    fn finish(&self, id: &LetterId, claim: Claim) -> Result<End, MailroomError> {
        let worktree = Path::new(&claim.worktree);
        let is_elsewhere = worktree != self.project.top() && worktree.is_dir();
        let ended = if is_elsewhere {
            let observer = Box::new(Silent);
            let project = Project::open_forgiving(self.project.environment, observer, Some(worktree))?;
            self.deliver(&project, id, &claim)?
        } else {
            self.deliver(self.project, id, &claim)?
        };
        self.acknowledge(id, claim)?;
        Ok(ended)
    }

    fn deliver(&self, project: &Project<'_>, id: &LetterId, claim: &Claim) -> Result<End, MailroomError> {
        if self.held(project, id)?.is_some() {
            return Ok(End::Before);
        }
        let chain = Chain::read(&self.room, &claim.claim)?;
        let mut opened = self.opened(&chain, &claim.mailbox, id)?;
        if opened.letter.parcel.is_some() {
            let name = parcel_ref(id);
            let parcel = self.remote().look(std::slice::from_ref(&name))?.remove(&name);
            self.add_parcel(&mut opened, &chain, name, parcel)?;
        }
        let any_repository = self.joined.mail.is_none();
        let options = TakeOptions { any_repository, returned: self.returned_copies(id)?, is_copy: false };
        match take(project, &opened, options) {
            Ok(taken) => Ok(End::Here(Box::new(taken))),
            Err(NotTaken::Already { .. }) => Ok(End::Before),
            Err(error) => Err(error.into()),
        }
    }

    /// Says at the remote that the letter is on the disk here. Where that is not reached, the next look does it.
    fn acknowledge(&self, id: &LetterId, mut claim: Claim) -> Result<(), MailroomError> {
        let done = match claim.done.clone() {
            Some(done) => done,
            None => {
                let chain = Chain::read(&self.room, &claim.claim)?;
                let title = format!("delivered to {}", self.short_name());
                let done = self.step(&claim.claim, &chain.newest.tree, &title, State::Delivered)?;
                self.room.set(&format!("{OURS}{id}/done"), Some(&done))?;
                claim.done = Some(done.clone());
                records::write(&self.dir, JOURNAL, id, &claim)?;
                done
            }
        };
        let update = Update {
            name: letter_ref(&claim.mailbox, id),
            expected: Some(claim.claim.clone()),
            new: Some(done),
        };
        match self.remote().push(&[update], false) {
            Ok(outcomes) if outcomes.first() == Some(&Outcome::Done) => self.forget(id),
            // The letter is here; only its sender does not know it yet.
            _ => Ok(()),
        }
    }
}

fn claim_of(id: &LetterId, claim: &Claim) -> Update {
    Update {
        name: letter_ref(&claim.mailbox, id),
        expected: Some(claim.from.clone()),
        new: Some(claim.claim.clone()),
    }
}

/// Who did the newest step of a letter. A claim.
pub(super) fn by(chain: &Chain) -> Sanitised {
    let subject = &chain.newest.subject;
    let who = ["taken by ", "delivered to ", "given back by ", "offered again by "]
        .iter()
        .find_map(|start| subject.strip_prefix(start));
    Sanitised::line(who.unwrap_or(subject).as_bytes(), 120)
}

fn note(id: &LetterId, ended: Result<End, MailroomError>, pulled: &mut Pulled) {
    match ended {
        Ok(End::Here(taken)) => pulled.taken.push((id.clone(), *taken)),
        Ok(End::Before) => {}
        Ok(End::Lost(by)) => pulled.lost.push(Lost { id: id.clone(), by }),
        Err(error) => pulled.open.push((id.clone(), error.to_string())),
    }
}
