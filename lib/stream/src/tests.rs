//! Any bytes in any portions, with limits small enough to be reached.

use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits { line: 600, string: 16, rest: 200 };

fn told(protocol: Protocol, limits: Limits, parts: &[&[u8]]) -> (Vec<Progress>, Outcome) {
    let mut told = Vec::new();
    let mut reader = Reader::within(protocol, limits);
    for part in parts {
        reader.push(part, &mut |progress| told.push(progress));
    }
    let outcome = reader.finish(&mut |progress| told.push(progress));
    (told, outcome)
}

fn claude(limits: Limits, stream: &[u8]) -> (Vec<Progress>, Outcome) {
    told(Protocol::Claude, limits, &[stream])
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
    let mut reader = Reader::new(Protocol::Claude);
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
        let protocol = if is_claude { Protocol::Claude } else { Protocol::Codex };
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
            let whole = told(protocol, limits, &[&stream]);
            prop_assert_eq!(&told(protocol, limits, &parts), &whole);
            for progress in &whole.0 {
                prop_assert!(progress.text().len() <= LINE_LIMIT);
                prop_assert!(!progress.to_string().contains(char::is_control));
            }
            let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
            prop_assert!(!whole.1.text.contains(odd));
        }
    }
}
