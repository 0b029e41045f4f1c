//! Pushes of several letters at once: as few as the remote takes, and none held up by another.

use super::RemoteError;
use super::remote::{Outcome, Remote, Update};

/// The most refs that go in one push. Some hosts refuse more.
const MAX_REFS: usize = 20;

/// What the remote says of each letter's refs; `None` where its answer did not come.
pub(super) type Answers = Vec<Option<Vec<Outcome>>>;

/// Pushes `letters`, each with all its refs. A batch in which the remote refuses something is pushed in halves, down to single
/// letters, so that the others of it go through. Stops at the first push that gets no answer.
pub(super) fn push_letters(remote: &impl Remote, letters: &[Vec<Update>]) -> (Answers, Option<RemoteError>) {
    let mut answers = Vec::new();
    let mut rest = letters;
    while !rest.is_empty() {
        let mut refs = 0;
        let fit = rest.iter().take_while(|letter| {
            refs += letter.len();
            refs <= MAX_REFS
        });
        let (batch, others) = rest.split_at(fit.count().max(1));
        if let Err(error) = push_batch(remote, batch, &mut answers) {
            answers.resize(letters.len(), None);
            return (answers, Some(error));
        }
        rest = others;
    }
    (answers, None)
}

fn push_batch(remote: &impl Remote, batch: &[Vec<Update>], answers: &mut Answers) -> Result<(), RemoteError> {
    let all: Vec<Update> = batch.iter().flatten().cloned().collect();
    // A letter without its parcel can be taken by no machine, so both go at once, or the parcel first.
    let is_atomic = batch.len() == 1 && all.len() > 1;
    let outcomes = match remote.push(&all, is_atomic) {
        Err(RemoteError::NotAtomic(_)) => remote.push(&all, false)?,
        outcomes => outcomes?,
    };
    // Its parcel is there already.
    let outcomes =
        if is_atomic && outcomes[0] == Outcome::Stale { remote.push(&all, false)? } else { outcomes };
    let is_refused = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_)));
    if is_refused && batch.len() > 1 {
        // What went through is there now, and is refused as stale if it is pushed again.
        let mut outcomes = outcomes.into_iter();
        let of: Vec<Vec<_>> =
            batch.iter().map(|letter| outcomes.by_ref().take(letter.len()).collect()).collect();
        let again: Vec<_> = (0..batch.len()).filter(|at| has_refused(&of[*at])).collect();
        let first = answers.len();
        answers.extend(of.into_iter().map(Some));
        for half in again.chunks(again.len().div_ceil(2).min(batch.len() / 2).max(1)) {
            let letters: Vec<_> = half.iter().map(|at| batch[*at].clone()).collect();
            let mut later = Vec::new();
            let pushed = push_batch(remote, &letters, &mut later);
            later.resize(half.len(), None);
            for (at, answer) in half.iter().zip(later) {
                answers[first + at] = answer;
            }
            pushed?;
        }
        return Ok(());
    }
    let mut outcomes = outcomes.into_iter();
    answers.extend(batch.iter().map(|letter| Some(outcomes.by_ref().take(letter.len()).collect())));
    Ok(())
}

fn has_refused(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_)))
}
