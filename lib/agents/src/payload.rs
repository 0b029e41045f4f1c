//! What a host sends to its hook when a session starts.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::{HOSTS, Host, PayloadForm};

/// A session that starts, as its host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStart {
    /// Which host this is.
    pub host: &'static Host,
    /// Which event it announces, where its payload has a name for that.
    pub event: Option<&'static str>,
    /// The session's id.
    pub session: String,
    /// The session's directory.
    pub cwd: Option<PathBuf>,
    /// Where the session's transcript is or will be; `None` where the host keeps none.
    pub transcript: Option<PathBuf>,
    /// How it came to start.
    pub source: Source,
    /// What its user said, where the event is a prompt.
    pub prompt: Option<String>,
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
        let forms = |host: &'static Host| host.payloads.iter().map(move |form| (host, form));
        let (host, form) = HOSTS.iter().copied().flat_map(forms).find(|(_, form)| fits(form, fields))?;
        Some(Self {
            host,
            event: form.event,
            session: text(fields, form.session)?.to_owned(),
            cwd: text(fields, "cwd").or_else(|| first_root(fields)).map(PathBuf::from),
            transcript: text(fields, "transcript_path").map(PathBuf::from),
            source: match text(fields, "source") {
                Some("compact") => Source::Compact,
                Some("fork") => Source::Fork,
                _ => Source::Start,
            },
            prompt: text(fields, "submitted_prompt").or(text(fields, "prompt")).map(str::to_owned),
            previous: text(fields, "previous_session_id").map(str::to_owned),
        })
    }
}

fn fits(form: &PayloadForm, fields: &Map<String, Value>) -> bool {
    let is_there = |key: &&str| fields.get(*key).is_some_and(|value| value.as_str() != Some(""));
    let event_fits = match form.event {
        Some(event) => text(fields, "hook_event_name") == Some(event),
        None => !fields.contains_key("hook_event_name"),
    };
    let source_fits = match fields.get("source").and_then(Value::as_str) {
        Some(source) => form.sources.contains(&source),
        // Without a source only a host that is told by other fields can be meant.
        None => form.sources.contains(&"startup"),
    };
    event_fits
        && source_fits
        && text(fields, form.session).is_some()
        && form.present.iter().all(is_there)
        && !form.absent.iter().any(|key| fields.contains_key(*key))
}

/// The first of the directories that are open in an editor.
fn first_root(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("workspace_roots")?.get(0)?.as_str().filter(|root| !root.is_empty())
}

/// A text that is not empty.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
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
        let prompt = [("hook_event_name", "BeforeAgent"), ("timestamp", "t"), ("prompt", "go")];
        assert_eq!(host(&with(&prompt)), Some("gemini-cli"));
        let qwen = [
            ("hook_event_name", "UserPromptSubmit"),
            ("timestamp", "t"),
            ("permission_mode", "yolo"),
            ("prompt", "go"),
        ];
        assert_eq!(host(&with(&qwen)), Some("qwen-code"));
        // Behind the result of a tool, and another event of it, whose output it discards.
        assert_eq!(host(&with(&[qwen[0], qwen[1], qwen[2], ("prompt", "")])), None);
        assert_eq!(host(&with(&[("timestamp", "t"), ("permission_mode", "default")])), None);
        // The same event of others.
        assert_eq!(host(&with(&[qwen[0], qwen[2], qwen[3]])), None);
        assert_eq!(host(&with(&[("source", "new")])), None);
        assert_eq!(host(&with(&[("source", "elsewhere")])), None);
        for source in ["new", "resume"] {
            let own = json!({ "sessionId": "s", "timestamp": 1, "cwd": "/c", "source": source });
            let shared = json!({
                "hook_event_name": "SessionStart", "session_id": "s", "timestamp": "t", "cwd": "/c", "source": source,
            });
            assert_eq!([host(&own), host(&shared)], [Some("copilot"); 2], "{source}");
        }
        assert_eq!(
            host(&json!({ "hook_event_name": "chat.message", "session_id": "s", "cwd": "/c" })),
            Some("opencode")
        );
        let amp = json!({ "hook_event_name": "agent.start", "session_id": "T-1", "cwd": "/c" });
        assert_eq!(host(&amp), Some("amp"));
        let cursor =
            json!({ "hook_event_name": "sessionStart", "conversation_id": "s", "cursor_version": "3.12" });
        assert_eq!(host(&cursor), Some("cursor"));
        let mut rooted = cursor.clone();
        for (roots, cwd) in [
            (json!(["/r", "/s"]), Some("/r")),
            (json!([]), None),
            (json!(["", "/s"]), None),
            (json!("/r"), None),
        ] {
            rooted["workspace_roots"] = roots;
            let session = SessionStart::recognise(rooted.as_object().unwrap()).unwrap();
            assert_eq!(session.cwd, cwd.map(PathBuf::from), "{rooted}");
        }
    }

    #[test]
    fn no_payload_fits_two_rows() {
        const FIELDS: [&str; 10] = [
            "permission_mode",
            "model",
            "timestamp",
            "CLAUDE_ENV_FILE",
            "transcript_path",
            "session_id",
            "sessionId",
            "conversation_id",
            "cursor_version",
            "prompt",
        ];
        let forms: Vec<&PayloadForm> = HOSTS.iter().flat_map(|host| host.payloads).collect();
        let events = [
            None,
            Some("SessionStart"),
            Some("UserPromptSubmit"),
            Some("BeforeAgent"),
            Some("sessionStart"),
            Some("chat.message"),
            Some("agent.start"),
        ];
        assert!(forms.iter().all(|form| events.contains(&form.event)));
        for present in 0..1 << FIELDS.len() {
            for (event, source) in events.iter().flat_map(|event| {
                [None, Some("startup"), Some("resume"), Some("clear"), Some("new"), Some("elsewhere")]
                    .map(|source| (event, source))
            }) {
                let mut payload = Map::from_iter([("cwd".to_owned(), json!("/c"))]);
                for (_, field) in FIELDS.into_iter().enumerate().filter(|(bit, _)| present >> bit & 1 == 1) {
                    payload.insert(field.to_owned(), json!("x"));
                }
                payload.extend(source.map(|source| ("source".to_owned(), json!(source))));
                payload.extend(event.map(|event| ("hook_event_name".to_owned(), json!(event))));
                let fitting = forms.iter().filter(|form| fits(form, &payload));
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
            json!({ "sessionId": "s", "cwd": "/c", "source": "startup", "timestamp": 1 }),
            json!({ "sessionId": "s", "cwd": "/c", "timestamp": 1 }),
            json!({ "hook_event_name": "chat.message", "session_id": "s" }),
        ] {
            assert_eq!(host(&payload), None, "{payload}");
        }
    }
}
