//! When work has to be captured.

use std::time::Duration;

use handoff_agents::Host;
use handoff_document::Timestamp;
use handoff_files::FileError;

use crate::limit_hit::LimitHit;
use crate::memory::{Claim, Ledger, Mark, Memory, Part};
use crate::window::{Percent, Reading, Window};

/// Which windows count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Windows {
    /// Any.
    #[default]
    All,
    /// Those of these names (`five_hour`, `primary`, `code_review:primary`) or lengths in minutes (`300`), in lower
    /// case. None of them: only the limit counts.
    Named(Vec<String>),
}

impl Windows {
    /// Whether some source may name a window so, or `name`, in lower case, is a length in minutes. Limits and providers
    /// besides the main ones (`code_review:primary`, `gemini:usage`) are not listed anywhere: any is taken.
    pub fn is_known(name: &str) -> bool {
        let named = |(limit, slot): (&str, &str)| !limit.is_empty() && !slot.is_empty();
        matches!(name, "five_hour" | "seven_day" | "primary" | "secondary")
            || name.strip_prefix("seven_day_").is_some_and(|model| !model.is_empty())
            || name.split_once(':').is_some_and(named)
            || name.parse::<u32>().is_ok_and(|minutes| minutes > 0)
    }

    fn count(&self, window: &Window) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| {
                let minutes = || window.minutes.is_some_and(|minutes| name.parse() == Ok(minutes));
                name == window.name.as_str() || minutes()
            }),
        }
    }
}

/// When work is captured.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// A window that is used so far, or further, is near its end.
    pub threshold: Percent,
    /// Which windows count.
    pub windows: Windows,
}

impl Default for Policy {
    /// Any window that is used to 90 %.
    fn default() -> Self {
        Self { threshold: Percent::of(90), windows: Windows::All }
    }
}

/// Where in a session it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment<'s> {
    /// Before a turn: what is saved then is what the turn may lose, and not yet what it brings.
    Prompt,
    /// After a turn, or in it.
    Turn,
    /// At the end of the session with this id.
    End(&'s str),
}

/// That work has to be captured now.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Whose limit it is.
    pub tool: Option<&'static Host>,
    /// Why.
    pub cause: Cause,
    /// What of the window's time it stands for.
    pub(crate) part: Part,
}

impl Trigger {
    /// Whether there was a capture for this window, or for this session at the limit, already, so that only what came since
    /// is worth another.
    pub fn is_another(&self) -> bool {
        matches!(self.part, Part::End(_) | Part::News(_))
    }
}

/// Why work has to be captured.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// These windows are used to the threshold, and nothing was captured for them since they began; the fullest first.
    Near(Reading),
    /// The host hit its limit.
    Limit(LimitHit),
}

impl Trigger {
    /// What is remembered of it.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        match &self.cause {
            Cause::Near(reading) => {
                reading.windows.iter().map(|window| Mark::near(window, self.part.clone())).collect()
            }
            Cause::Limit(hit) => vec![Mark::limit(hit, self.part.clone())],
        }
    }
}

impl Policy {
    /// Whether what was read asks for a capture that `memory` has no record of: once for each window and reset time, and
    /// once an hour for a window whose reset time nobody tells. A capture before a turn does not stand for the turn, and
    /// one in the midst of a session not for its end, which may come hours later in the same window.
    pub fn decide(
        &self,
        reading: &Reading,
        moment: Moment<'_>,
        memory: &Memory,
        now: Timestamp,
    ) -> Option<Trigger> {
        let near = self.near(reading, now)?;
        let without = |parts: &[&Part]| {
            let mut reading = near.clone();
            let has = |window: &Window| {
                parts.iter().any(|&part| memory.has(&Mark::near(window, part.clone()), now))
            };
            reading.windows.retain(|window| !has(window));
            reading
        };
        let due = |reading: Reading, part: Part| {
            let tool = reading.windows.first()?.tool;
            Some(Trigger { tool, cause: Cause::Near(reading), part })
        };
        match moment {
            Moment::Prompt => due(without(&[&Part::Turn, &Part::Prompt]), Part::Prompt),
            Moment::Turn => due(without(&[&Part::Turn]), Part::Turn),
            Moment::End(session) => {
                let end = Part::End(session.to_owned());
                due(without(&[&Part::Turn]), Part::Turn).or_else(|| due(without(&[&end]), end))
            }
        }
    }

    /// Whether the limit asks for a capture for the session with the id `session`: for each session once for each reset time,
    /// once an hour when that is not known; after that for what is uncommitted then, if it is other than what was captured
    /// ([`Trigger::is_another`]). That the window was captured for when it came near its end does not count: work went on
    /// since.
    pub fn decide_limit(hit: &LimitHit, session: &str, memory: &Memory, now: Timestamp) -> Option<Trigger> {
        let mark = |part: &Part| Mark::limit(hit, part.clone());
        let (first, news) = (Part::Session(session.to_owned()), Part::News(session.to_owned()));
        let part = if !memory.has(&mark(&first), now) {
            first
        } else if memory.has_made(&mark(&first), now) && !memory.has(&mark(&news), now) {
            news
        } else {
            // While the first one is under way it has what is uncommitted now.
            return None;
        };
        hit.stands(now).then(|| Trigger { tool: hit.tool, cause: Cause::Limit(hit.clone()), part })
    }

    /// Decides, and where there is something to capture, has it captured by one only of all who decide the same at the
    /// same time. Costs nothing while no window is near its end, and one small read when it was captured for already.
    /// `busy_timeout` is how long others, who decide as well, are waited for; after that there is nothing to do.
    ///
    /// # Errors
    /// What the system says of `ledger`'s files. Nothing is to be captured then: without a memory, every event would.
    pub fn claim<'l>(
        &self,
        reading: &Reading,
        moment: Moment<'_>,
        ledger: &'l Ledger,
        now: Timestamp,
        busy_timeout: Duration,
    ) -> Result<Option<Claim<'l>>, FileError> {
        if self.near(reading, now).is_none() {
            return Ok(None);
        }
        ledger.claim(|memory| self.decide(reading, moment, memory, now), now, busy_timeout)
    }

    /// The same for the limit.
    ///
    /// # Errors
    /// As for [`Policy::claim`].
    pub fn claim_limit<'l>(
        hit: &LimitHit,
        session: &str,
        ledger: &'l Ledger,
        now: Timestamp,
        busy_timeout: Duration,
    ) -> Result<Option<Claim<'l>>, FileError> {
        ledger.claim(|memory| Self::decide_limit(hit, session, memory, now), now, busy_timeout)
    }

    /// Only the windows that are near their end, the fullest first.
    fn near(&self, reading: &Reading, now: Timestamp) -> Option<Reading> {
        let is_near = |window: &&Window| {
            window.used >= self.threshold && self.windows.count(window) && !window.is_over(now)
        };
        let mut windows: Vec<Window> = reading.windows.iter().filter(is_near).cloned().collect();
        windows.sort_by(|a, b| b.used.get().total_cmp(&a.used.get()));
        let Reading { source, observed, .. } = *reading;
        (!windows.is_empty()).then_some(Reading { windows, source, observed })
    }
}
