//! What the host says on standard input.

use std::path::PathBuf;
use std::time::Duration;

use handoff_process::{Patience, read_input};
use serde_json::Value;

/// Both hosts send one line of JSON, Codex without an end of line, and either may leave the pipe open. Past these
/// limits there is no payload to wait for.
const PATIENCE: Patience = Patience { time: Some(Duration::from_millis(200)), size: 1 << 20 };

/// The fields of a SessionStart payload that matter here. Any of them may be missing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) session_id: Option<String>,
    /// Whether this session's context was just compacted.
    pub(crate) is_compact: bool,
    /// Whether it is a SessionStart at all.
    pub(crate) is_session_start: bool,
}

impl Payload {
    /// Reads it from standard input; None when no JSON object arrives.
    pub(crate) fn read() -> Option<Self> {
        Self::parse(&read_input(PATIENCE, is_complete)?)
    }

    fn parse(input: &[u8]) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_slice(input).ok()? else { return None };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        Some(Self {
            cwd: text("cwd").map(PathBuf::from),
            session_id: text("session_id").map(str::to_owned),
            is_compact: text("source") == Some("compact"),
            is_session_start: text("hook_event_name").is_none_or(|event| event == "SessionStart"),
        })
    }
}

/// Whether a whole JSON object has arrived: then nobody need wait for the end of input.
fn is_complete(input: &[u8]) -> bool {
    input.trim_ascii_end().ends_with(b"}") && serde_json::from_slice::<Value>(input).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_may_lack_anything() {
        let minimal = Payload { is_session_start: true, ..Payload::default() };
        assert_eq!(Payload::parse(b"{}"), Some(minimal));
        assert_eq!(
            Payload::parse(br#"{"cwd": 7, "source": null, "session_id": ""}"#).map(|p| p.cwd),
            Some(None)
        );
        for none in [&b""[..], b"[]", b"3", b"text", b"{\"cwd\":", b"\xFF"] {
            assert_eq!(Payload::parse(none), None);
        }
    }

    #[test]
    fn a_whole_object_is_enough() {
        assert!(is_complete(b"{\"cwd\":\"/a}\"}\n"));
        assert!(!is_complete(b"{\"a\":{\"b\":1}") && !is_complete(b"{\"cwd\":\"/a}") && !is_complete(b""));
    }
}
