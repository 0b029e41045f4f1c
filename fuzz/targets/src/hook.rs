//! What hosts send to hooks, and what is recorded of it where a sandboxed agent may write.

use handoff_agents::SessionStart;
use handoff_delivery::{Event, History};
use handoff_document::Timestamp;
use handoff_quota::LimitHit;
use serde_json::Value;

/// Reads a hook's payload.
pub fn hook(data: &[u8]) {
    let now = Timestamp::from_seconds(1_795_000_000);
    if let Some(hit) = LimitHit::of_event(data, now) {
        let _ = (hit.stands(now), hit.stands(Timestamp::from_seconds(i64::MAX)), format!("{hit:?}"));
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(data) else { return };
    if let Some(session) = SessionStart::recognise(&fields) {
        assert!(!session.session.is_empty(), "a session has an id");
    }
}

/// Reads the record of a handoff's offers, line by line and whole.
pub fn record(data: &[u8]) {
    let history = History::parse(data);
    let lines: Vec<_> =
        data.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()).collect();
    assert!(history.open.len() + history.restored_from.len() <= lines.len());
    for event in lines.into_iter().filter_map(Event::parse) {
        let line = event.line();
        assert!(!line.contains('\n'), "an event is one line: {line}");
        assert_eq!(
            Event::parse(&line).map(|event| event.line()),
            Some(line),
            "an event is read as it is written"
        );
    }
}
