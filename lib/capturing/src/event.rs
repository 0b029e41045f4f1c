//! What a hook's payload says, whichever host sends it.

use std::path::PathBuf;

use handoff_agents::{CLAUDE_CODE, CODEX, Host};
use serde_json::Value;

/// The fields that matter here. Any of them may be missing.
#[derive(Debug, Default)]
pub struct Event {
    /// `Stop`, `SessionEnd`, …
    pub name: String,
    /// Where the session works.
    pub cwd: Option<PathBuf>,
    /// The session.
    pub session_id: Option<String>,
    /// Its transcript.
    pub transcript: Option<PathBuf>,
    /// What the user asks for; only before a turn.
    pub prompt: Option<String>,
    /// What the agent answered; only after one.
    pub answer: Option<String>,
    /// All of it, where a limit is looked for.
    pub payload: Vec<u8>,
}

impl Event {
    /// Reads it from what a host sent; one without fields when that is nothing of use.
    pub fn parse(payload: Vec<u8>) -> Self {
        let fields = match serde_json::from_slice(&payload) {
            Ok(Value::Object(fields)) => fields,
            _ => return Self::default(),
        };
        let text = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        Self {
            name: text("hook_event_name").unwrap_or_default(),
            cwd: text("cwd").map(PathBuf::from).filter(|path| path.is_absolute()),
            session_id: text("session_id"),
            transcript: text("transcript_path").map(PathBuf::from).filter(|path| path.is_absolute()),
            prompt: text("prompt"),
            answer: text("last_assistant_message"),
            payload,
        }
    }

    /// Whose hook it is where the command line does not say it: Codex keeps its rollouts under `sessions`.
    pub fn host(&self) -> Option<&'static Host> {
        let name = self.transcript.as_ref()?.file_name()?.to_str()?;
        Some(if name.starts_with("rollout-") { &CODEX } else { &CLAUDE_CODE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_may_lack_anything() {
        for odd in [
            &b""[..],
            b"[]",
            b"{",
            b"\xff",
            b"{\"cwd\":7,\"hook_event_name\":null,\"transcript_path\":\"x\"}",
        ] {
            let event = Event::parse(odd.to_vec());
            assert_eq!((event.name.as_str(), event.cwd, event.transcript), ("", None, None));
        }
        let event = Event::parse(
            br#"{"hook_event_name":"Stop","cwd":"/a","transcript_path":"/s/rollout-2026.jsonl"}"#.to_vec(),
        );
        assert_eq!((event.name.as_str(), event.host()), ("Stop", Some(&CODEX)));
    }
}
