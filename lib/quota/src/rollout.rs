//! What Codex wrote into the rollout of a session.
//!
//! A rollout is the JSONL file that Codex's hooks name as `transcript_path`. After each answer, also one that is a
//! refusal, it has a line with what the server's headers said (recorded of 0.169.0):
//!
//! ```json
//! {"timestamp":"…","type":"event_msg","payload":{"type":"token_count","info":…,"rate_limits":{"limit_id":"codex",
//!  "primary":{"used_percent":93.5,"window_minutes":300,"resets_at":1795262400},"secondary":{…},…}}}
//! ```
//!
//! Other versions, as `codex-rs/protocol/src/protocol.rs` had them: `resets_in_seconds`, counted from the line's time,
//! instead of `resets_at` (2025); `primary_used_percent`, `secondary_used_percent` and `…_window_minutes` beside one
//! another (the first that had any); and the app server's spelling, `usedPercent`, `windowDurationMins`, `resetsAt`.
//! `limit_id` tells the main limit (`codex`, or none) from those of single models, whose windows are called
//! `LIMIT:primary`.
//!
//! Only the end of the file is read, backwards: of a session of a day it has hundreds of megabytes.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Instant;

use handoff_agents::CODEX;
use handoff_document::Timestamp;
use handoff_files::OpenFile;
use memchr::memmem::Finder;
use serde_json::Value;

use crate::json;
use crate::limit_hit::{self, LimitHit};
use crate::source::{Source, SourceError};
use crate::window::{Reading, SourceName, WINDOWS, Window, WindowName};

/// How much of the file's end is read at first, in bytes, and how much at most.
const TAIL: u64 = 256 << 10;
const WHOLE_TAIL: u64 = 2 << 20;

/// A session's rollout. Costs two reads, of 256 kB at most where Codex wrote them as it does.
#[derive(Debug)]
pub struct Rollout(PathBuf);

/// What the end of a rollout tells.
#[derive(Debug, Default)]
pub struct Ending {
    /// How full the windows were, by the last answer that said so, whatever its age.
    pub reading: Option<Reading>,
    /// That the last turn ended at a limit, when nothing was begun since.
    pub limit: Option<LimitHit>,
}

impl Rollout {
    /// The rollout at `path`, as a hook's `transcript_path` has it.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Reads its end. No such file is an empty one.
    ///
    /// # Errors
    /// What the system says; [`SourceError::Late`].
    pub fn ending(&self, deadline: Instant) -> Result<Ending, SourceError> {
        let file = match handoff_files::open_regular(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Ending::default()),
            Err(error) => return Err(error.into()),
        };
        let mut backwards = Backwards::new(&file);
        let mut scan = Scan::default();
        loop {
            let more = backwards.grow()?;
            while let Some(line) = backwards.line() {
                if scan.is_done(line) {
                    return Ok(scan.ending());
                }
                if Instant::now() >= deadline {
                    // What is known by now is better than nothing.
                    return if scan.windows.is_empty() {
                        Err(SourceError::Late(self.0.clone()))
                    } else {
                        Ok(scan.ending())
                    };
                }
            }
            if !more {
                return Ok(scan.ending());
            }
        }
    }
}

impl Source for Rollout {
    fn name(&self) -> SourceName {
        SourceName::Rollout
    }

    /// What a window was filled to stays filled until it resets, so a line of any age counts where the reset is known.
    fn read(&self, now: Timestamp, deadline: Instant) -> Result<Option<Reading>, SourceError> {
        let Some(mut reading) = self.ending(deadline)?.reading else { return Ok(None) };
        let fresh = crate::window::is_fresh(reading.observed, now);
        reading.windows.retain(|window| fresh || window.resets_at.is_some());
        Ok(Some(reading))
    }
}

/// The lines of a file's end, the last one first.
struct Backwards<'f> {
    file: &'f OpenFile,
    /// Where `bytes` begins in the file.
    start: u64,
    bytes: Vec<u8>,
    /// Up to where `bytes` was not yet handed out.
    end: usize,
}

impl<'f> Backwards<'f> {
    fn new(file: &'f OpenFile) -> Self {
        Self { file, start: file.size(), bytes: Vec::new(), end: 0 }
    }

    /// Reads more of what stands before; false when this is all that is read.
    fn grow(&mut self) -> Result<bool, SourceError> {
        let size = self.file.size();
        let had = size - self.start;
        let wanted = if had == 0 { TAIL } else { (had * 4).min(WHOLE_TAIL) };
        let start = size.saturating_sub(wanted);
        let mut bytes = self.file.read_at(start, self.start - start)?;
        if (bytes.len() as u64) < self.start - start {
            // Somebody cut the file off meanwhile: the lines that were seen of it stand.
            return Ok(false);
        }
        let read = bytes.len();
        bytes.extend_from_slice(&self.bytes[..self.end]);
        (self.bytes, self.start, self.end) = (bytes, start, self.end + read);
        Ok(start > 0 && size - start < WHOLE_TAIL)
    }

    /// The line before the one handed out last; none when its beginning is not there.
    fn line(&mut self) -> Option<&[u8]> {
        while self.end > 0 {
            let text = &self.bytes[..self.end];
            let begin = match memchr::memrchr(b'\n', text) {
                Some(newline) => newline + 1,
                None if self.start == 0 => 0,
                None => return None,
            };
            let line = begin..self.end;
            self.end = begin.saturating_sub(1);
            if !line.is_empty() {
                return self.bytes.get(line);
            }
        }
        None
    }
}

/// Made once: a file of small lines is searched thousands of times.
static LIMITS: OnceLock<Finder<'static>> = OnceLock::new();

/// What was learnt from the lines so far, the last line first.
#[derive(Default)]
struct Scan {
    windows: Vec<Window>,
    observed: Option<Timestamp>,
    /// Whether it is decided how the last turn ended.
    ended: bool,
    limit: Option<LimitHit>,
}

impl Scan {
    /// Takes a line; true when those before it make no difference any more.
    fn is_done(&mut self, line: &[u8]) -> bool {
        // Lines that tell nothing can be megabytes long, and are not worth being parsed.
        let limits = LIMITS.get_or_init(|| Finder::new("\"rate_limits\":")).find(line);
        let limits = limits.is_some_and(|at| !line[at..].starts_with(b"\"rate_limits\":null"));
        if !limits && (self.ended || !limit_hit::may_end(line)) {
            return false;
        }
        let Some(value) = json::parse(line) else { return false };
        if !self.ended
            && let Some(end) = limit_hit::end_of_turn(&value)
        {
            (self.ended, self.limit) = (true, end);
        }
        if limits && !self.is_complete() {
            self.take(&value);
        }
        self.ended && self.is_complete()
    }

    /// Takes the windows of a line that has some.
    fn take(&mut self, line: &Value) {
        let payload = line.get("payload").unwrap_or(line);
        if payload.get("type").and_then(Value::as_str) != Some("token_count") {
            return;
        }
        let Some(limits) = json::first(payload, &["rate_limits"]) else { return };
        let at = line.get("timestamp").and_then(json::time);
        let id = json::first(limits, &["limit_id", "limitId"]).and_then(Value::as_str).unwrap_or("codex");
        for slot in ["primary", "secondary"] {
            let name = if id == "codex" { slot.to_owned() } else { format!("{id}:{slot}") };
            let Some(window) = WindowName::new(&name).and_then(|name| window(limits, slot, name, at)) else {
                continue;
            };
            if self.windows.len() < WINDOWS && self.windows.iter().all(|known| known.name != window.name) {
                self.windows.push(window);
                self.observed =
                    at.filter(|at| self.observed.is_none_or(|known| *at < known)).or(self.observed);
            }
        }
    }

    /// Whether the main limit is known.
    fn is_complete(&self) -> bool {
        self.windows.iter().any(|window| !window.name.as_str().contains(':'))
    }

    fn ending(self) -> Ending {
        let Self { windows, observed, limit: mut hit, .. } = self;
        // A line without a time is none that Codex wrote.
        let reading = observed.filter(|_| !windows.is_empty());
        let reading = reading.map(|observed| Reading { windows, source: SourceName::Rollout, observed });
        if let (Some(hit), Some(reading)) = (&mut hit, &reading) {
            hit.complete(reading);
        }
        Ending { reading, limit: hit }
    }
}

/// One window, in any version's form.
fn window(limits: &Value, slot: &str, name: WindowName, at: Option<Timestamp>) -> Option<Window> {
    let flat = |what: &str| limits.get(format!("{slot}_{what}"));
    let nested = limits.get(slot).filter(|window| !window.is_null());
    let pick = |keys: &[&str], old: &str| match nested {
        Some(window) => json::first(window, keys),
        None => flat(old),
    };
    let used = pick(&["used_percent", "usedPercent"], "used_percent").and_then(json::percent)?;
    let minutes = pick(&["window_minutes", "windowDurationMins"], "window_minutes").and_then(json::number);
    let resets_at = pick(&["resets_at", "resetsAt", "reset_at"], "resets_at").and_then(json::time);
    let in_seconds = pick(&["resets_in_seconds", "reset_after_seconds"], "resets_in_seconds");
    let in_seconds = in_seconds.and_then(json::number).filter(|seconds| (0.0..1e9).contains(seconds));
    let counted = || Some(Timestamp::from_seconds(at?.seconds().saturating_add(in_seconds? as i64)));
    Some(Window {
        tool: Some(&CODEX),
        name,
        minutes: minutes.filter(|minutes| (1.0..1e7).contains(minutes)).map(|minutes| minutes as u32),
        used,
        resets_at: resets_at.or_else(counted),
    })
}
