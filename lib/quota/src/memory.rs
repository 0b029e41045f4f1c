//! What was captured for already.
//!
//! One small file in the state directory, changed under a lock, so that of ten hooks that see the same limit one
//! captures. A capture is claimed before it is made and confirmed after: one that failed is given back, and one whose
//! process was killed counts as not made after two minutes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handoff_agents::Host;
use handoff_document::Timestamp;
use handoff_files::{Dir, FileError, Foreign, Lock, OpenFile};
use serde_json::{Map, Value};

use crate::json;
use crate::limit_hit::LimitHit;
use crate::policy::Trigger;
use crate::window::{AHEAD, Window, WindowName, from_word, is_same_reset, word};

/// The memory, in the state directory.
const FILE: &str = "captured.json";
/// Locked while it is changed.
const LOCK: &str = "captured.lock";

/// The most that it may be long, in bytes, and the most marks in it.
const LIMIT: u64 = 64 << 10;
const MARKS: usize = 128;

/// How long a claim holds that nobody confirmed, in seconds: longer than any capture takes.
const PENDING: i64 = 2 * 60;
/// How long a mark without a reset time holds, in seconds.
const HOUR: i64 = 60 * 60;
/// How long a mark is kept after its reset, in seconds, should a clock be set back.
const KEPT_SECS: i64 = 24 * 60 * 60;

/// The longest session id that is remembered, in bytes.
const MAX_SESSION_ID_BYTES: usize = 64;

/// What a capture stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What was there before a turn.
    Prompt,
    /// A turn.
    Turn,
    /// The end of the session with this id.
    End(String),
    /// The session with this id, which stopped at the limit.
    Session(String),
    /// What came in that session since it was captured for. That is asked again each time, so it is remembered only while
    /// a capture of it is under way.
    News(String),
}

impl Part {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "prompt" => Some(Self::Prompt),
            _ => {
                let (part, session) = text.split_once(' ')?;
                let session = session.to_owned();
                Some(match part {
                    "end" => Self::End(session),
                    "session" => Self::Session(session),
                    "news" => Self::News(session),
                    _ => return None,
                })
            }
        }
    }

    /// None for a turn, which is what is said of most.
    fn written(&self) -> Option<String> {
        match self {
            Self::Prompt => Some("prompt".to_owned()),
            Self::Turn => None,
            Self::End(session) => Some(format!("end {session}")),
            Self::Session(session) => Some(format!("session {session}")),
            Self::News(session) => Some(format!("news {session}")),
        }
    }

    /// It with a session id that is not longer than what is remembered.
    fn short(mut self) -> Self {
        if let Self::End(session) | Self::Session(session) | Self::News(session) = &mut self {
            session.truncate(session.floor_char_boundary(MAX_SESSION_ID_BYTES));
        }
        self
    }
}

/// What is remembered of one capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    tool: Option<&'static Host>,
    /// The window that was near its end; None for the limit.
    window: Option<WindowName>,
    resets_at: Option<Timestamp>,
    part: Part,
}

impl Mark {
    pub(crate) fn near(window: &Window, part: Part) -> Self {
        let window_name = Some(window.name.clone());
        Self { tool: window.tool, window: window_name, resets_at: window.resets_at, part: part.short() }
    }

    pub(crate) fn limit(hit: &LimitHit, part: Part) -> Self {
        Self { tool: hit.tool, window: None, resets_at: hit.resets_at, part: part.short() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    mark: Mark,
    /// When it was claimed.
    at: Timestamp,
    /// Whether the capture was made.
    done: bool,
}

impl Entry {
    /// Whether it was made less than `seconds` before `now`, by a clock that was not far ahead.
    fn is_within(&self, seconds: i64, now: Timestamp) -> bool {
        (-AHEAD..seconds).contains(&now.seconds().saturating_sub(self.at.seconds()))
    }

    /// Whether it is of the same, and was made or is under way.
    fn covers(&self, mark: &Mark, now: Timestamp) -> bool {
        (self.done || self.is_within(PENDING, now)) && self.is_of(mark, now)
    }

    fn is_of(&self, mark: &Mark, now: Timestamp) -> bool {
        let Mark { tool, window, part, .. } = &self.mark;
        let same = *tool == mark.tool && *window == mark.window && *part == mark.part;
        same && match (self.mark.resets_at, mark.resets_at) {
            (Some(_), Some(_)) => is_same_reset(self.mark.resets_at, mark.resets_at),
            // Not every source tells the reset time of the same window.
            (Some(reset), None) => reset > now || self.is_within(HOUR, now),
            (None, _) => self.is_within(HOUR, now),
        }
    }

    fn is_outdated(&self, now: Timestamp) -> bool {
        let end = self.mark.resets_at.map_or(self.at.seconds().saturating_add(HOUR), Timestamp::seconds);
        end.saturating_add(KEPT_SECS) < now.seconds()
    }
}

/// What was captured for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory(Vec<Entry>);

impl Memory {
    /// Whether there was a capture for it.
    pub(crate) fn has(&self, mark: &Mark, now: Timestamp) -> bool {
        self.0.iter().any(|entry| entry.covers(mark, now))
    }

    /// Whether a capture for it was made, and is not just under way.
    pub(crate) fn has_made(&self, mark: &Mark, now: Timestamp) -> bool {
        self.0.iter().any(|entry| entry.done && entry.is_of(mark, now))
    }

    /// Reads what [`Memory::written`] wrote; what is none of it is forgotten.
    pub(crate) fn parse(content: &[u8]) -> Self {
        let whole =
            json::parse(content).filter(|whole| whole.get("version").and_then(Value::as_u64) == Some(1));
        let entries = whole.as_ref().and_then(|whole| whole.get("captured")?.as_array());
        Self(entries.into_iter().flatten().filter_map(entry).take(MARKS).collect())
    }

    fn written(&self) -> String {
        let entries = self.0.iter().map(|entry| {
            let mut map = Map::new();
            map.insert("tool".into(), word(entry.mark.tool).into());
            map.extend(entry.mark.window.as_ref().map(|name| ("window".into(), name.as_str().into())));
            map.extend(entry.mark.resets_at.map(|reset| ("resets_at".into(), reset.to_string().into())));
            map.extend(entry.mark.part.written().map(|part| ("part".into(), part.into())));
            map.insert("at".into(), entry.at.to_string().into());
            map.insert("done".into(), entry.done.into());
            Value::Object(map)
        });
        let mut whole = Map::new();
        whole.insert("version".into(), 1.into());
        whole.insert("captured".into(), entries.collect());
        format!("{}\n", Value::Object(whole))
    }

    fn add(&mut self, marks: Vec<Mark>, now: Timestamp) {
        self.0.retain(|entry| !entry.is_outdated(now));
        self.0.extend(marks.into_iter().map(|mark| Entry { mark, at: now, done: false }));
        // The oldest are forgotten first.
        self.0.drain(..self.0.len().saturating_sub(MARKS));
    }
}

fn entry(value: &Value) -> Option<Entry> {
    let tool = from_word(value.get("tool")?.as_str()?)?;
    let window = match value.get("window") {
        Some(name) => Some(WindowName::new(name.as_str()?)?),
        None => None,
    };
    let resets_at = match value.get("resets_at") {
        Some(reset) => Some(json::time(reset)?),
        None => None,
    };
    let part = match value.get("part") {
        Some(part) => Part::parse(part.as_str()?)?,
        None => Part::Turn,
    };
    let at = value.get("at").and_then(json::time)?;
    Some(Entry { mark: Mark { tool, window, resets_at, part }, at, done: value.get("done")?.as_bool()? })
}

/// The memory on the disk.
#[derive(Debug)]
pub struct Ledger(PathBuf);

/// The right, and the duty, to make one capture. Dropped without [`Claim::done`], it is given back: the next event
/// captures.
#[derive(Debug)]
pub struct Claim<'l> {
    /// Why.
    pub trigger: Trigger,
    ledger: &'l Ledger,
    at: Timestamp,
    settled: bool,
}

impl Ledger {
    /// The memory that is kept in the directory `state`.
    pub fn new(state: &Path) -> Self {
        Self(state.to_owned())
    }

    /// What is remembered. No memory is an empty one, and a broken one is started anew.
    ///
    /// # Errors
    /// What the system says.
    pub fn memory(&self) -> Result<Memory, FileError> {
        match handoff_files::read_file(&self.0.join(FILE), LIMIT) {
            Ok(content) => Ok(Memory::parse(&content)),
            Err(error) if is_none(&error) => Ok(Memory::default()),
            Err(error) => Err(error),
        }
    }

    /// Remembers what `decide` wants captured, when it still wants it once nobody else can decide the same.
    pub(crate) fn claim(
        &self,
        decide: impl Fn(&Memory) -> Option<Trigger>,
        now: Timestamp,
        busy_timeout: Duration,
    ) -> Result<Option<Claim<'_>>, FileError> {
        // Nobody waits for a lock to learn that there is nothing to do.
        if decide(&self.memory()?).is_none() {
            return Ok(None);
        }
        let mut trigger = None;
        let change = |memory: &mut Memory| {
            trigger = decide(memory);
            let marks = trigger.as_ref().map(Trigger::marks).unwrap_or_default();
            let any = !marks.is_empty();
            memory.add(marks, now);
            any
        };
        let changed = self.change(busy_timeout, change)?;
        let claim = |trigger| Claim { trigger, ledger: self, at: now, settled: false };
        Ok(trigger.filter(|_| changed).map(claim))
    }

    /// Changes the memory, which nobody else does meanwhile; false when others were at it all the time, or `change` says
    /// that nothing changed.
    fn change(
        &self,
        busy_timeout: Duration,
        change: impl FnOnce(&mut Memory) -> bool,
    ) -> Result<bool, FileError> {
        let dir = Dir::create(&self.0)?;
        let Some(_lock) = lock(&dir, busy_timeout)? else { return Ok(false) };
        let path = self.0.join(FILE);
        let mut file = Foreign::read(&path, LIMIT);
        if file.as_ref().is_err_and(is_none) {
            dir.remove(FILE)?;
            file = Foreign::read(&path, LIMIT);
        }
        let file = file?;
        let mut memory = file.content().map(Memory::parse).unwrap_or_default();
        if !change(&mut memory) {
            return Ok(false);
        }
        // What a killed one left. Nobody else writes this file now.
        Foreign::sweep_directory(&dir)?;
        file.put(memory.written().as_bytes(), 0o600, true)?;
        Ok(true)
    }
}

/// Whether the file is not there, or none that was written here.
fn is_none(error: &FileError) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::FileTooLarge)
}

/// The lock, waited for at most for `busy_timeout`. A file system without locks has none to wait for.
fn lock(dir: &Dir, busy_timeout: Duration) -> Result<Option<OpenFile>, FileError> {
    let start = Instant::now();
    // Nobody ever removes this file, so whoever has its lock has the only one.
    let file = loop {
        match dir.open_file(LOCK) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            opened => break opened?,
        }
        if let Some(file) = dir.create_new(LOCK)? {
            break file;
        }
    };
    loop {
        match file.lock()? {
            Lock::Taken | Lock::Unsupported => return Ok(Some(file)),
            Lock::Busy if start.elapsed() >= busy_timeout => return Ok(None),
            Lock::Busy => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// How long the lock is waited for when a claim is settled. It is held for milliseconds.
const SETTLING: Duration = Duration::from_millis(200);

impl Claim<'_> {
    /// Remembers that the capture was made.
    ///
    /// # Errors
    /// What the system says. The capture may be made once more then.
    pub fn done(mut self) -> Result<(), FileError> {
        if matches!(self.trigger.part, Part::News(_)) {
            return Ok(());
        }
        self.settled = true;
        let marks = self.trigger.marks();
        let at = self.at;
        self.ledger.change(SETTLING, |memory| {
            let ours = memory.0.iter_mut().filter(|entry| entry.at == at && marks.contains(&entry.mark));
            ours.for_each(|entry| entry.done = true);
            true
        })?;
        Ok(())
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let marks = self.trigger.marks();
        let at = self.at;
        // What cannot be given back now is free again in two minutes.
        let _ = self.ledger.change(SETTLING, |memory| {
            memory.0.retain(|entry| entry.done || entry.at != at || !marks.contains(&entry.mark));
            true
        });
    }
}
