//! What Claude Code tells its statusline.
//!
//! Claude Code runs the user's `statusLine.command` after each answer with a JSON on its standard input. For
//! subscribers it has, since 2.1.80 and from the session's first answer on (recorded of 2.1.329; documented at
//! <https://code.claude.com/docs/en/statusline>):
//!
//! ```json
//! {"session_id":"…","rate_limits":{"five_hour":{"used_percentage":93.5,"resets_at":1795262400},"seven_day":{…}}}
//! ```
//!
//! `resets_at` is in seconds since 1970; RFC 3339, as some versions were reported to have, is taken too. Behind a gateway
//! there is a `spend_limit` of the same form; any other window that comes is taken by its name.
//!
//! [`Tap::record`] stands in the path of every statusline, [`Tap::new`] is the source that hooks read.

use std::path::{Path, PathBuf};
use std::time::Instant;

use handoff_agents::CLAUDE_CODE;
use handoff_document::Timestamp;
use handoff_files::{Dir, FileError, Foreign};
use serde_json::{Map, Value};

use crate::source::{Source, SourceError};
use crate::window::{Reading, SourceName, WINDOWS, Window, WindowName, is_fresh};
use crate::{json, window};

/// The record, in the state directory.
const RECORD: &str = "statusline.json";

/// The most that a record may be long, in bytes.
const LIMIT: u64 = 64 << 10;

/// The most that is read of what Claude Code says, in bytes; it says about 2 kB.
pub const INPUT: usize = 1 << 20;

/// How old an unchanged record may get before it is written again, in seconds.
const REPEAT: i64 = 60;

/// The record of what Claude Code gave its statusline last. Costs one look at the file system when there is none.
#[derive(Debug)]
pub struct Tap(PathBuf);

/// What came of recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The record is written.
    Written,
    /// The record says so already, and is younger than a minute.
    Unchanged,
    /// There was nothing to record: no JSON, or none with usage windows.
    Nothing,
}

/// What is in a record, or goes into one.
#[derive(Debug)]
pub struct Record {
    /// The session whose statusline it was.
    pub session: Option<String>,
    /// What it was given, and when.
    pub reading: Reading,
}

impl Tap {
    /// The record that is kept in `state`.
    pub fn new(state: &Path) -> Self {
        Self(state.join(RECORD))
    }

    /// Records what Claude Code gives a statusline, in the directory `state`, which is made when it is not there. Several
    /// sessions record one after the other, and an idle one repeats what was so an hour ago: within one window only more
    /// usage counts. Written only when something changed or the record is a minute old, so that most statuslines cost
    /// one small read; not brought to the disk, since the next one says it again.
    ///
    /// # Errors
    /// What the system says. None of it is for a user to see in a statusline.
    pub fn record(input: &[u8], state: &Path, now: Timestamp) -> Result<Recorded, FileError> {
        let Some(mut new) = of_statusline(input, now) else { return Ok(Recorded::Nothing) };
        let path = state.join(RECORD);
        let file = match Foreign::read(&path, LIMIT) {
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                // Not one that was written here.
                Dir::open(state)?.map_or(Ok(()), |dir| dir.remove(RECORD))?;
                Foreign::read(&path, LIMIT)?
            }
            read => read?,
        };
        if let Some(old) = file.content().and_then(of_record) {
            let holds = is_fresh(old.reading.observed, now);
            for window in &mut new.reading.windows {
                let mut same = old.reading.windows.iter().filter(|old| holds && old.name == window.name);
                let same = same.find(|old| window::is_same_reset(old.resets_at, window.resets_at));
                if let Some(old) = same.filter(|old| old.used > window.used) {
                    window.used = old.used;
                }
            }
            let age = now.seconds().saturating_sub(old.reading.observed.seconds());
            if old.reading.windows == new.reading.windows && (0..REPEAT).contains(&age) {
                return Ok(Recorded::Unchanged);
            }
        }
        Dir::create(state)?.put(RECORD, written(&new).as_bytes())?;
        Ok(Recorded::Written)
    }

    /// What Claude Code tells a statusline of usage windows that are not over at `now`; `None` when that is nothing.
    pub fn parse(input: &[u8], now: Timestamp) -> Option<Reading> {
        of_statusline(input, now).map(|record| record.reading)
    }

    /// The record, whatever its age; None when there is none, or none that can be understood.
    ///
    /// # Errors
    /// What the system says.
    pub fn last(&self) -> Result<Option<Record>, SourceError> {
        let content = match handoff_files::read_file(&self.0, LIMIT) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let malformed = SourceError::Malformed { path: self.0.clone(), reason: "it is no record" };
        of_record(&content).map(Some).ok_or(malformed)
    }
}

impl Source for Tap {
    fn name(&self) -> SourceName {
        SourceName::Statusline
    }

    fn read(&self, now: Timestamp, _deadline: Instant) -> Result<Option<Reading>, SourceError> {
        let record = self.last()?.filter(|record| is_fresh(record.reading.observed, now));
        Ok(record.map(|record| record.reading))
    }
}

/// What Claude Code says; None when it says nothing of usage windows.
fn of_statusline(input: &[u8], now: Timestamp) -> Option<Record> {
    // A statusline of an API user has none, and is not worth being parsed.
    if input.len() > INPUT || !json::contains(input, "\"rate_limits\"") {
        return None;
    }
    let given = json::parse(input)?;
    let windows: Vec<Window> = given.get("rate_limits")?.as_object()?.iter().filter_map(of_limit).collect();
    let session = given.get("session_id").and_then(Value::as_str).filter(|id| id.len() <= 128);
    let reading = Reading {
        windows: windows.into_iter().filter(|window| !window.is_over(now)).take(WINDOWS).collect(),
        source: SourceName::Statusline,
        observed: now,
    };
    (!reading.windows.is_empty()).then(|| Record { session: session.map(str::to_owned), reading })
}

fn of_limit((name, limit): (&String, &Value)) -> Option<Window> {
    let used = json::first(limit, &["used_percentage", "used_percent"]).and_then(json::percent)?;
    let name = WindowName::new(name)?;
    let minutes = match name.as_str() {
        "five_hour" => Some(5 * 60),
        name if name.starts_with("seven_day") => Some(7 * 24 * 60),
        _ => None,
    };
    let resets_at = limit.get("resets_at").and_then(json::time);
    Some(Window { tool: Some(&CLAUDE_CODE), name, minutes, used, resets_at })
}

/// `{"version":1,"session_id":…,"observed":RFC 3339,"rate_limits":{NAME:{"used_percentage":…,"resets_at":RFC 3339}}}`:
/// Claude Code's own form, so that one function reads both.
fn written(record: &Record) -> String {
    let limits = record.reading.windows.iter().map(|window| {
        let mut limit = Map::new();
        limit.insert("used_percentage".into(), window.used.get().into());
        limit.extend(window.resets_at.map(|reset| ("resets_at".into(), reset.to_string().into())));
        (window.name.as_str().to_owned(), Value::Object(limit))
    });
    let mut whole = Map::new();
    whole.insert("version".into(), 1.into());
    whole.extend(record.session.clone().map(|id| ("session_id".into(), id.into())));
    whole.insert("observed".into(), record.reading.observed.to_string().into());
    whole.insert("rate_limits".into(), Value::Object(limits.collect()));
    format!("{}\n", Value::Object(whole))
}

fn of_record(content: &[u8]) -> Option<Record> {
    let whole = json::parse(content)?;
    let observed = whole.get("observed").and_then(json::time)?;
    let windows = whole.get("rate_limits")?.as_object()?.iter().filter_map(of_limit).take(WINDOWS).collect();
    let session = whole.get("session_id").and_then(Value::as_str).map(str::to_owned);
    Some(Record { session, reading: Reading { windows, source: SourceName::Statusline, observed } })
}
