//! Whether an event of a host is a reason to capture. What is known comes in, what to do goes out; only gathering it looks
//! at files.

use std::time::{Duration, Instant};

use handoff_agents::{Dialect, Host};
use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_quota::{Cause, Claim, Ledger, LimitHit, Memory, Moment, Policy, Reading, Rollout, Trigger};

use crate::{CaptureCondition, Event, Settings, windows};

/// How long other hooks, who decide the same, are waited for.
const BUSY_TIMEOUT: Duration = Duration::from_millis(50);

/// An event of a host, and what is known of the usage windows then.
#[derive(Debug)]
pub struct Occasion<'a> {
    /// The event.
    pub event: &'a Event,
    /// What holds in the project.
    pub settings: &'a Settings,
    /// That the host hit its limit.
    pub limit: Option<LimitHit>,
    /// How full the usage windows are.
    pub reading: Option<Reading>,
    /// When.
    pub now: Timestamp,
}

/// Why an event asks for a capture whatever the usage windows say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Always {
    /// The session ended.
    #[error("the session ended")]
    SessionEnd,
    /// The conversation is about to be compacted.
    #[error("the conversation is about to be compacted")]
    Compaction,
}

impl<'a> Occasion<'a> {
    /// The event of the agent `tool`, where the usage windows have the `reading`.
    pub fn new(
        event: &'a Event,
        tool: Option<&'static Host>,
        settings: &'a Settings,
        reading: Option<Reading>,
        now: Timestamp,
    ) -> Self {
        let mut limit = limit(event, tool, now);
        if let (Some(limit), Some(reading)) = (&mut limit, &reading) {
            limit.complete(reading);
        }
        Self { event, settings, limit, reading, now }
    }

    /// Whether the host does not wait for its hooks at this event: it ends.
    pub fn ends_host(&self) -> bool {
        matches!(self.event.name.as_str(), "StopFailure" | "SessionEnd")
    }

    /// Why this event asks for a capture whatever the usage windows say.
    pub fn always(&self) -> Option<Always> {
        match self.event.name.as_str() {
            "SessionEnd" if self.settings.on_session_end => Some(Always::SessionEnd),
            "PreCompact" if self.settings.on_compact => Some(Always::Compaction),
            _ => None,
        }
    }

    /// Whether there is a reason to capture that nothing was captured for, as far as `ledger` says it.
    ///
    /// # Errors
    /// When the ledger can't be read. It is read only when the answer depends on it.
    pub fn is_due(&self, ledger: &Ledger) -> Result<bool, FileError> {
        if self.always().is_some() {
            return Ok(true);
        }
        if self.limit.is_none() && self.reading.is_none() {
            return Ok(false);
        }
        Ok(self.trigger(&ledger.memory()?).is_some())
    }

    /// What in the usage windows is a reason to capture, that `memory` has no capture for.
    pub fn trigger(&self, memory: &Memory) -> Option<Trigger> {
        match (&self.limit, &self.reading) {
            (Some(limit), _) => Policy::decide_limit(limit, self.session(), memory, self.now),
            (None, Some(reading)) => self.settings.policy.decide(reading, self.moment(), memory, self.now),
            (None, None) => None,
        }
    }

    /// The same, claimed: of all hooks that decide it at the same time, one captures.
    ///
    /// # Errors
    /// When the ledger can't be used.
    pub fn claim<'l>(&self, ledger: &'l Ledger) -> Result<Option<Claim<'l>>, FileError> {
        match (&self.limit, &self.reading) {
            (Some(limit), _) => Policy::claim_limit(limit, self.session(), ledger, self.now, BUSY_TIMEOUT),
            (None, Some(reading)) => {
                self.settings.policy.claim(reading, self.moment(), ledger, self.now, BUSY_TIMEOUT)
            }
            (None, None) => Ok(None),
        }
    }

    /// What there must be to save for `trigger`.
    pub fn condition(&self, trigger: &Trigger) -> CaptureCondition {
        if trigger.is_another() {
            return CaptureCondition::News;
        }
        match self.event.name.as_str() {
            // Before a turn there is nothing to save but what is uncommitted; what the turn brings, its end saves.
            "UserPromptSubmit" => CaptureCondition::Changes,
            _ => CaptureCondition::Always,
        }
    }

    /// The session's id; empty when the event does not say.
    fn session(&self) -> &str {
        self.event.session_id.as_deref().unwrap_or_default()
    }

    /// Where in a session this event stands.
    fn moment(&self) -> Moment<'_> {
        match self.event.name.as_str() {
            "UserPromptSubmit" => Moment::Prompt,
            "SessionEnd" => Moment::End(self.session()),
            _ => Moment::Turn,
        }
    }
}

/// Whether the host says that it hit its limit.
fn limit(event: &Event, tool: Option<&'static Host>, now: Timestamp) -> Option<LimitHit> {
    let has_rollout = tool.is_some_and(|host| host.transcript == Some(Dialect::Codex));
    let rollout = || {
        // Codex's events don't say how a turn ended, its rollout does; and at the limit no `Stop` comes.
        let ended = matches!(event.name.as_str(), "Stop" | "SessionEnd") && has_rollout;
        let path = event.transcript.clone().filter(|_| ended)?;
        Rollout::new(path).ending(Instant::now() + BUSY_TIMEOUT).ok()?.limit
    };
    LimitHit::of_event(&event.payload, now).or_else(rollout).filter(|limit| limit.stands(now))
}

/// The reason of `trigger` in words.
pub fn why(trigger: &Trigger) -> String {
    match &trigger.cause {
        Cause::Near(reading) => reading.windows.iter().map(windows::describe).collect::<Vec<_>>().join("; "),
        Cause::Limit(limit) => {
            let until = limit.resets_at.map(|reset| format!(", until {reset}")).unwrap_or_default();
            let message =
                if limit.message.is_empty() { String::new() } else { format!(": {}", limit.message) };
            format!("{} hit its limit{until}{message}", trigger.tool.map_or("the agent", |host| host.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use handoff_agents::CLAUDE_CODE;
    use handoff_quota::{Percent, SourceName, Window, WindowName};

    use super::*;

    const NOW: i64 = 1_795_255_200;

    fn event(name: &str, more: &str) -> Event {
        Event::parse(format!("{{\"hook_event_name\":\"{name}\",\"session_id\":\"s\"{more}}}").into_bytes())
    }

    fn reading(percent: f64) -> Reading {
        let window = Window {
            tool: Some(&CLAUDE_CODE),
            name: WindowName::new("five_hour").unwrap(),
            minutes: Some(300),
            used: Percent::new(percent).unwrap(),
            resets_at: Some(Timestamp::from_seconds(NOW + 3600)),
        };
        let observed = Timestamp::from_seconds(NOW);
        Reading { source: SourceName::Statusline, windows: vec![window], observed }
    }

    fn occasion<'a>(event: &'a Event, settings: &'a Settings, reading: Option<Reading>) -> Occasion<'a> {
        Occasion::new(event, Some(&CLAUDE_CODE), settings, reading, Timestamp::from_seconds(NOW))
    }

    #[test]
    fn an_end_and_a_compaction_ask_for_a_capture_only_where_the_settings_say_so() {
        let (mut settings, end, compaction) =
            (Settings::default(), event("SessionEnd", ""), event("PreCompact", ""));
        for event in [&end, &compaction] {
            assert_eq!(occasion(event, &settings, None).always(), None);
        }
        (settings.on_session_end, settings.on_compact) = (true, true);
        assert_eq!(occasion(&end, &settings, None).always(), Some(Always::SessionEnd));
        assert_eq!(occasion(&compaction, &settings, None).always(), Some(Always::Compaction));
        assert_eq!(occasion(&event("Stop", ""), &settings, None).always(), None);
    }

    #[test]
    fn only_a_host_that_ends_does_not_wait() {
        let settings = Settings::default();
        for (name, ends) in [("SessionEnd", true), ("StopFailure", true), ("Stop", false), ("", false)] {
            assert_eq!(occasion(&event(name, ""), &settings, None).ends_host(), ends, "{name}");
        }
    }

    #[test]
    fn windows_that_are_nearly_full_are_a_reason_and_others_are_none() {
        let (settings, stop, memory) = (Settings::default(), event("Stop", ""), Memory::default());
        assert!(occasion(&stop, &settings, None).trigger(&memory).is_none());
        assert!(occasion(&stop, &settings, Some(reading(20.0))).trigger(&memory).is_none());
        let occasion = occasion(&stop, &settings, Some(reading(95.0)));
        let trigger = occasion.trigger(&memory).unwrap();
        assert_eq!(occasion.condition(&trigger), CaptureCondition::Always);
        assert_eq!(
            why(&trigger),
            "Claude Code's five_hour window is used to 95 %, until 2026-11-21T11:00:00Z"
        );
    }

    #[test]
    fn before_a_turn_only_what_is_uncommitted_is_worth_a_capture() {
        let (settings, prompt) = (Settings::default(), event("UserPromptSubmit", ""));
        let occasion = occasion(&prompt, &settings, Some(reading(95.0)));
        let trigger = occasion.trigger(&Memory::default()).unwrap();
        assert_eq!(occasion.condition(&trigger), CaptureCondition::Changes);
    }

    #[test]
    fn a_limit_that_was_hit_goes_before_the_windows() {
        let limit = ",\"error\":\"rate_limit\",\"last_assistant_message\":\"You've hit your limit · resets 3pm (UTC)\"";
        let (settings, failure) = (Settings::default(), event("StopFailure", limit));
        let occasion = occasion(&failure, &settings, Some(reading(20.0)));
        let trigger = occasion.trigger(&Memory::default()).unwrap();
        assert!(matches!(trigger.cause, Cause::Limit(_)));
        let why = why(&trigger);
        assert!(why.starts_with("Claude Code hit its limit"), "{why}");
    }
}
