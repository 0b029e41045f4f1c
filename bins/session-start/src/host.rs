//! What the host says on standard input.

use std::time::Duration;

use handoff_agents::SessionStart;
use handoff_process::{InputLimits, read_input};
use serde_json::{Map, Value};

/// Hosts send one line of JSON, Codex without an end of line, and any of them may leave the pipe open. Past these limits
/// there is no payload to wait for.
const INPUT_LIMITS: InputLimits = InputLimits { time: Some(Duration::from_millis(200)), size: 1 << 20 };

/// What came on standard input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// No JSON object: nobody that is known, so plain text.
    Plain,
    /// A host announces a session.
    Session(SessionStart),
    /// JSON of no host that is known, or of another event.
    Other,
}

impl Input {
    /// Reads it from standard input.
    pub(crate) fn read() -> Self {
        Self::parse(&read_input(INPUT_LIMITS, is_complete).unwrap_or_default())
    }

    /// The fields of whatever event a host announces; empty where there is none.
    pub(crate) fn fields() -> Map<String, Value> {
        let input = read_input(INPUT_LIMITS, is_complete).unwrap_or_default();
        serde_json::from_slice(&input).unwrap_or_default()
    }

    fn parse(input: &[u8]) -> Self {
        let Ok(Value::Object(fields)) = serde_json::from_slice(input) else { return Self::Plain };
        SessionStart::recognise(&fields).map_or(Self::Other, Self::Session)
    }
}

/// Whether a whole JSON object has arrived: then the end of input need not be waited for.
fn is_complete(input: &[u8]) -> bool {
    input.trim_ascii_end().ends_with(b"}") && serde_json::from_slice::<Value>(input).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_nobody_and_what_fits_no_host_is_another() {
        for plain in [&b""[..], b"[]", b"3", b"text", b"{\"cwd\":", b"\xFF"] {
            assert_eq!(Input::parse(plain), Input::Plain);
        }
        for other in [&b"{}"[..], br#"{"cwd":"/c"}"#, br#"{"hook_event_name":"Stop","session_id":"s"}"#] {
            assert_eq!(Input::parse(other), Input::Other);
        }
        let session = br#"{"hook_event_name":"SessionStart","session_id":"s","cwd":7,"source":"compact"}"#;
        assert!(matches!(Input::parse(session), Input::Session(session) if session.cwd.is_none()));
    }

    #[test]
    fn a_whole_object_is_enough() {
        assert!(is_complete(b"{\"cwd\":\"/a}\"}\n"));
        assert!(!is_complete(b"{\"a\":{\"b\":1}") && !is_complete(b"{\"cwd\":\"/a}") && !is_complete(b""));
    }
}
