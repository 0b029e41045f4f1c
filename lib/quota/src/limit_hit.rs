//! A limit that was hit: an agent stopped for it, as an event of its own says.
//!
//! - Claude Code (recorded of 2.1.329) has a `StopFailure` hook with `"error":"rate_limit"` or `"billing_error"`, and in
//!   `last_assistant_message` what the user sees: `You've hit your 5-hour limit · resets 12pm (UTC)`, or `API Error:
//!   Request rejected (429) · …` when the API refuses. Versions before wrote `Claude AI usage limit reached|1749924000`.
//! - Codex (recorded of 0.169.0) runs no `Stop` hook then, only `SessionEnd`, without a word of it. Its rollout ends with
//!   `{"type":"event_msg","payload":{"type":"task_complete","error":{"message":"You’ve hit your usage limit. …",
//!   "codex_error_info":"usage_limit_exceeded"}}}`; versions before wrote an `error` event of the same form. The last
//!   `token_count` before has the reset times.

use std::sync::OnceLock;

use handoff_agents::{CLAUDE_CODE, CODEX, Host};
use handoff_document::Timestamp;
use handoff_text::Sanitised;
use memchr::memmem::Finder;
use serde_json::Value;

use crate::json;
use crate::window::{Reading, WindowName};

/// That the host hit a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitHit {
    /// The host.
    pub tool: Option<&'static Host>,
    /// What sort of limit.
    pub kind: LimitKind,
    /// The window that is full, where the host says it.
    pub window: Option<WindowName>,
    /// When work can go on, where the host says it.
    pub resets_at: Option<Timestamp>,
    /// When the host said so, where the event has a time.
    pub at: Option<Timestamp>,
    /// The host's own message, at most 300 bytes on one line. Empty when it had none.
    pub message: Sanitised,
}

/// The sorts of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// A usage window is full.
    Usage,
    /// The API refuses for now: too many requests, after all retries.
    Rate,
    /// There is no credit left.
    Credit,
}

/// The longest message that is kept, in bytes.
const MAX_MESSAGE_BYTES: usize = 300;

/// How long a limit stands whose end is unknown, in seconds.
const STANDS_SECS: i64 = 60 * 60;

/// The longest event that is looked at, in bytes.
const MAX_EVENT_BYTES: usize = 4 << 20;

impl LimitHit {
    /// What the JSON that a host gives its hooks says of a limit; None when it says nothing of one, or is no JSON.
    ///
    /// Whether a turn of Codex ended at one, its events don't say: [`crate::Rollout::ending`] does.
    pub fn of_event(event: &[u8], now: Timestamp) -> Option<Self> {
        let event = Some(event).filter(|event| event.len() <= MAX_EVENT_BYTES).and_then(json::parse)?;
        let text = |key| event.get(key).and_then(Value::as_str);
        let message = text("last_assistant_message").unwrap_or_default();
        match text("hook_event_name")? {
            "StopFailure" => {
                let kind = match text("error") {
                    Some("rate_limit") if hits(message) => LimitKind::Usage,
                    Some("rate_limit") => LimitKind::Rate,
                    Some("billing_error") => LimitKind::Credit,
                    // Not every version had a word for it.
                    Some("unknown") | None if hits(message) => LimitKind::Usage,
                    _ => return None,
                };
                Some(Self::new(&CLAUDE_CODE, kind, message, Some(now)))
            }
            // Only a failed turn's own words: what the model says of limits is no limit.
            "Stop" => event.get("error").and_then(|error| of_codex_error(error, Some(now))),
            _ => None,
        }
    }

    fn new(host: &'static Host, kind: LimitKind, message: &str, at: Option<Timestamp>) -> Self {
        let resets_at = at.and_then(|at| reset(message, at));
        let window = window(message).filter(|_| kind == LimitKind::Usage && *host == CLAUDE_CODE);
        let message = Sanitised::line(message.as_bytes(), MAX_MESSAGE_BYTES);
        Self { tool: Some(host), kind, window, resets_at, at, message }
    }

    /// Whether it still stands at `now`: until the reset, or for an hour where that is unknown.
    pub fn stands(&self, now: Timestamp) -> bool {
        match (self.resets_at, self.at) {
            (Some(reset), _) => reset > now,
            (None, Some(at)) => now.seconds().saturating_sub(at.seconds()) < STANDS_SECS,
            (None, None) => true,
        }
    }

    /// Adds what a reading knows of it: which window is full, and when that one resets.
    pub fn complete(&mut self, reading: &Reading) {
        let of_tool = || reading.windows.iter().filter(|window| window.tool == self.tool);
        let full = match &self.window {
            Some(name) => of_tool().find(|window| window.name == *name),
            // A window that is full resets later than others that are.
            None => {
                of_tool().filter(|window| window.used.get() >= 99.0).max_by_key(|window| window.resets_at)
            }
        };
        if let Some(full) = full.filter(|_| self.kind == LimitKind::Usage) {
            self.resets_at = self.resets_at.or(full.resets_at);
            self.window = Some(full.name.clone());
        }
    }
}

/// Whether a line of a rollout can be one that [`end_of_turn`] understands: what it goes by stands at its beginning, as
/// Codex writes it.
pub(crate) fn may_end(line: &[u8]) -> bool {
    let beginning = &line[..line.len().min(256)];
    let payload = PAYLOAD.get_or_init(|| Finder::new(r#""payload":{"type":""#));
    let kind = payload.find(beginning).map(|at| &beginning[at + payload.needle().len()..]);
    kind.is_some_and(|kind| ENDS.iter().any(|end| kind.starts_with(end.as_bytes())))
}

static PAYLOAD: OnceLock<Finder<'static>> = OnceLock::new();

const ENDS: [&str; 7] = [
    "task_complete",
    "turn_complete",
    "task_started",
    "turn_started",
    "turn_aborted",
    "user_message",
    "error\"",
];

/// What a line of a rollout says of how the last turn ended: nothing, that it went on or ended well, or at a limit.
pub(crate) fn end_of_turn(line: &Value) -> Option<Option<LimitHit>> {
    if line.get("type")?.as_str()? != "event_msg" {
        return None;
    }
    let payload = line.get("payload")?;
    let at = line.get("timestamp").and_then(json::time);
    match payload.get("type")?.as_str()? {
        "task_complete" | "turn_complete" => {
            // Where the error has an event of its own, the turn's end that follows says nothing of it.
            let ended = json::first(payload, &["error"]).map(|error| of_codex_error(error, at));
            ended.or_else(|| json::first(payload, &["last_agent_message"]).map(|_| None))
        }
        "task_started" | "turn_started" | "turn_aborted" | "user_message" => Some(None),
        "error" => of_codex_error(payload, at).map(Some),
        _ => None,
    }
}

/// An error of Codex's, an object or only its words; None when it is no limit.
fn of_codex_error(error: &Value, at: Option<Timestamp>) -> Option<LimitHit> {
    let message = error.as_str().or_else(|| error.get("message")?.as_str()).unwrap_or_default();
    let info = json::first(error, &["codex_error_info", "codexErrorInfo", "type"]);
    let info =
        info.and_then(|info| info.as_str().or_else(|| info.as_object()?.keys().next().map(String::as_str)));
    let is_limit = info.is_some_and(|info| {
        ["usage_limit_exceeded", "usageLimitExceeded", "usage_limit_reached"].contains(&info)
    });
    (is_limit || hits(message)).then(|| LimitHit::new(&CODEX, LimitKind::Usage, message, at))
}

/// Whether these are the words in which a host says that a usage limit was hit.
fn hits(message: &str) -> bool {
    let beginning: String = message.trim_start().chars().take(60).collect();
    let beginning = beginning.replace('’', "'").to_lowercase();
    const WORDS: [&str; 7] = [
        "you've hit your ",
        "you've reached your ",
        "claude ai usage limit reached",
        "claude usage limit reached",
        "you're out of usage",
        "you're out of extra usage",
        "your org is out of usage",
    ];
    WORDS.iter().any(|words| beginning.starts_with(words))
}

/// The window that Claude Code's words mean.
fn window(message: &str) -> Option<WindowName> {
    let limit = message.split_once("limit")?.0.to_lowercase();
    let name = match () {
        () if limit.contains("opus") => "seven_day_opus",
        () if limit.contains("sonnet") => "seven_day_sonnet",
        () if limit.contains("week") => "seven_day",
        () if limit.contains("session") || limit.contains("5-hour") => "five_hour",
        () if limit.contains("spend") => "spend_limit",
        () => return None,
    };
    WindowName::new(name)
}

/// When the words say that the limit resets. A time of day is understood in UTC only, since which one another zone means
/// cannot be known here.
fn reset(message: &str, at: Timestamp) -> Option<Timestamp> {
    let epoch = || {
        let digits = message.rsplit_once('|')?.1.trim();
        digits.parse::<i64>().ok().and_then(|seconds| json::time(&seconds.into()))
    };
    epoch().or_else(|| after(message, at)).or_else(|| time_of_day(message, at)).filter(|reset| *reset > at)
}

/// `try again in 3 days 6 hours 57 minutes`.
fn after(message: &str, at: Timestamp) -> Option<Timestamp> {
    let mut words = message.split_once("again in ")?.1.split_ascii_whitespace();
    let mut seconds = 0_i64;
    while let Some(amount) = words.next().and_then(|word| word.parse::<u32>().ok()) {
        let unit = match words.next()?.trim_end_matches(['.', ',']) {
            "second" | "seconds" => 1,
            "minute" | "minutes" => 60,
            "hour" | "hours" => 60 * 60,
            "day" | "days" => 24 * 60 * 60,
            _ => return None,
        };
        seconds = seconds.saturating_add(i64::from(amount) * unit);
    }
    (1..=400 * 24 * 60 * 60).contains(&seconds).then(|| Timestamp::from_seconds(at.seconds() + seconds))
}

/// `resets 12pm (UTC)`, `resets 3:30am (Etc/UTC)`: the next one after `at`.
fn time_of_day(message: &str, at: Timestamp) -> Option<Timestamp> {
    const DAY: i64 = 24 * 60 * 60;
    let (time, zone) = message.split_once("resets ")?.1.split_once(" (")?;
    let zone = zone.split(')').next()?;
    if !["UTC", "Etc/UTC", "GMT"].contains(&zone) {
        return None;
    }
    let half = match () {
        () if time.ends_with("am") => 0,
        () if time.ends_with("pm") => 12,
        () => return None,
    };
    let clock = &time[..time.len() - 2];
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
    let hour = hour.parse::<u8>().ok().filter(|hour| (1..=12).contains(hour))? % 12 + half;
    let minute = minute.parse::<u8>().ok().filter(|minute| *minute < 60)?;
    let today = at.seconds().checked_sub(at.seconds().rem_euclid(DAY))?;
    let reset = today.checked_add(i64::from(hour) * 3600 + i64::from(minute) * 60)?;
    Some(Timestamp::from_seconds(if reset > at.seconds() { reset } else { reset.checked_add(DAY)? }))
}
