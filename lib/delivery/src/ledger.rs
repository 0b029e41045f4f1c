//! The offers of one inbox.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};

use handoff_agents::{Dialect, Host, Unproven};
use handoff_document::{Document, Timestamp, sentinel};
use handoff_files::{Dir, FileError, Kind, Lock};
use handoff_store::{Inbox, Listing, Receipt, Waiting};

use crate::decide::{Evidence, Liveness, Verdict, decide};
use crate::evidence::{Finding, Look, Question, look};
use crate::looker::Looker;
use crate::record::{Event, History, Offer, Proof};
use crate::witness::Witnesses;

/// The directory of the records, beside `unread/`.
const OFFERS: &str = "offers";

/// How much of a record is read, its end.
const RECORD: u64 = 64 << 10;

/// How long a hook waits for another that makes its offers, before it goes on without taking turns.
const TURN: Duration = Duration::from_millis(500);

/// For how long a session whose process cannot be seen counts as alive, in seconds.
const UNSEEN: i64 = 60;

/// How long the hooks of one start may take, in seconds.
const ONE_START: i64 = 10;

/// After how long the record of a handoff that is not there is removed, in seconds. It may be claimed, or on its way.
const ORPHANED: i64 = 3600;

/// The offers of one inbox, as one looker sees them.
#[derive(Debug)]
pub struct Ledger<'a> {
    inbox: &'a Inbox,
    looker: &'a Looker,
    offers: Option<Dir>,
    /// The handoffs that have a record.
    recorded: BTreeSet<OsString>,
    witnesses: Witnesses,
    /// What was seen of each frame: one transcript is read once for all handoffs that were in one message.
    seen: RefCell<Vec<(String, Look)>>,
    /// Whether what is seen to have ended is noted.
    notes_ends: bool,
}

/// How an unread handoff stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits.
    Waiting(Past),
    /// A session has it and has not spoken yet.
    OnOffer {
        /// The offer.
        offer: Box<Offer>,
        /// Whether that session is the looker's own.
        is_ours: bool,
    },
    /// A session used it; it is to be archived.
    Delivered(Delivery),
}

/// What happened before to a handoff that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The last offer without a sign that it was read.
    pub offered: Option<Box<Offer>>,
    /// How many offers could not show what became of them.
    pub blind: usize,
    /// Whether a person put it back from the looker's own session.
    pub is_put_back: bool,
}

/// That a session used a handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// Which session.
    pub session: Option<String>,
    /// Whether the session repeated the sentinel.
    pub is_acknowledged: bool,
    /// The digits of the frame that it was given in.
    frame: String,
}

/// An offer, and what becomes of it.
#[derive(Debug)]
struct Judged {
    offer: Offer,
    /// Its line in the record.
    line: String,
    verdict: Verdict,
    /// Whether a hook wrote that line.
    is_witnessed: bool,
    finding: Option<Finding>,
}

impl<'a> Ledger<'a> {
    /// Looks at what is recorded in `inbox`. Nothing is made.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(inbox: &'a Inbox, looker: &'a Looker) -> Result<Self, FileError> {
        Self::of(inbox, looker, inbox.child(OFFERS)?)
    }

    /// The same, but nothing is recorded, not even that an offer has ended.
    ///
    /// # Errors
    /// What the system says.
    pub fn observe(inbox: &'a Inbox, looker: &'a Looker) -> Result<Self, FileError> {
        Ok(Self { notes_ends: false, ..Self::open(inbox, looker)? })
    }

    /// The same, ready to record, while no other does so: its directory is made and locked until this is dropped. Where
    /// it cannot be made or locked, the offers can still be read.
    ///
    /// # Errors
    /// What the system says when it cannot be read.
    pub fn take_turn(inbox: &'a Inbox, looker: &'a Looker) -> Result<Self, FileError> {
        let offers = match inbox.create_child(OFFERS) {
            Ok(dir) => Some(dir),
            Err(_) => inbox.child(OFFERS)?,
        };
        if let Some(dir) = &offers {
            wait_for_lock(dir, looker.until);
        }
        Self::of(inbox, looker, offers)
    }

    /// The same, but `None` if another process keeps the turn: for what must not happen while a hook makes its offers. On a
    /// file system without locks the turn is always free.
    ///
    /// # Errors
    /// What the system says.
    pub fn take_turn_alone(inbox: &'a Inbox, looker: &'a Looker) -> Result<Option<Self>, FileError> {
        let offers = inbox.create_child(OFFERS)?;
        if !wait_for_lock(&offers, looker.until) {
            return Ok(None);
        }
        Self::of(inbox, looker, Some(offers)).map(Some)
    }

    fn of(inbox: &'a Inbox, looker: &'a Looker, offers: Option<Dir>) -> Result<Self, FileError> {
        let entries = offers.as_ref().map(Dir::entries).transpose()?.unwrap_or_default();
        let recorded: BTreeSet<OsString> =
            entries.into_iter().filter(|entry| entry.kind == Kind::File).map(|entry| entry.name).collect();
        let state = looker.state.as_ref().filter(|_| !recorded.is_empty());
        let witnesses = Witnesses::open(state);
        Ok(Self { inbox, looker, offers, recorded, witnesses, seen: RefCell::default(), notes_ends: true })
    }

    /// How `waiting` stands. An offer that is seen to have ended is recorded as such, unless this only watches.
    pub fn standing(&self, waiting: &Waiting) -> Standing {
        if !self.recorded.contains(waiting.name()) {
            return Standing::Waiting(Past::default());
        }
        let mut history = self.history(waiting.name());
        let open = std::mem::take(&mut history.open).into_iter().rev();
        let judged: Vec<Judged> = open.map(|(offer, line)| self.judge(waiting, offer, line)).collect();
        // Of several sessions that have it the first that speaks has used it, whatever the others do.
        if let Some(judged) = judged.iter().find(|judged| judged.verdict == Verdict::Delivered) {
            return Standing::Delivered(self.delivery(waiting, judged));
        }
        let mut lapsed = None;
        for Judged { offer, line, verdict, is_witnessed, .. } in judged {
            match verdict {
                Verdict::Open => {
                    // A forged record must not keep a handoff from the session that it names.
                    let is_known = is_witnessed || !self.witnesses.can_be();
                    let is_ours = is_known && self.is_ours(&offer);
                    return Standing::OnOffer { offer: Box::new(offer), is_ours };
                }
                Verdict::Delivered | Verdict::Lapsed => _ = lapsed.get_or_insert(offer),
                Verdict::Ended { blind } => {
                    let (at, frame) = (self.looker.now, offer.frame.clone());
                    if self.notes_ends {
                        // What is not noted is seen again by the next look.
                        let _ = self.append(waiting.name(), &Event::Ended { at, frame, blind });
                        self.witnesses.remove(waiting.name(), &line);
                    }
                    history.blind += usize::from(blind);
                    lapsed.get_or_insert(offer);
                }
            }
        }
        // A second hook of the same start, where no transcript shows that there was a first.
        let again = history.ended.as_ref().filter(|offer| offer.proof == Proof::None && self.is_ours(offer));
        if let Some(offer) = again.filter(|offer| (0..ONE_START).contains(&self.age(offer))) {
            return Standing::OnOffer { offer: Box::new(offer.clone()), is_ours: true };
        }
        let is_put_back =
            self.looker.session.as_ref().is_some_and(|session| history.restored_from.contains(session));
        let offered = lapsed.or(history.ended).map(Box::new);
        Standing::Waiting(Past { offered, blind: history.blind, is_put_back })
    }

    fn is_ours(&self, offer: &Offer) -> bool {
        self.looker.session.is_some() && offer.session == self.looker.session
    }

    /// How old an offer is, in seconds.
    fn age(&self, offer: &Offer) -> i64 {
        self.looker.now.seconds() - offer.at.seconds()
    }

    /// Records that `name` is about to be printed.
    ///
    /// # Errors
    /// What the system says; the handoff counts as waiting then.
    pub fn offer(&self, name: &OsStr, offer: Offer) -> Result<(), FileError> {
        let event = Event::Offered(offer);
        if let Some(state) = &self.looker.state {
            // Without a witness the offer is only ever seen to have ended: it comes twice.
            let _ = Witnesses::create(state).and_then(|witnesses| witnesses.add(name, &event.line()));
        }
        self.append(name, &event)
    }

    /// Notes that a person put `name` back from `session`: what was offered of it before says nothing any more.
    ///
    /// # Errors
    /// What the system says.
    pub fn put_back(&self, name: &OsStr, session: Option<&str>) -> Result<(), FileError> {
        let session = session.map(str::to_owned);
        self.append(name, &Event::Restored { at: self.looker.now, session })
    }

    /// Forgets all that was recorded of `name`.
    pub fn forget(&self, name: &OsStr) {
        let Some(offers) = self.offers.as_ref().filter(|_| self.recorded.contains(name)) else { return };
        for (_, line) in self.history(name).open {
            self.witnesses.remove(name, &line);
        }
        // A record without its handoff is removed by a later look.
        let _ = offers.remove(name);
    }

    /// Archives each handoff of `listing` that a session used. What cannot be archived is left for the next look; the
    /// others still are.
    pub fn settle(&self, listing: &Listing) {
        if self.recorded.is_empty() {
            return;
        }
        for waiting in &listing.handoffs {
            if let Standing::Delivered(delivery) = self.standing(waiting) {
                let _ = self.archive(waiting, &delivery);
            }
        }
        self.sweep(listing);
    }

    fn archive(&self, waiting: &Waiting, delivery: &Delivery) -> Result<(), FileError> {
        let archive = self.inbox.archive()?;
        let Some(mut claim) = self.inbox.claim(waiting, &archive)? else { return Ok(()) };
        // Before it was claimed, a person may have put it back, or another look may have archived it and it was restored.
        if !self.history(waiting.name()).open.iter().any(|(offer, _)| offer.frame == delivery.frame) {
            return Ok(());
        }
        let content = claim.read()?;
        let receipt = Receipt {
            at: delivery.at,
            by: delivery.session.clone(),
            is_acknowledged: delivery.is_acknowledged,
        };
        let path = claim.archive(&archive, &content, &receipt)?;
        // It has another name there when its own was taken: the reminder after compaction looks for that.
        if let (Some(session), Some(name)) = (&delivery.session, path.file_name())
            && name != waiting.name()
        {
            self.inbox.remember(session, name)?;
        }
        self.forget(waiting.name());
        Ok(())
    }

    /// Removes records of handoffs that have been gone for a while.
    fn sweep(&self, listing: &Listing) {
        let Some(offers) = &self.offers else { return };
        let is_there = |name: &OsString| listing.handoffs.iter().any(|waiting| waiting.name() == name);
        for name in self.recorded.iter().filter(|name| !is_there(name)) {
            let written = offers.modified(name);
            if written.is_some_and(|written| self.looker.now.seconds() - written > ORPHANED) {
                self.forget(name);
            }
        }
    }

    fn history(&self, name: &OsStr) -> History {
        let read = || {
            let file = self.offers.as_ref()?.open_file(name).ok()?;
            file.read_at(file.size().saturating_sub(RECORD), RECORD).ok()
        };
        History::parse(&read().unwrap_or_default())
    }

    fn append(&self, name: &OsStr, event: &Event) -> Result<(), FileError> {
        let missing = || {
            let error = std::io::Error::from(std::io::ErrorKind::NotFound);
            FileError::new("open", &self.inbox.path().join(OFFERS))(error)
        };
        // A line that a full disk cut short must not spoil the next one.
        let line = format!("\n{}\n", event.line());
        self.offers.as_ref().ok_or_else(missing)?.append(name, line.as_bytes())
    }

    fn judge(&self, waiting: &Waiting, offer: Offer, line: String) -> Judged {
        let is_witnessed = self.witnesses.has(waiting.name(), &line);
        let (evidence, finding) = self.evidence(waiting, &offer, is_witnessed);
        // Without a witness, that there is no evidence is no reason to archive anything.
        let row = if is_witnessed { Host::stamped(&offer.host) } else { None };
        let unproven = row.map_or(Unproven::Wait, |host| host.unproven);
        let verdict = decide(evidence, self.liveness(&offer), unproven);
        Judged { offer, line, verdict, is_witnessed, finding }
    }

    fn evidence(&self, waiting: &Waiting, offer: &Offer, is_witnessed: bool) -> (Evidence, Option<Finding>) {
        if offer.proof == Proof::Assumed {
            return (if is_witnessed { Evidence::Answered } else { Evidence::Missing }, None);
        }
        let dialect = Host::stamped(&offer.host).and_then(|host| host.transcript);
        let (Some(path), Some(dialect)) = (&offer.transcript, dialect) else {
            return (Evidence::Unusable, None);
        };
        if !is_witnessed && !self.looker.is_transcript(path) {
            // It may be forged, and so may what stands at that path.
            return (Evidence::Missing, None);
        }
        match self.look(offer, path, dialect, !is_witnessed) {
            Look::Missing => (Evidence::Missing, None),
            Look::Unusable => (Evidence::Unusable, None),
            Look::NotLooked => (Evidence::NotLooked, None),
            Look::Read(finding) => {
                // One that was edited after it was shown has not been shown. What the record says of that counts only
                // where a hook wrote it.
                let is_shown = || {
                    let is_that = |token: String| {
                        if is_witnessed { token == offer.sentinel } else { finding.shows(&token) }
                    };
                    self.token(waiting).is_some_and(is_that)
                };
                let evidence = if finding.is_answered && is_shown() {
                    Evidence::Answered
                } else if finding.is_answered || finding.is_not_given {
                    Evidence::NotGiven
                } else {
                    Evidence::Silent { turn_is_over: finding.turn_is_over }
                };
                (evidence, Some(finding))
            }
        }
    }

    /// What the transcript at `path` shows of the offer's frame.
    fn look(&self, offer: &Offer, path: &std::path::Path, dialect: Dialect, strict: bool) -> Look {
        let known = self.seen.borrow().iter().find(|(frame, _)| *frame == offer.frame).cloned();
        if let Some((_, look)) = known {
            return look;
        }
        let question = Question {
            path,
            length: offer.length,
            frame: &offer.frame,
            dialect,
            strict,
            // A session repeats the sentinels of all that it was given in one line.
            token: self.looker.thorough.then_some(&*offer.sentinel),
            until: self.looker.until,
        };
        let look = look(&question);
        self.seen.borrow_mut().push((offer.frame.clone(), look.clone()));
        look
    }

    /// The sentinel of the handoff as it is now.
    fn token(&self, waiting: &Waiting) -> Option<String> {
        let content = self.inbox.peek_whole(waiting).ok()?;
        Some(sentinel(Document::parse(&content).body()))
    }

    fn delivery(&self, waiting: &Waiting, judged: &Judged) -> Delivery {
        let Judged { offer, finding, .. } = judged;
        let acknowledges =
            |finding: &Finding| self.token(waiting).is_some_and(|token| finding.acknowledges(&token));
        let is_acknowledged = self.looker.thorough && finding.as_ref().is_some_and(acknowledges);
        let answered = finding.as_ref().and_then(|finding| finding.answered_at);
        let (at, session) = (answered.unwrap_or(offer.at), offer.session.clone());
        Delivery { at, session, is_acknowledged, frame: offer.frame.clone() }
    }

    fn liveness(&self, offer: &Offer) -> Liveness {
        let looker = self.looker;
        let unknown =
            if (0..UNSEEN).contains(&self.age(offer)) { Liveness::UnknownYet } else { Liveness::Unknown };
        let Some(process) = offer.process else { return unknown };
        if offer.space != looker.space {
            let boot = |space: &str| space.split('-').next().map(str::to_owned);
            let is_same_boot = boot(&offer.space) == boot(&looker.space);
            return if is_same_boot { unknown } else { Liveness::Over };
        }
        let runs_another =
            looker.process == Some(process) && looker.session.is_some() && looker.session != offer.session;
        if runs_another || !process.is_running() { Liveness::Over } else { Liveness::Alive }
    }
}

/// Waits for a lock that no hook holds longer than it takes to make one message. A stopped one is not waited for. False
/// when another process still has it.
fn wait_for_lock(dir: &Dir, until: Instant) -> bool {
    const PAUSE: Duration = Duration::from_millis(2);
    let until = until.min(Instant::now() + TURN);
    while matches!(dir.lock(), Ok(Lock::Busy)) {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}
