//! What has been learnt of a run so far, whichever backend it is.

use handoff_jsonl::{Body, Raw};
use handoff_text::Sanitised;

use crate::string::Shown;
use crate::tail::Tail;
use crate::{LINE_LIMIT, Outcome, Progress, Reason, SessionId, TEXT_LIMIT, Usage, Verdict};

/// More denials than this are one story.
const DENIALS: usize = 50;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) done: bool,
    /// Whether strings of the line that is being read were cut short.
    pub(crate) shortened: bool,
    verdict: Option<Verdict>,
    /// The text of the last success.
    result: Body,
    /// What the agent said last.
    pub(crate) words: Body,
    /// Whether more parts of `words` may come.
    has_open_words: bool,
    reason: Option<Reason>,
    /// An error that was reported and neither ended the run nor was got over.
    fault: Option<Reason>,
    /// What the backend last asked its service again for, as long as it got no answer.
    retry: Option<Reason>,
    session: Option<SessionId>,
    pub(crate) usage: Option<Usage>,
    pub(crate) own_usage: Option<Usage>,
    pub(crate) cost_usd: Option<f64>,
    pub(crate) turns: Option<u64>,
    pub(crate) denied: Vec<Sanitised>,
    pub(crate) tail: Tail,
}

pub(crate) type Tell<'t> = &'t mut dyn FnMut(Progress);

impl State {
    /// Takes the id of the conversation, which a later line may change.
    pub(crate) fn session(&mut self, id: Raw<'_>, tell: Tell<'_>) {
        if self.session.as_ref().is_some_and(|known| known.as_str().as_bytes() == id.bytes()) {
            return;
        }
        if let Some(id) = SessionId::new(id.bytes()) {
            tell(Progress::Session(id.clone()));
            self.session = Some(id);
        }
    }

    /// Takes what the agent said, and with it that it has got over what went wrong before.
    pub(crate) fn said(&mut self, text: Raw<'_>, limit: usize, tell: Tell<'_>) {
        let line = text.line();
        if line.is_empty() {
            return;
        }
        self.recovered();
        // Before the next is made: both together may be twice the limit.
        self.words = Body::default();
        self.words = text.body(limit);
        self.words.cut |= self.shortened;
        tell(Progress::Text(line));
    }

    /// Takes a part of what the agent says; [`end_of_parts`](Self::end_of_parts) makes a line of all of them.
    pub(crate) fn said_part(&mut self, text: Raw<'_>) {
        if !self.has_open_words {
            self.words = Body::default();
            self.has_open_words = true;
        }
        let part = text.body(TEXT_LIMIT - self.words.text.len());
        self.words.text.push_str(&part.text);
        self.words.cut |= part.cut || self.shortened;
    }

    /// What the agent said in parts has ended.
    pub(crate) fn end_of_parts(&mut self, tell: Tell<'_>) {
        if !std::mem::take(&mut self.has_open_words) {
            return;
        }
        let line = Sanitised::line(self.words.text.as_bytes(), LINE_LIMIT);
        if !line.is_empty() {
            self.recovered();
            tell(Progress::Text(line));
        }
    }

    /// Something went on after an error: it was got over.
    pub(crate) fn recovered(&mut self) {
        self.fault = None;
        self.retry = None;
    }

    /// The backend asks its service again, for this reason: none unless the run ends with nothing else.
    pub(crate) fn retry(&mut self, why: Reason, tell: Tell<'_>) {
        tell(Progress::Retry(Sanitised::line(why.text.as_bytes(), LINE_LIMIT)));
        self.retry = Some(why);
    }

    /// Takes an error that may be the end or not.
    pub(crate) fn fault(&mut self, reason: Reason, tell: Tell<'_>) {
        if self.fault.as_ref() != Some(&reason) {
            tell(Progress::Error(Sanitised::line(reason.text.as_bytes(), LINE_LIMIT)));
        }
        self.fault = Some(reason);
    }

    /// The backend gave its result: this text, or what was said last.
    pub(crate) fn succeeded(&mut self, result: Option<Raw<'_>>) {
        self.verdict = Some(Verdict::Success);
        let words = std::mem::take(&mut self.words);
        // As with the words: none of the old ones while the new one is made.
        self.result = Body::default();
        self.result = match result {
            Some(text) => {
                drop(words);
                let body = text.body(TEXT_LIMIT);
                Body { cut: body.cut || self.shortened, ..body }
            }
            None => words,
        };
        self.reason = None;
        self.recovered();
    }

    /// The backend said that it failed; without a reason, the error before is it.
    pub(crate) fn failed(&mut self, reason: Option<Reason>, tell: Tell<'_>) {
        if let Some(reason) = &reason {
            self.fault(reason.clone(), tell);
        }
        self.verdict = Some(Verdict::Error);
        self.result = Body::default();
        self.reason = reason.or_else(|| self.fault.take());
        self.fault = None;
    }

    pub(crate) fn deny(&mut self, what: Sanitised) {
        if self.denied.len() < DENIALS {
            self.denied.push(what);
        }
    }

    pub(crate) fn outcome(self) -> Outcome {
        let (verdict, reason) = match (self.verdict, self.fault) {
            (Some(verdict), _) => (verdict, self.reason),
            (None, Some(fault)) => (Verdict::Error, Some(fault)),
            (None, None) => (Verdict::NoResult, self.retry.or_else(|| self.tail.reason())),
        };
        let body = if verdict == Verdict::Success { self.result } else { self.words };
        Outcome {
            verdict,
            text: body.text,
            cut: body.cut,
            reason,
            session: self.session,
            usage: self.usage,
            own_usage: self.own_usage,
            cost_usd: self.cost_usd,
            turns: self.turns,
            denied: self.denied,
        }
    }
}
