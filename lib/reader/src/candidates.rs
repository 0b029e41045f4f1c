//! What of an inbox a session may be given.

use std::ffi::OsString;

use handoff_delivery::{Ledger, Offer, Past, Standing};
use handoff_store::{Listing, Oddity, Waiting};

/// After how many offers that could not show what became of them a handoff is only mentioned.
pub const MAX_BLIND_OFFERS: usize = 3;

/// What waits in an inbox, as one reader sees it.
#[derive(Debug, Default)]
pub struct Candidates {
    /// What may be shown, newest first.
    pub handoffs: Vec<Candidate>,
    /// What is on offer to another session that has not spoken yet, newest first.
    pub on_offer: Vec<(Waiting, Offer)>,
    /// What looks like a handoff by name and is no regular file.
    pub oddities: Vec<Oddity>,
    /// The names of what sessions used, which is to be archived.
    pub delivered: Vec<OsString>,
}

/// A handoff that waits, and what happened to it before.
#[derive(Debug)]
pub struct Candidate {
    /// The handoff.
    pub waiting: Waiting,
    /// Its earlier offers.
    pub past: Past,
}

impl Candidate {
    /// Whether it was offered so often that it is only mentioned.
    pub(crate) fn is_only_mentioned(&self) -> bool {
        self.past.blind >= MAX_BLIND_OFFERS
    }
}

impl Candidates {
    /// What of `listing` may be shown to the session that `ledger` looks for. What it has already, and what a person put
    /// back from it, is left out.
    pub fn of(listing: Listing, ledger: &Ledger<'_>) -> Self {
        let mut candidates = Self { oddities: listing.oddities, ..Self::default() };
        for waiting in listing.handoffs {
            match ledger.standing(&waiting) {
                Standing::Delivered(_) => candidates.delivered.push(waiting.name().to_owned()),
                Standing::OnOffer { is_ours: true, .. } => {}
                Standing::OnOffer { offer, .. } => candidates.on_offer.push((waiting, *offer)),
                Standing::Waiting(past) if past.is_put_back => {}
                Standing::Waiting(past) => candidates.handoffs.push(Candidate { waiting, past }),
            }
        }
        candidates
    }

    /// Leaves out what is not in `names`: that is for another session.
    pub fn keep_only(&mut self, names: &[OsString]) {
        self.handoffs.retain(|candidate| names.iter().any(|name| name == candidate.waiting.name()));
        self.on_offer.clear();
        self.oddities.clear();
    }

    /// All of `listing`, for a reader that asks for it by name.
    pub fn all(listing: Listing) -> Self {
        let candidate = |waiting| Candidate { waiting, past: Past::default() };
        Self {
            handoffs: listing.handoffs.into_iter().map(candidate).collect(),
            oddities: listing.oddities,
            ..Self::default()
        }
    }

    /// Whether there is nothing to show and nothing to say.
    pub fn is_empty(&self) -> bool {
        self.handoffs.is_empty() && self.on_offer.is_empty() && self.oddities.is_empty()
    }
}
