//! A run as the list has it.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use handoff_document::Timestamp;
use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::RunId;

/// How much of a prompt the list keeps, in bytes: what a list and its filter show. The whole is in its file.
pub(crate) const EXCERPT: usize = 500;

/// What a [`Row`] is made of. A run of ours has its start in `runtime_info`; handoff-cli's have it in local time only.
pub(crate) const COLUMNS: &str = "seq, run_id, uuid, session_id, cwd, substr(prompt, 1, 500), jsonl_path, status, \
     backend, runtime_info, CASE WHEN run_id GLOB '[0-9][0-9][0-9][0-9][0-9][0-9]-*' THEN NULL \
     ELSE CAST(strftime('%s', created_at, 'utc') AS INTEGER) END, \
     (SELECT before.run_id FROM runs before WHERE before.session_id = runs.session_id AND before.id < runs.id \
     ORDER BY before.id DESC LIMIT 1), id";

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It goes on. As the list has it: only [`crate::Runs::reconcile`] finds that its supervisor is gone.
    Running,
    /// It ended with a result.
    Success,
    /// It failed.
    Error,
    /// The user or the system ended it.
    Interrupted,
    /// Its supervisor was killed, so it is unknown how it would have ended.
    Lost,
}

impl State {
    /// As it is stored: handoff-cli's words, and `lost`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Error => "error",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
        }
    }

    /// The state called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Running, Self::Success, Self::Error, Self::Interrupted, Self::Lost];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// What a run used, in handoff-cli's fields. None is written that is 0, which handoff-cli takes it for: lists are long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the backends' own")]
pub struct Usage {
    #[serde(skip_serializing_if = "is_zero")]
    pub turns: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub input_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub output_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_read_input_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_creation_input_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub cached_input_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning_output_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub total_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub cost_usd: f64,
}

/// The column `runtime_info`: handoff-cli's `model`, `pro`, `pid`, `usage`, and what we add.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Info {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    pub(crate) pro: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Usage>,
    /// What the conversation had used by then, as the backend counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conversation_usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supervisor: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caller: Option<String>,
    pub(crate) to_inbox: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl Info {
    fn parse(json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_else(|_| Self::salvage(json))
    }

    /// What can be understood of JSON whose fields are not all of our types.
    fn salvage(json: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(json).unwrap_or_default();
        let text = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let process = |key| value.get(key).and_then(Value::as_i64).and_then(|pid| i32::try_from(pid).ok());
        let flag = |key| value.get(key).and_then(Value::as_bool).unwrap_or_default();
        Self {
            model: text("model"),
            pro: flag("pro"),
            pid: process("pid"),
            usage: value.get("usage").filter(|usage| usage.is_object()).map(Usage::salvage),
            conversation_usage: value
                .get("conversation_usage")
                .filter(|usage| usage.is_object())
                .map(Usage::salvage),
            supervisor: process("supervisor"),
            caller: text("caller"),
            to_inbox: flag("to_inbox"),
            started: text("started"),
            ended: text("ended"),
            reason: text("reason"),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        // Strings, numbers and flags can always be written.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Usage {
    fn salvage(value: &Value) -> Self {
        let real =
            |key: &str| value.get(key).and_then(Value::as_f64).filter(|n| n.is_finite()).unwrap_or_default();
        // Negative ones become 0.
        let count = |key: &str| real(key) as u64;
        Self {
            turns: count("turns"),
            input_tokens: count("input_tokens"),
            output_tokens: count("output_tokens"),
            cache_read_input_tokens: count("cache_read_input_tokens"),
            cache_creation_input_tokens: count("cache_creation_input_tokens"),
            cached_input_tokens: count("cached_input_tokens"),
            reasoning_output_tokens: count("reasoning_output_tokens"),
            total_tokens: count("total_tokens"),
            cost_usd: real("cost_usd"),
        }
    }
}

/// A run as the list has it. Its texts are as backends and users wrote them: a program that shows them sanitises them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number in the list. Of handoff-cli's runs: their number on their day.
    pub number: u64,
    /// Its id.
    pub id: RunId,
    /// Its own UUID.
    pub uuid: String,
    /// The backend's id of the conversation; handoff-cli's oldest rows have only the UUID, which is the same there.
    pub session: String,
    /// The run that was on this conversation before; None where this one began it, as far as the list knows.
    pub continues: Option<RunId>,
    /// Where the backend works.
    pub cwd: PathBuf,
    /// The beginning of the prompt, at most 500 characters.
    pub prompt: String,
    /// Where it stands.
    pub state: State,
    /// The backend's name in the configuration; empty in handoff-cli's oldest rows.
    pub backend: String,
    /// The model.
    pub model: Option<String>,
    /// Whether the larger model was asked for.
    pub pro: bool,
    /// What it used.
    pub usage: Option<Usage>,
    /// What its conversation had used by its end, as the backend counts it. Of rows that do not tell it apart, as
    /// handoff-cli's, what is in `usage`: they have that as the backend counts it.
    pub conversation_usage: Option<Usage>,
    /// While it runs: the backend's process, which leads its group.
    pub process: Option<i32>,
    /// While it runs: the process that looks after it.
    pub supervisor: Option<i32>,
    /// Where its caller works.
    pub caller: Option<PathBuf>,
    /// Whether the result is wanted as a handoff in the caller's worktree.
    pub to_inbox: bool,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended; handoff-cli didn't note it.
    pub ended: Option<Timestamp>,
    /// Why it ended so, in a line, when there is something to say.
    pub reason: Option<String>,
    /// What the backend wrote; [`crate::Runs::files`] has the other files.
    pub stream: PathBuf,
}

impl Row {
    /// None of a row whose id can be no part of a file name: no program makes such.
    pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Self>> {
        let Some(id) = RunId::parse(&text(row, 1)?) else { return Ok(None) };
        let info = Info::parse(bytes(row.get_ref(9)?));
        let uuid = text(row, 2)?;
        let session = Some(text(row, 3)?).filter(|session| !session.is_empty());
        let noted = |time: &Option<String>| time.as_deref().and_then(Timestamp::parse);
        // Without ours: local time.
        let local = row.get::<_, Option<i64>>(10).ok().flatten().map(Timestamp::from_seconds);
        Ok(Some(Self {
            number: row
                .get::<_, i64>(0)
                .ok()
                .and_then(|number| u64::try_from(number).ok())
                .unwrap_or_default(),
            session: session.unwrap_or_else(|| uuid.clone()),
            uuid,
            continues: RunId::parse(&text(row, 11)?),
            cwd: path(row, 4)?,
            prompt: text(row, 5)?,
            // A word of some later program: how it ended is not known to this one.
            state: State::parse(&text(row, 7)?).unwrap_or(State::Lost),
            backend: text(row, 8)?,
            model: info.model.filter(|model| !model.is_empty()),
            pro: info.pro,
            conversation_usage: info.conversation_usage.or_else(|| info.usage.clone()),
            usage: info.usage,
            process: info.pid.filter(|&pid| pid > 1),
            supervisor: info.supervisor.filter(|&pid| pid > 1),
            caller: info.caller.map(PathBuf::from),
            to_inbox: info.to_inbox,
            started: noted(&info.started).or(local),
            ended: noted(&info.ended),
            reason: info.reason,
            stream: path(row, 6)?,
            id,
        }))
    }
}

/// The beginning of a prompt of any bytes as text that SQLite and handoff-cli can take.
pub(crate) fn excerpt(prompt: &[u8]) -> String {
    let prompt = prompt.trim_ascii_start();
    let mut text = String::from_utf8_lossy(&prompt[..prompt.len().min(EXCERPT)]).replace('\0', "\u{fffd}");
    let mut end = text.len().min(EXCERPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// A path as a text of the same bytes, as SQLite takes it.
pub(crate) fn path_value(path: &Path) -> rusqlite::types::ToSqlOutput<'_> {
    rusqlite::types::ToSqlOutput::Borrowed(ValueRef::Text(path.as_os_str().as_bytes()))
}

fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}

fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<String> {
    let bytes = bytes(row.get_ref(column)?);
    // The lossy way costs several times the strict one.
    Ok(std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes).into_owned(), str::to_owned))
}

fn path(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<PathBuf> {
    Ok(OsStr::from_bytes(bytes(row.get_ref(column)?)).to_owned().into_vec())
        .map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_bounded_text_of_any_bytes() {
        assert_eq!(excerpt(b"\n\n  hello"), "hello");
        assert_eq!(excerpt(b"a\0b\xff"), "a\u{fffd}b\u{fffd}");
        assert!(excerpt("é".repeat(400).as_bytes()).len() <= EXCERPT);
        assert!(excerpt(&[0xff; 5000]).len() <= EXCERPT);
        assert_eq!(excerpt(b""), "");
    }

    #[test]
    fn what_others_wrote_is_understood_as_far_as_it_goes() {
        let old = br#"{"model":"m","pid":12,"pro":true,"usage":{"input_tokens":3,"cost_usd":0.5},"new":[1]}"#;
        let info = Info::parse(old);
        assert_eq!((info.model.as_deref(), info.pro, info.pid), (Some("m"), true, Some(12)));
        assert_eq!(info.usage.map(|usage| (usage.input_tokens, usage.cost_usd)), Some((3, 0.5)));
        let odd = br#"{"model":5,"pid":"12","pro":null,"usage":{"input_tokens":3.0,"output_tokens":-4}}"#;
        let info = Info::parse(odd);
        assert_eq!((info.model, info.pro, info.pid), (None, false, None));
        assert_eq!(info.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((3, 0)));
        for nonsense in ["", "null", "[]", "{", "\u{0}"] {
            assert_eq!(Info::parse(nonsense.as_bytes()), Info::default(), "{nonsense}");
        }
        assert_eq!(Info::parse(info_json().as_bytes()).to_json(), info_json());
    }

    fn info_json() -> String {
        Info { model: Some("m".to_owned()), started: Some("x".to_owned()), ..Info::default() }.to_json()
    }
}
