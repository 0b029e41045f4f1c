//! The rule: from evidence to what becomes of an offer.

use handoff_agents::Unproven;

/// What a session's transcript shows of one offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The text was given, and the model answered after it.
    Answered,
    /// The model answered, and the text stands nowhere before it: the host did not pass it on.
    NotGiven,
    /// No answer so far. A turn that failed is over: by a usage limit, an error, or the person.
    Silent {
        /// Whether the turn that had the text is over.
        turn_is_over: bool,
    },
    /// There is no transcript (yet).
    Missing,
    /// What is at its path cannot be evidence: no regular file, another user's, unreadable, of an unknown form; or the
    /// host keeps none.
    Unusable,
    /// There was no time to look.
    NotLooked,
}

/// Whether the session that was offered a handoff goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// Its process runs, and runs that session.
    Alive,
    /// Its process is gone, or runs another session.
    Over,
    /// Its process cannot be seen from here (another container), serves several sessions, or is not known; the offer is
    /// a minute old or less.
    UnknownYet,
    /// The same, and the offer is older.
    Unknown,
}

/// What becomes of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The session used the handoff.
    Delivered,
    /// It may still do so: the handoff is not offered to another.
    Open,
    /// The handoff waits again. Nothing is recorded, since later evidence may still come.
    Lapsed,
    /// The handoff waits again, and the offer has ended for good.
    Ended {
        /// Whether no evidence was possible.
        blind: bool,
    },
}

/// What becomes of an offer with this evidence. `unproven` is what its host's row says.
pub fn decide(evidence: Evidence, liveness: Liveness, unproven: Unproven) -> Verdict {
    let unless_alive = |blind| match liveness {
        Liveness::Alive | Liveness::UnknownYet => Verdict::Open,
        Liveness::Over | Liveness::Unknown => Verdict::Ended { blind },
    };
    match evidence {
        Evidence::Answered => Verdict::Delivered,
        Evidence::NotGiven => match liveness {
            Liveness::Alive | Liveness::UnknownYet => Verdict::Lapsed,
            Liveness::Over | Liveness::Unknown => Verdict::Ended { blind: false },
        },
        Evidence::NotLooked => Verdict::Open,
        Evidence::Silent { turn_is_over: true } if liveness == Liveness::UnknownYet => {
            Verdict::Ended { blind: false }
        }
        Evidence::Silent { .. } | Evidence::Missing => unless_alive(false),
        Evidence::Unusable if unproven == Unproven::Archive => Verdict::Delivered,
        Evidence::Unusable => unless_alive(true),
    }
}
