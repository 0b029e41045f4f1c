//! What a host sends to its SessionStart hook.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::{HOSTS, Host, PayloadForm};

/// A session that starts, as its host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStart {
    /// Which host this is.
    pub host: &'static Host,
    /// The session's id.
    pub session: String,
    /// The session's directory.
    pub cwd: Option<PathBuf>,
    /// Where the session's transcript is or will be; `None` where the host keeps none.
    pub transcript: Option<PathBuf>,
    /// How it came to start.
    pub source: Source,
    /// The session that it is a copy of, where the host says so.
    pub previous: Option<String>,
}

/// How a session came to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is new, or goes on with an earlier one.
    Start,
    /// Its context was compacted.
    Compact,
    /// It is a copy of another session, which has an id of its own.
    Fork,
}

impl SessionStart {
    /// The session that `fields` announce; `None` when no row fits them.
    pub fn recognise(fields: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if text("hook_event_name") != Some("SessionStart") {
            return None;
        }
        let session = text("session_id")?.to_owned();
        let fits = |host: &&&Host| host.payload.is_some_and(|form| fits(form, fields));
        let host = HOSTS.iter().find(fits)?;
        Some(Self {
            host,
            session,
            cwd: text("cwd").map(PathBuf::from),
            transcript: text("transcript_path").map(PathBuf::from),
            source: match text("source") {
                Some("compact") => Source::Compact,
                Some("fork") => Source::Fork,
                _ => Source::Start,
            },
            previous: text("previous_session_id").map(str::to_owned),
        })
    }
}

fn fits(form: PayloadForm, fields: &Map<String, Value>) -> bool {
    let has = |key: &&str| fields.contains_key(*key);
    let source_fits = match fields.get("source").and_then(Value::as_str) {
        Some(source) => form.sources.contains(&source),
        // Without a source only a host that is told by other fields can be meant.
        None => form.sources.contains(&"startup"),
    };
    source_fits && form.present.iter().all(has) && !form.absent.iter().any(has)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn host(payload: &Value) -> Option<&'static str> {
        SessionStart::recognise(payload.as_object()?).map(|session| session.host.stamp)
    }

    #[test]
    fn each_host_is_told_by_its_payload() {
        let base = json!({
            "session_id": "s", "transcript_path": "/t", "cwd": "/c", "hook_event_name": "SessionStart", "source": "startup",
        });
        let with = |fields: &[(&str, &str)]| {
            let mut payload = base.clone();
            for (key, value) in fields {
                payload[*key] = json!(value);
            }
            payload
        };
        assert_eq!(host(&base), Some("claude-code"));
        assert_eq!(host(&with(&[("model", "m"), ("source", "compact")])), Some("claude-code"));
        assert_eq!(host(&with(&[("model", "m"), ("permission_mode", "default")])), Some("codex-cli"));
        let droid = [("permission_mode", "off"), ("CLAUDE_ENV_FILE", "/e")];
        assert_eq!(host(&with(&droid)), Some("droid"));
        assert_eq!(host(&with(&[("permission_mode", "off")])), None);
        assert_eq!(host(&with(&[("timestamp", "t")])), Some("gemini-cli"));
        assert_eq!(host(&with(&[("timestamp", "t"), ("source", "clear")])), None);
        assert_eq!(host(&with(&[("timestamp", "t"), ("permission_mode", "default")])), Some("qwen-code"));
        assert_eq!(host(&with(&[("source", "new")])), Some("copilot"));
        assert_eq!(host(&with(&[("source", "elsewhere")])), None);
    }

    #[test]
    fn no_payload_fits_two_rows() {
        const FIELDS: [&str; 5] =
            ["permission_mode", "model", "timestamp", "CLAUDE_ENV_FILE", "transcript_path"];
        for present in 0..1 << FIELDS.len() {
            for source in [None, Some("startup"), Some("clear"), Some("new"), Some("elsewhere")] {
                let mut payload = Map::new();
                for (bit, field) in FIELDS.into_iter().enumerate().filter(|(bit, _)| present >> bit & 1 == 1)
                {
                    payload.insert(field.to_owned(), json!(bit));
                }
                payload.extend(source.map(|source| ("source".to_owned(), json!(source))));
                let fitting =
                    HOSTS.iter().filter(|host| host.payload.is_some_and(|form| fits(form, &payload)));
                assert!(fitting.count() <= 1, "{payload:?}");
            }
        }
    }

    #[test]
    fn what_is_no_session_start_is_not_taken_for_one() {
        for payload in [
            json!({}),
            json!({ "cwd": "/c" }),
            json!({ "session_id": "s", "cwd": "/c", "source": "startup" }),
            json!({ "event": "SessionStart", "session_id": "s", "working_dir": "/c" }),
            json!({ "hook_event_name": "sessionStart", "session_id": "s" }),
            json!({ "hook_event_name": "SessionStart", "cwd": "/c" }),
            json!({ "hook_event_name": "SessionStart", "session_id": 7 }),
            json!({ "hook_event_name": "UserPromptSubmit", "session_id": "s" }),
            json!({ "sessionId": "s", "cwd": "/c", "source": "new", "timestamp": 1 }),
        ] {
            assert_eq!(host(&payload), None, "{payload}");
        }
    }
}
