//! Takes letters, each by exactly one of all that may: a chain of steps on the letter's ref, each pushed with a lease on the one
//! before, and a journal from which every interrupted one is settled by what the remote says later.

use std::collections::BTreeMap;
use std::path::Path;

use handoff_capturing::{Notice, Observer, Project};
use handoff_letter::{LetterId, State};
use handoff_text::Sanitised;

use super::batch::push_letters;
use super::chain::Chain;
use super::look::{Free, Looked};
use super::records::{self, Claim, JOURNAL};
use super::remote::{OURS, Outcome, Remote, RemoteError, Update};
use super::{Mailroom, MailroomError, letter_ref, parcel_ref};
use crate::error::NotTaken;
use crate::take::{TakeOptions, Taken, take};

/// What the refs of a letter that is being taken or given back are called, behind its name.
const STEPS: [&str; 3] = ["claim", "done", "returned"];

/// So much of parcels comes at once, in bytes.
const MAX_PARCELS_BYTES: u64 = 64 << 20;

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
        let passed_over = std::mem::take(&mut pulled.looked.passed_over);
        pulled.looked = looked;
        pulled.looked.passed_over.extend(passed_over);
        let wanted: Vec<_> =
            free.into_iter().filter(|free| part.is_none_or(|part| free.id.as_str().contains(part))).collect();
        if let Some(part) = part {
            match wanted.len() {
                0 if pulled.taken.is_empty() => return Err(self.why_not(part)),
                0 | 1 => {}
                _ => return Err(MailroomError::Several(part.to_owned())),
            }
        }
        let claims = self.claim(&wanted)?;
        let updates: Vec<_> = claims.iter().map(|(id, claim)| vec![claim_of(id, claim)]).collect();
        let (answers, error) = push_letters(&self.remote(), &updates);
        let mut won = Vec::new();
        for ((id, claim), answer) in claims.into_iter().zip(answers) {
            match (answer.as_deref(), &error) {
                (Some([Outcome::Done]), _) => won.push((id, claim)),
                (Some([outcome]), _) => self.note_claim(&id, claim, outcome, &mut pulled),
                (_, Some(RemoteError::Refused { said, .. })) => {
                    note(&id, self.refused(&id, said.to_string()), &mut pulled);
                }
                (_, error) => {
                    let why = error.as_ref().map(ToString::to_string).unwrap_or_default();
                    pulled.open.push((id, why));
                }
            }
        }
        let parcels = self.parcels(&wanted, &won);
        self.finish_all(won, &parcels, &mut pulled)?;
        Ok(pulled)
    }

    /// Fetches the parcels of the letters in `won`, as far as they are small enough to come at once: their refs, and what these
    /// name. What does not come is fetched for each letter.
    fn parcels(&self, wanted: &[Free], won: &[(LetterId, Claim)]) -> BTreeMap<String, String> {
        let mut left = MAX_PARCELS_BYTES;
        let mut names = Vec::new();
        for Free { id, opened, .. } in wanted.iter().filter(|free| won.iter().any(|(id, _)| *id == free.id)) {
            let size = opened.letter.parcel.as_ref().map(|parcel| parcel.size);
            if let Some(rest) = size.and_then(|size| left.checked_sub(size)) {
                left = rest;
                names.push(parcel_ref(id));
            }
        }
        if names.len() < 2 {
            return BTreeMap::new();
        }
        self.remote().look(&names).unwrap_or_default()
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

    /// Writes down that the letters `wanted` are about to be taken.
    fn claim(&self, wanted: &[Free]) -> Result<Vec<(LetterId, Claim)>, MailroomError> {
        let title = format!("taken by {}", self.short_name());
        let mut claims = Vec::new();
        for free in wanted {
            let claim = Claim {
                mailbox: free.mailbox.clone(),
                from: free.chain.tip.clone(),
                claim: self.step(&free.chain.tip, &free.chain.newest.tree, &title, State::Taken)?,
                done: None,
                worktree: self.project.top().to_string_lossy().into_owned(),
                returning: false,
            };
            claims.push((free.id.clone(), claim));
        }
        let name = |id: &LetterId| format!("{OURS}{id}/claim");
        let refs: Vec<_> = claims.iter().map(|(id, claim)| (name(id), Some(claim.claim.as_str()))).collect();
        self.room.set_all(&refs)?;
        for (id, claim) in &claims {
            records::write(&self.dir, JOURNAL, id, claim)?;
        }
        Ok(claims)
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
                let outcomes = match self.remote().push(&[claim_of(id, &claim)], false) {
                    Err(RemoteError::Refused { said, .. }) => return self.refused(id, said.to_string()),
                    outcomes => outcomes?,
                };
                match outcomes.into_iter().next() {
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
        Ok(self.look(&[format!("{}/", claim.mailbox)])?.remove(&name))
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
                if self.is_held(id, &self.here(Path::new(&claim.worktree), id)?)? {
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
        self.forget_all(std::slice::from_ref(id))
    }

    fn forget_all(&self, ids: &[LetterId]) -> Result<(), MailroomError> {
        for id in ids {
            records::remove(&self.dir, JOURNAL, id)?;
        }
        let names = ids.iter().flat_map(|id| STEPS.map(|name| (format!("{OURS}{id}/{name}"), None)));
        // What stays is collected later.
        let _ = self.room.set_all(&names.collect::<Vec<_>>());
        Ok(())
    }

    /// The letters are this user's: each is put into the worktree's inbox, then the remote says so of all of them.
    fn finish_all(
        &self,
        claims: Vec<(LetterId, Claim)>,
        parcels: &BTreeMap<String, String>,
        pulled: &mut Pulled,
    ) -> Result<(), MailroomError> {
        let mut here = Vec::new();
        for (id, claim) in claims {
            let ended = self.put_here(&id, &claim, parcels);
            if ended.is_ok() {
                here.push((id.clone(), claim));
            }
            note(&id, ended, pulled);
        }
        self.acknowledge(here)
    }

    /// The same for one.
    fn finish(&self, id: &LetterId, claim: Claim) -> Result<End, MailroomError> {
        let ended = self.put_here(id, &claim, &BTreeMap::new())?;
        self.acknowledge(vec![(id.clone(), claim)])?;
        Ok(ended)
    }

    fn put_here(
        &self,
        id: &LetterId,
        claim: &Claim,
        parcels: &BTreeMap<String, String>,
    ) -> Result<End, MailroomError> {
        let worktree = Path::new(&claim.worktree);
        let is_elsewhere = worktree != self.project.top() && worktree.is_dir();
        if is_elsewhere {
            let observer = Box::new(Silent);
            let project = Project::open_forgiving(self.project.environment, observer, Some(worktree))?;
            return self.deliver(&project, id, claim, parcels);
        }
        self.deliver(self.project, id, claim, parcels)
    }

    fn deliver(
        &self,
        project: &Project<'_>,
        id: &LetterId,
        claim: &Claim,
        parcels: &BTreeMap<String, String>,
    ) -> Result<End, MailroomError> {
        let here = self.here(project.top(), id)?;
        if self.is_held(id, &here)? {
            // An earlier program may have been killed before it came to that.
            here.archive_copies(project.top());
            return Ok(End::Before);
        }
        let chain = Chain::read(&self.room, &claim.claim)?;
        let mut opened = self.reading().opened(&chain, &letter_ref(&claim.mailbox, id))?;
        if opened.letter.parcel.is_some() {
            let name = parcel_ref(id);
            let parcel = match parcels.get(&name) {
                Some(parcel) => Some(parcel.clone()),
                None => self.look(std::slice::from_ref(&name))?.remove(&name),
            };
            self.reading().add_parcel(&mut opened, &chain, name, parcel)?;
        }
        let any_repository = self.joined.mail.is_none();
        let options = TakeOptions { any_repository, returned: self.returned_copies(id)?, is_copy: false };
        match take(project, &opened, options) {
            Ok(taken) => Ok(End::Here(Box::new(taken))),
            Err(NotTaken::Already { .. }) => Ok(End::Before),
            Err(error) => Err(error.into()),
        }
    }

    /// Says at the remote that the letters are on the disk here. Where that is not reached, the next look does it.
    fn acknowledge(&self, mut claims: Vec<(LetterId, Claim)>) -> Result<(), MailroomError> {
        let title = format!("delivered to {}", self.short_name());
        let mut new = Vec::new();
        for (id, claim) in &mut claims {
            if claim.done.is_none() {
                let chain = Chain::read(&self.room, &claim.claim)?;
                let done = self.step(&claim.claim, &chain.newest.tree, &title, State::Delivered)?;
                new.push((format!("{OURS}{id}/done"), done.clone()));
                claim.done = Some(done);
            }
        }
        let refs: Vec<_> = new.iter().map(|(name, done)| (name.clone(), Some(done.as_str()))).collect();
        self.room.set_all(&refs)?;
        for (id, claim) in &claims {
            records::write(&self.dir, JOURNAL, id, claim)?;
        }
        let updates: Vec<_> = claims
            .iter()
            .map(|(id, claim)| {
                let name = letter_ref(&claim.mailbox, id);
                vec![Update { name, expected: Some(claim.claim.clone()), new: claim.done.clone() }]
            })
            .collect();
        // Where one did not arrive, the letter is here all the same; only its sender does not know it yet.
        let (answers, _) = push_letters(&self.remote(), &updates);
        let known =
            claims.into_iter().zip(answers).filter(|(_, answer)| answer.as_deref() == Some(&[Outcome::Done]));
        self.forget_all(&known.map(|((id, _), _)| id).collect::<Vec<_>>())
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
        // It will never be as it should, and waits for no answer.
        Err(MailroomError::NotTaken(error)) if error.is_of_letter() => {
            pulled.looked.passed_over.push((id.to_string(), error.to_string()));
        }
        Err(error) => pulled.open.push((id.clone(), error.to_string())),
    }
}
