//! What is known of a usage window.

use std::fmt;

use handoff_agents::Host;
use handoff_document::Timestamp;

/// A host in files: its id, `other` for one whose name is the beginning of its windows'.
pub(crate) fn word(host: Option<&'static Host>) -> &'static str {
    host.map_or(OTHER, |host| host.id)
}

/// Reads what [`word`] wrote: `None` where that was no host's.
pub(crate) fn from_word(word: &str) -> Option<Option<&'static Host>> {
    if word == OTHER { Some(None) } else { Host::named(word).map(Some) }
}

const OTHER: &str = "other";

/// How much of a window is used, in percent: finite, not negative, and over 100 where the vendor counts on.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// None for what is no share: not finite, negative, or over 10,000.
    pub fn new(percent: f64) -> Option<Self> {
        // Minus zero, as JSON can have it, becomes zero.
        (0.0..=10_000.0).contains(&percent).then_some(Self(percent + 0.0))
    }

    /// A whole number of percent.
    pub const fn of(percent: u8) -> Self {
        Self(percent as f64)
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Percent {
    /// `93.5 %`, `94 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() / 10.0;
        write!(f, "{tenths} %")
    }
}

/// What a window is called: 1 to 64 of `a-z 0-9 _ - . :`. The vendors' words: `five_hour`, `seven_day`,
/// `seven_day_opus`, `primary`, `secondary`, and for another limit than the main one `NAME:primary`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WindowName(String);

impl WindowName {
    /// Takes `name` in lower case; None when it is no name. It goes into files and into what people read, so nothing
    /// else is let through.
    pub fn new(name: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        let fits = (1..=64).contains(&name.len()) && name.bytes().all(plain);
        fits.then(|| Self(name.to_ascii_lowercase()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WindowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How full one usage window is.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Whose it is; `None` for an agent whose name is the beginning of the window's.
    pub tool: Option<&'static Host>,
    /// What it is called.
    pub name: WindowName,
    /// How long it is, in minutes, where the source says it.
    pub minutes: Option<u32>,
    /// How much of it is used.
    pub used: Percent,
    /// When it starts anew, where the source says it.
    pub resets_at: Option<Timestamp>,
}

impl Window {
    /// Whether it has started anew by `now`, so that what was read of it no longer holds.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.resets_at.is_some_and(|reset| reset <= now)
    }
}

impl fmt::Display for Window {
    /// `codex primary: 93.5 %, resets 2026-11-21T12:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", word(self.tool), self.name, self.used)?;
        self.resets_at.map_or(Ok(()), |reset| write!(f, ", resets {reset}"))
    }
}

/// Which source said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceName {
    /// openusage's daemon.
    OpenusageSocket,
    /// What `openusage export` wrote.
    OpenusageExport,
    /// Claude Code's statusline.
    Statusline,
    /// A Codex rollout.
    Rollout,
}

impl SourceName {
    /// In words, for a summary.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenusageSocket => "openusage",
            Self::OpenusageExport => "openusage export",
            Self::Statusline => "Claude Code's statusline",
            Self::Rollout => "Codex's rollout",
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a source knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The windows, at most [`WINDOWS`].
    pub windows: Vec<Window>,
    /// Who says so.
    pub source: SourceName,
    /// When it was so: the oldest of what is in it.
    pub observed: Timestamp,
}

/// The most windows of a reading. Agents have two to six; what has more is no agent's answer.
pub const WINDOWS: usize = 64;

/// How old a reading may be, in seconds: a limit is a matter of minutes to whoever works.
pub const FRESH: i64 = 30 * 60;

/// How far a clock may be ahead of ours, in seconds.
pub(crate) const AHEAD: i64 = 5 * 60;

/// Whether what was so at `then` can be taken as being so at `now`.
pub(crate) fn is_fresh(then: Timestamp, now: Timestamp) -> bool {
    (-AHEAD..=FRESH).contains(&now.seconds().saturating_sub(then.seconds()))
}

/// How far two readings of one reset time may be apart, in seconds: some are counted from an age that was rounded, some
/// come from clocks that differ. No window is so short that the next reset could be taken for it.
const JITTER: u64 = 15 * 60;

/// Whether both mean the same reset; neither known is the same too.
pub(crate) fn is_same_reset(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.seconds().abs_diff(other.seconds()) <= JITTER,
        (None, None) => true,
        _ => false,
    }
}

impl Reading {
    /// Only what it says of `tool` and still holds at `now`; None when that is nothing.
    pub fn of(mut self, tool: Option<&'static Host>, now: Timestamp) -> Option<Self> {
        self.windows.retain(|window| window.tool == tool && !window.is_over(now));
        (!self.windows.is_empty()).then_some(self)
    }

    /// The window that is used most.
    pub fn fullest(&self) -> Option<&Window> {
        self.windows.iter().max_by(|a, b| a.used.get().total_cmp(&b.used.get()))
    }
}
