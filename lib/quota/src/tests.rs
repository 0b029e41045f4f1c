//! Any bytes, for everything that reads what others wrote.

use std::time::{Duration, Instant};

use handoff_document::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use crate::http::Response;
use crate::window::{Reading, SourceName};
use crate::{LimitHit, Rollout, Tap, WindowName, json, limit_hit, memory::Memory, openusage};

fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_257_960)
}

/// The body of an answer that comes in these portions.
fn body(answer: &[u8], cuts: &[usize]) -> Result<Vec<u8>, String> {
    let mut response = Response::default();
    let mut rest = answer;
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (part, after) = rest.split_at((*cut).clamp(1, rest.len()));
        if let Some(body) = response.push(part).map_err(|fault| format!("{fault:?}"))? {
            return Ok(body);
        }
        rest = after;
    }
    response.end().map_err(|fault| format!("{fault:?}"))
}

fn chunked(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n".to_vec();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        answer.extend_from_slice(format!("{:X};x=y\r\n", part.len()).as_bytes());
        answer.extend_from_slice(part);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}

#[test]
fn what_only_javascript_lets_through_is_mended() {
    let parse = |text: &str| json::parse(text.as_bytes());
    assert_eq!(parse(r#""\ud83d\ude00""#), Some("😀".into()));
    assert_eq!(parse(r#""a\ud83db""#), Some("a\u{fffd}b".into()));
    assert_eq!(parse(r#""\ude00\ud83d""#), Some("\u{fffd}\u{fffd}".into()));
    assert_eq!(parse(r#""\ud83d\ud83d\ude00""#), Some("\u{fffd}😀".into()));
    // A backslash and letters, no escape.
    assert_eq!(parse(r#""\\ud83d \ud83d""#), Some("\\ud83d \u{fffd}".into()));
    assert_eq!(json::parse(b"\"\xff\""), Some("\u{fffd}".into()));
    assert_eq!(parse(r#""\ud83"#), None);
    assert_eq!(parse(&"[".repeat(100_000)), None);
}

#[test]
fn times_that_no_clock_says_are_none() {
    let time =
        |text: &str| json::parse(text.as_bytes()).as_ref().and_then(json::time).map(Timestamp::seconds);
    assert_eq!(time("1795262400"), Some(1_795_262_400));
    assert_eq!(time("1795262400.9"), Some(1_795_262_400));
    assert_eq!(time("1795262400123"), Some(1_795_262_400));
    assert_eq!(time("\"1795262400\""), Some(1_795_262_400));
    for none in
        ["0", "-1", "1e300", "\"0001-01-01T00:00:00Z\"", "null", "true", "[]", "\"soon\"", "9999999999"]
    {
        assert_eq!(time(none), None, "{none}");
    }
}

/// Lines of rollouts, nearly such, and none.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("null".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("1e999".to_owned()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "[a-z\\[\\]{}\":,\\\\]{0,20}",
    ];
    let shape = prop_oneof![
        Just(
            r#"{"timestamp":"2026-11-21T10:45:00Z","type":"event_msg","payload":{"type":"token_count","rate_limits":{"limit_id":@,"primary":{"used_percent":@,"window_minutes":@,"resets_at":@}}}}"#
        ),
        Just(
            r#"{"timestamp":@,"type":"event_msg","payload":{"type":"token_count","rate_limits":{"primary":{"used_percent":50,"resets_in_seconds":@},"secondary":@}}}"#
        ),
        Just(r#"{"timestamp":@,"type":"event_msg","payload":{"type":"token_count","rate_limits":@}}"#),
        Just(r#"{"type":"event_msg","payload":{"type":"task_complete","error":@}}"#),
        Just(r#"{"type":"event_msg","payload":{"type":"error","message":@,"codex_error_info":@}}"#),
        Just(r#"{"type":"event_msg","payload":{"type":"task_started"}}"#),
        Just("@"),
    ];
    let text = (shape, part).prop_map(|(shape, part)| shape.replace('@', &part).into_bytes());
    prop_oneof![4 => text, 1 => proptest::collection::vec(any::<u8>(), 0..80)]
}

/// A JSON value with the names that matter, and any others.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        Just("2026-11-21T10:45:00Z".into()),
        Just("claude_code".into()),
        Just("codex".into()),
        Just("%".into()),
        any::<String>().prop_map(Into::into),
    ];
    let key = prop_oneof![
        Just("snapshots"),
        Just("provider_id"),
        Just("timestamp"),
        Just("metrics"),
        Just("resets"),
        Just("usage_five_hour"),
        Just("rate_limit_primary"),
        Just("used"),
        Just("limit"),
        Just("remaining"),
        Just("unit"),
        Just("window"),
        Just("rate_limits"),
        Just("five_hour"),
        Just("used_percentage"),
        Just("resets_at"),
        Just("observed"),
        Just("version"),
        Just("captured"),
        Just("tool"),
        Just("done"),
        Just("at"),
        Just("hook_event_name"),
        Just("error"),
        Just("last_assistant_message"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn is_sound(reading: &Reading) {
    assert!(reading.windows.len() <= crate::WINDOWS);
    for window in &reading.windows {
        assert!(window.used.get().is_finite() && window.used.get() >= 0.0);
        assert!(WindowName::new(window.name.as_str()).as_ref() == Some(&window.name));
    }
}

fn place() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

proptest! {
    #[test]
    fn portions_of_an_answer_make_no_difference(
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..8),
        cuts in proptest::collection::vec(1usize..30, 1..20),
        length in 0usize..200,
    ) {
        let whole: Vec<u8> = parts.concat();
        prop_assert_eq!(body(&chunked(&parts), &cuts), Ok(whole.clone()));
        let counted = |length: usize| {
            [format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes(), &whole[..]].concat()
        };
        prop_assert_eq!(body(&counted(whole.len()), &cuts), Ok(whole.clone()));
        prop_assert_eq!(body(&counted(length), &cuts), body(&counted(length), &[1 << 20]));
        prop_assert_eq!(body(&counted(length), &cuts).is_ok(), length <= whole.len());
    }

    #[test]
    fn any_bytes_are_some_answer_or_none(
        head in prop_oneof![
            Just("".to_owned()),
            Just("HTTP/1.1 200 OK\r\n\r\n".to_owned()),
            Just("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()),
            "HTTP/1.[01] [0-9]{1,5} [a-zA-Z:\\r\\n -]{0,60}",
        ],
        rest in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'f'), Just(b'0'), any::<u8>()], 0..200),
        cuts in proptest::collection::vec(1usize..30, 1..20),
    ) {
        let answer = [head.as_bytes(), &rest].concat();
        let parts = body(&answer, &cuts);
        prop_assert_eq!(&parts.is_ok(), &body(&answer, &[1 << 20]).is_ok());
        if let Ok(body) = parts {
            prop_assert!(body.len() <= answer.len());
        }
    }

    #[test]
    fn any_bytes_are_some_json_or_none(bytes in proptest::collection::vec(
        prop_oneof![Just(b'\\'), Just(b'u'), Just(b'd'), Just(b'8'), Just(b'"'), Just(b'{'), any::<u8>()], 0..80,
    )) {
        let _ = json::parse(&bytes);
        let quoted = [b"\"", &bytes[..], b"\""].concat();
        let _ = json::parse(&quoted);
        prop_assert_eq!(Memory::parse(&bytes), Memory::default());
        prop_assert_eq!(LimitHit::of_event(&bytes, now()), None);
    }

    #[test]
    fn any_json_is_some_reading_or_none(value in value()) {
        let text = value.to_string();
        openusage::reading(&value, SourceName::OpenusageSocket, now()).iter().for_each(is_sound);
        let _ = Memory::parse(text.as_bytes());
        let _ = limit_hit::end_of_turn(&value);
        if let Some(hit) = LimitHit::of_event(text.as_bytes(), now()) {
            prop_assert!(hit.message.as_str().len() <= 300);
            prop_assert!(hit.resets_at.is_none_or(|reset| reset > now()));
        }
        let place = place();
        Tap::record(text.as_bytes(), place.path(), now()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        if let Ok(Some(record)) = Tap::new(place.path()).last() {
            is_sound(&record.reading);
        }
    }

    #[test]
    fn any_words_are_some_limit(told in prop_oneof![
        any::<String>(),
        "You've hit your [a-z5-]{0,12} ?limit( · resets [0-9:]{0,5}[apmé]{0,3} \\((UTC|GMT|X)\\)?)?",
        "You've hit your limit. Try again in( [0-9]{0,12} [a-z]{0,7}s?){0,4}\\|?[0-9]{0,20}",
    ]) {
        let event = serde_json::json!({"hook_event_name": "StopFailure", "error": "rate_limit", "last_assistant_message": told});
        let hit = LimitHit::of_event(event.to_string().as_bytes(), now());
        prop_assert!(hit.is_some_and(|hit| hit.resets_at.is_none_or(|reset| reset > now())));
    }

    #[test]
    fn any_lines_are_some_rollout(lines in proptest::collection::vec(line(), 0..12), ends in any::<bool>()) {
        let place = place();
        let path = place.path().join("rollout.jsonl");
        let mut content = lines.join(&b'\n');
        if ends {
            content.push(b'\n');
        }
        #[expect(clippy::disallowed_methods, reason = "a test makes what others would")]
        std::fs::write(&path, &content).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let ending = Rollout::new(path).ending(Instant::now() + Duration::from_secs(5));
        ending.map_err(|e| TestCaseError::fail(e.to_string()))?.reading.iter().for_each(is_sound);
    }

    #[test]
    fn names_are_plain(name in any::<String>()) {
        if let Some(name) = WindowName::new(&name) {
            prop_assert!(name.as_str().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/'));
        }
    }
}

#[test]
fn every_error_shows_a_hostile_path_in_one_visible_line() {
    use std::path::Path;

    use handoff_files::FileError;

    use crate::SourceError;

    let path = || Path::new("/s/\x1b[31m\nagent-handoff: forged\u{202E}\t'").to_owned();
    let reason = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    for error in [
        SourceError::File(FileError::new("open", &path())(reason())),
        SourceError::Connect { path: path(), reason: reason() },
        SourceError::NotOurs(path()),
        SourceError::Talk { path: path(), reason: reason() },
        SourceError::Late(path()),
        SourceError::TooLong { path: path(), limit: 1 },
        SourceError::Status { path: path(), status: 500 },
        SourceError::Malformed { path: path(), reason: "it is no record" },
    ] {
        let said = error.to_string();
        assert!(!said.contains(|c: char| c.is_control() || c == '\u{202E}'), "{said:?}");
    }
}
