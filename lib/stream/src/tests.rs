//! Any bytes in any portions, with limits small enough to be reached; and the JSON that is one, against `serde_json`.

use proptest::prelude::*;

use super::*;
use crate::json::Value;
use crate::string::Raw;

const SMALL: Limits = Limits { line: 600, string: 16, rest: 200 };

fn told(dialect: Dialect, limits: Limits, parts: &[&[u8]]) -> (Vec<Progress>, Outcome) {
    let mut told = Vec::new();
    let mut reader = Reader::within(dialect, limits);
    for part in parts {
        reader.push(part, &mut |progress| told.push(progress));
    }
    let outcome = reader.finish(&mut |progress| told.push(progress));
    (told, outcome)
}

fn claude(limits: Limits, stream: &[u8]) -> (Vec<Progress>, Outcome) {
    told(Dialect::Claude, limits, &[stream])
}

#[test]
fn a_result_that_is_too_long_is_cut_and_stays_a_result() {
    let line = format!(
        r#"{{"result":"{}","is_error":false,"type":"result","subtype":"success"}}"#,
        "a\\n".repeat(300)
    );
    let (progress, outcome) = claude(SMALL, line.as_bytes());
    assert_eq!(outcome.verdict, Verdict::Success);
    assert!(outcome.cut);
    assert!(outcome.text.starts_with("a\na\na\n") && outcome.text.len() > 150);
    assert_eq!(progress[0].to_string(), "note: an event of more than 24 MB was shortened");
}

#[test]
fn a_line_is_never_cut_within_an_escape_that_ends_its_string() {
    for blanks in 0..12 {
        for long in [r"\\", r#"\""#, r"\u0041", r"\ud83d\ude00"] {
            let text = format!("{}{}", "x".repeat(blanks), long.repeat(400));
            let line = format!(r#"{{"result":"{text}","type":"result","subtype":"success"}}"#);
            let (_, outcome) = claude(SMALL, line.as_bytes());
            assert_eq!((outcome.verdict, outcome.cut), (Verdict::Success, true), "{blanks} {long}");
        }
    }
}

#[test]
fn a_line_that_cannot_be_shortened_is_given_up_with_a_note() {
    let line = format!("{{\"type\":\"assistant\",\"x\":{}1{}}}\n", "[".repeat(800), "]".repeat(800));
    let (progress, outcome) =
        claude(SMALL, (line + "{\"type\":\"result\",\"subtype\":\"success\"}").as_bytes());
    assert_eq!(progress.len(), 1);
    assert!(matches!(progress[0], Progress::Note(_)));
    assert_eq!(outcome.verdict, Verdict::Success);
}

#[test]
fn what_tells_nothing_is_not_kept() {
    let mut reader = Reader::new(Dialect::Claude);
    for beginning in [
        &b"\xEF\xBB\xBF {\"type\":\"stream_event\",\"x\":\""[..],
        b"{\"type\":\"user\",\"x\":\"",
        b"\n\nplain ",
    ] {
        for _ in 0..100 {
            reader.push(beginning, &mut |_| ());
            reader.push(&[b'x'; 100_000], &mut |_| ());
        }
        assert!(reader.lines.room() < 64 << 10, "{}", reader.lines.room());
        reader.push(b"\"}\n", &mut |_| ());
    }
}

/// Lines of events, of what is nearly one, and of none.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        Just(String::new()),
        "[a-z \\\\\"{}\\[\\]]{0,40}",
        Just("\\ud800 \\u00e9\\n\\r\\n\\u001b[31m".to_owned()),
        Just("x".repeat(900)),
    ];
    let shape = prop_oneof![
        Just(r#"{"type":"result","subtype":"success","is_error":false,"result":"@"}"#),
        Just(r#"{"result":"@","type":"result","subtype":"success","is_error":true}"#),
        Just(r#"{"type":"result","subtype":"error_max_turns","errors":["@",null,3]}"#),
        Just(r#"{"type":"assistant","message":{"content":[{"type":"text","text":"@"}]}}"#),
        Just(
            r#"{"type":"assistant","message":{"content":[{"type":"tool_use","name":"@","input":{"path":"@"}}]}}"#
        ),
        Just(r#"{"type":"assistant","error":"x","message":{"content":[{"type":"text","text":"@"}]}}"#),
        Just(r#"{"type":"stream_event","event":{"delta":"@"}}"#),
        Just(r#"{"type":"user","message":"@"}"#),
        Just(r#"{"type":"system","subtype":"init","session_id":"@"}"#),
        Just(r#"{"type":"system","subtype":"api_retry","attempt":1,"error":"@"}"#),
        Just(r#"{"type":"thread.started","thread_id":"t"}"#),
        Just(r#"{"type":"item.completed","item":{"type":"agent_message","text":"@"}}"#),
        Just(r#"{"type":"item.completed","item":{"type":"command_execution","command":"@","exit_code":1}}"#),
        Just(r#"{"type":"error","message":"@"}"#),
        Just(r#"{"type":"turn.failed","error":{"message":"@"}}"#),
        Just(r#"{"type":"turn.completed","usage":{"input_tokens":4}}"#),
        Just("@"),
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\u{feff}  "), Just("\0\n"), Just("")];
    let event =
        (shape, text, end).prop_map(|(shape, text, end)| (shape.replace('@', &text) + end).into_bytes());
    prop_oneof![5 => event, 1 => proptest::collection::vec(any::<u8>(), 0..80)]
}

proptest! {
    #[test]
    fn portions_make_no_difference(
        lines in proptest::collection::vec(line(), 0..12),
        cuts in proptest::collection::vec(1usize..200, 1..40),
        is_claude in any::<bool>(),
    ) {
        let stream = lines.concat();
        let dialect = if is_claude { Dialect::Claude } else { Dialect::Codex };
        let mut parts = Vec::new();
        let mut rest = &stream[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, after) = rest.split_at(rest.len().min(*cut));
            parts.push(part);
            rest = after;
        }
        for limits in [SMALL, LIMITS] {
            let whole = told(dialect, limits, &[&stream]);
            prop_assert_eq!(&told(dialect, limits, &parts), &whole);
            for progress in &whole.0 {
                prop_assert!(progress.text().len() <= LINE_LIMIT);
                prop_assert!(!progress.to_string().contains(char::is_control));
            }
            let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
            prop_assert!(!whole.1.text.contains(odd));
        }
    }

    #[test]
    fn json_is_read_as_serde_reads_it(value in json(), spaced in any::<bool>()) {
        let text = if spaced { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        same(Value::new(text.as_bytes()), &value);
    }

    #[test]
    fn strings_are_decoded_as_serde_decodes_them(text in any::<String>()) {
        let written = serde_json::to_string(&text).unwrap();
        let plain: String = text.chars().filter(|c| !c.is_control() || "\n\t".contains(*c)).collect();
        if !text.contains('\r') {
            let body = Value::new(written.as_bytes()).string().unwrap().body(usize::MAX);
            prop_assert_eq!(body.text, plain);
        }
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let expected = Value::new(written.as_bytes()).string().unwrap().body(usize::MAX);
        prop_assert_eq!(Raw::new(escaped.as_bytes()).body(usize::MAX), expected);
    }

    #[test]
    fn odd_strings_are_decoded_somehow(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'u'), Just(b'd'), any::<u8>()], 0..60),
        limit in 0usize..40,
    ) {
        let raw = Raw::new(&bytes);
        prop_assert!(raw.body(limit).text.len() <= limit);
        prop_assert!(!raw.line().contains('\n'));
        let _ = Value::new(&bytes).pick(["a"]);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e9..1e9).prop_map(|number: f64| number.into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::btree_map("[a-z ]{0,4}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn same(ours: Value<'_>, theirs: &serde_json::Value) {
    match theirs {
        serde_json::Value::Null => assert!(ours.is_null()),
        serde_json::Value::Bool(flag) => assert_eq!(ours.flag(), Some(*flag)),
        serde_json::Value::Number(number) => {
            assert_eq!(ours.number(), number.as_f64());
            assert_eq!(number.is_u64().then(|| ours.count()).flatten(), number.as_u64());
        }
        serde_json::Value::String(_) => assert!(ours.string().is_some()),
        serde_json::Value::Array(items) => {
            assert_eq!(ours.items().count(), items.len());
            ours.items().zip(items).for_each(|(ours, theirs)| same(ours, theirs));
        }
        serde_json::Value::Object(map) => {
            assert!(ours.pick(["type"]).is_some());
            assert_eq!(ours.entries().count(), map.len());
            for (key, value) in map {
                let [ours] = ours.pick([key]).unwrap();
                same(ours.unwrap(), value);
            }
        }
    }
}
