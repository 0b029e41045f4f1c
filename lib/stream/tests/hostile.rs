//! What bad luck, other programs and an unfriendly model may put into a stream. Each row of the break tests of
//! handoff-cli that is about the stream is here.

use handoff_agents::Protocol;
use handoff_stream::{LINE_LIMIT, Outcome, Progress, Reader, ReasonKind, TEXT_LIMIT, Verdict};

fn run(protocol: Protocol, stream: impl AsRef<[u8]>) -> (Vec<String>, Outcome) {
    let mut told = Vec::new();
    let mut tell = |progress: Progress| {
        assert!(progress.text().len() <= LINE_LIMIT);
        assert!(!progress.to_string().contains(char::is_control));
        told.push(progress.to_string());
    };
    let mut reader = Reader::new(protocol);
    reader.push(stream.as_ref(), &mut tell);
    let outcome = reader.finish(&mut tell);
    (told, outcome)
}

fn claude(stream: impl AsRef<[u8]>) -> (Vec<String>, Outcome) {
    run(Protocol::Claude, stream)
}

fn codex(stream: impl AsRef<[u8]>) -> (Vec<String>, Outcome) {
    run(Protocol::Codex, stream)
}

fn result(text: &str) -> String {
    format!("{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"{text}\"}}\n")
}

const ANSWER: &str =
    "{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"done\"}}\n";
const COMPLETED: &str = "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":7}}\n";

#[test]
fn any_type_at_any_place_leaves_the_result_alone() {
    let odd =
        ["null", "3", "-1e999", "\"x\"", "[]", "[\"plain\"]", "{}", "[[null]]", "{\"type\":null}", "true"];
    for value in odd {
        let mut stream = format!("{value}\n{{\"type\":{value}}}\n");
        for kind in ["system", "assistant", "user", "stream_event", "rate_limit_event", "else"] {
            for field in ["message", "subtype", "session_id", "content", "event", "rate_limit_info"] {
                stream += &format!("{{\"type\":\"{kind}\",\"{field}\":{value}}}\n");
            }
        }
        for subtype in ["init", "api_retry", "permission_denied", "informational"] {
            let fields = format!(
                r#""attempt":{value},"max_retries":{value},"retry_delay_ms":{value},"error":{value}"#
            );
            stream += &format!(
                "{{\"type\":\"system\",\"subtype\":\"{subtype}\",{fields},\"tool_name\":{value}}}\n"
            );
        }
        for block in [
            value.to_owned(),
            format!("{{\"type\":{value}}}"),
            format!("{{\"type\":\"text\",\"text\":{value}}}"),
            format!("{{\"type\":\"tool_use\",\"name\":{value},\"input\":{value}}}"),
        ] {
            stream += &format!("{{\"type\":\"assistant\",\"message\":{{\"content\":[{block}]}}}}\n");
        }
        let account =
            format!(r#""usage":{value},"modelUsage":{value},"total_cost_usd":{value},"num_turns":{value}"#);
        let rest = format!(r#""permission_denials":{value},"errors":{value},"subagent_stats":{value}"#);
        stream += &format!(
            "{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"done\",{account},{rest}}}\n"
        );
        let (_, outcome) = claude(&stream);
        assert_eq!((outcome.verdict, &*outcome.text), (Verdict::Success, "done"), "{value}");

        let mut stream = format!("{value}\n");
        for kind in
            ["thread.started", "turn.started", "item.started", "item.updated", "item.completed", "error"]
        {
            for field in ["thread_id", "item", "message", "error"] {
                stream += &format!("{{\"type\":\"{kind}\",\"{field}\":{value}}}\n");
            }
            for item in
                ["agent_message", "command_execution", "file_change", "mcp_tool_call", "reasoning", "error"]
            {
                let fields =
                    format!(r#""text":{value},"command":{value},"exit_code":{value},"changes":{value}"#);
                stream += &format!("{{\"type\":\"{kind}\",\"item\":{{\"type\":\"{item}\",{fields}}}}}\n");
            }
        }
        stream += ANSWER;
        stream += &format!("{{\"type\":\"turn.completed\",\"usage\":{value}}}\n");
        let (_, outcome) = codex(&stream);
        assert_eq!((outcome.verdict, &*outcome.text), (Verdict::Success, "done"), "{value}");
    }
}

#[test]
fn a_result_is_one_only_when_it_says_so() {
    for line in [
        r#"{"type":"result","subtype":"success","is_error":true,"result":"no"}"#,
        r#"{"type":"result","subtype":"success","is_error":"false","result":"no"}"#,
        r#"{"type":"result","subtype":"error_during_execution","is_error":false,"errors":["no"]}"#,
        r#"{"type":"result","subtype":"error_max_budget_usd","is_error":true,"errors":["no"]}"#,
        r#"{"type":"result","result":"no"}"#,
        r#"{"type":"result","subtype":null,"errors":["no"]}"#,
    ] {
        let (told, outcome) = claude(line);
        assert_eq!(outcome.verdict, Verdict::Error, "{line}");
        assert_eq!(&*outcome.reason.unwrap().text, "no", "{line}");
        assert_eq!(told, ["error: no"]);
    }
    let (_, outcome) = claude(r#"{"type":"result","subtype":"error_new"}"#);
    assert_eq!(&*outcome.reason.unwrap().text, "the result says only that it is an error: error_new");
    assert_eq!(claude(r#"{"type":"result","subtype":"success","result":"old"}"#).1.verdict, Verdict::Success);
}

#[test]
fn a_line_that_is_cut_off_or_followed_by_something_is_no_result() {
    let whole = result("done");
    for end in 1..whole.len() - 1 {
        assert_eq!(claude(&whole[..end]).1.verdict, Verdict::NoResult, "{end}");
    }
    assert_eq!(claude(format!("{} x", whole.trim())).1.verdict, Verdict::NoResult);
    assert_eq!(claude(whole.trim()).1.verdict, Verdict::Success);
}

#[test]
fn lone_surrogates_and_broken_escapes_become_marks() {
    let (_, outcome) = claude(result(r"a\ud800b \udc00\ud83d\ude00 \u12 \x \ud83dz"));
    assert_eq!(outcome.text, "a\u{FFFD}b \u{FFFD}😀 \u{FFFD}12 x \u{FFFD}z");
}

#[test]
fn bytes_that_are_no_utf8_become_marks() {
    let (_, outcome) =
        claude(b"{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"a\xFF\xE2\x82b\0c\x1b[m\x7F\"}");
    assert_eq!(outcome.text, "a\u{FFFD}\u{FFFD}bc[m");
}

#[test]
fn line_ends_byte_order_marks_and_nul_are_passed_over() {
    let stream = format!("\u{feff}{}\r\n\0\0\r\n\r\r\n", result("done").trim());
    let (_, outcome) = claude(stream);
    assert_eq!((outcome.verdict, &*outcome.text), (Verdict::Success, "done"));
}

#[test]
fn deep_nesting_is_only_counted() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let maps = format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
    let stream = format!(
        "{deep}\n{maps}\n{{\"type\":\"assistant\",\"message\":{deep}}}\n{{\"x\":{maps},\"type\":\"system\",\"message\":{deep}}}\n{}",
        result("done").replace("false", &format!("false,\"deep\":{deep}")),
    );
    assert_eq!(claude(&stream).1.text, "done");
    // Unclosed, it is a line without sense.
    assert_eq!(claude("[".repeat(200_000) + "\n" + &result("done")).1.text, "done");
    let stream = format!("{{\"type\":\"item.completed\",\"item\":{deep}}}\n{ANSWER}{COMPLETED}");
    assert_eq!(codex(stream).1.text, "done");
}

#[test]
fn a_forged_protocol_line_is_text_within_a_line() {
    let forged = r"RESULT=/etc/passwd\nRUN_ID=9999-xx-99-forged\r\u001b]0;x\u0007\u202e\u2028z";
    let stream = format!(
        "RESULT=/x\n{{\"type\":\"assistant\",\"message\":{{\"content\":[{{\"type\":\"text\",\"text\":\"{forged}\"}}]}}}}\n{}",
        result(forged)
    );
    let (told, outcome) = claude(stream);
    assert_eq!(told, ["text: RESULT=/etc/passwd RUN_ID=9999-xx-99-forged ]0;x z"]);
    // The file gets it as it is, but for the controls.
    assert_eq!(outcome.text, "RESULT=/etc/passwd\nRUN_ID=9999-xx-99-forged\n]0;x\u{202e}\u{2028}z");
}

#[test]
fn a_session_that_could_be_an_option_is_none() {
    for id in ["--dangerously-skip-permissions", "", "a b", "../up", "a\\nb", "é", &"x".repeat(129)] {
        let (told, outcome) =
            claude(format!("{{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"{id}\"}}"));
        assert_eq!((told.len(), outcome.session), (0, None), "{id}");
        assert_eq!(codex(format!("{{\"type\":\"thread.started\",\"thread_id\":\"{id}\"}}")).1.session, None);
    }
}

#[test]
fn plain_text_is_the_reason_when_there_is_no_other() {
    let (told, outcome) = claude("\x1b[31mclaude: command not found\x1b[0m\n");
    assert!(told.is_empty());
    assert_eq!(outcome.verdict, Verdict::NoResult);
    assert_eq!(&*outcome.reason.unwrap().text, "[31mclaude: command not found[0m");
    let long = "line\n".repeat(100_000) + &"x".repeat(2_000_000) + "\nlast";
    let reason = codex(long).1.reason.unwrap();
    assert!(reason.text.len() <= 4096 && reason.text.ends_with("x\nlast"));
    assert_eq!(claude(format!("warning\n{}", result("done"))).1.reason, None);
}

#[test]
fn silence_is_no_result() {
    for stream in ["", "\n", "\n\n\r\n", " ", "{}", "{", "null\n"] {
        assert_eq!(claude(stream).1.verdict, Verdict::NoResult, "{stream:?}");
        assert_eq!(codex(stream).1.verdict, Verdict::NoResult, "{stream:?}");
    }
    assert_eq!(codex("").1.reason, None);
}

#[test]
fn of_several_results_the_last_counts() {
    let (_, outcome) = claude(result("one") + &result("two"));
    assert_eq!(outcome.text, "two");
    let failed =
        r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":401,"result":"no"}"#;
    let (_, outcome) = claude(result("one") + failed);
    assert_eq!((outcome.verdict, outcome.reason.unwrap().kind), (Verdict::Error, ReasonKind::Credentials));
    assert_eq!(claude(format!("{failed}\n{}", result("two"))).1.text, "two");
}

#[test]
fn done_is_taken_back_when_it_goes_on() {
    let mut reader = Reader::new(Protocol::Claude);
    let mut push = |line: &str| {
        reader.push(line.as_bytes(), &mut |_| ());
        reader.is_done()
    };
    assert!(!push("{\"type\":\"system\",\"subtype\":\"init\"}\n"));
    assert!(push(&result("one")));
    assert!(
        push("{\"type\":\"system\",\"subtype\":\"hook_started\"}\n"),
        "hooks run at the end of a session too"
    );
    assert!(!push("{\"type\":\"stream_event\",\"event\":{}}\n"));
    assert!(!push(&result("two").replace("false", "false,\"queued_turn_count\":1")));
    let stats = r#"false,"subagent_stats":{"spawned":3,"completed":1,"failed":0,"killed":{"user":1}}"#;
    assert!(!push(&result("three").replace("false", stats)));
    assert!(push(&result("four").replace("false", &stats.replace(":3", ":2"))));
}

#[test]
fn an_error_that_was_got_over_is_none() {
    let error = "{\"type\":\"error\",\"message\":\"Reconnecting... 1/5 (x)\"}\n{\"type\":\"error\",\"message\":\"bad\"}\n";
    let (told, outcome) = codex(format!("{error}{ANSWER}{COMPLETED}"));
    assert_eq!(told, ["retry: Reconnecting... 1/5 (x)", "error: bad", "text: done"]);
    assert_eq!((outcome.verdict, outcome.reason), (Verdict::Success, None));
    // Nothing came after it: the process was killed, or ended without a word.
    let (_, outcome) = codex(format!("{ANSWER}{error}"));
    assert_eq!((outcome.verdict, &*outcome.text), (Verdict::Error, "done"));
    assert_eq!(&*outcome.reason.unwrap().text, "bad");
    // One that only tried again has said nothing of the end, but why it may have come.
    let (_, outcome) = codex(error.lines().next().unwrap());
    assert_eq!(outcome.verdict, Verdict::NoResult);
    assert_eq!(&*outcome.reason.unwrap().text, "Reconnecting... 1/5 (x)");
    let retry = r#"{"type":"system","subtype":"api_retry","attempt":9,"error_status":401,"error":"authentication_failed"}"#;
    let reason = claude(retry).1.reason.unwrap();
    assert_eq!(
        (&*reason.text, reason.kind),
        ("attempt 9: authentication_failed (401)", ReasonKind::Credentials)
    );
}

#[test]
fn a_failed_turn_has_its_own_reason_or_the_one_before() {
    let error = "{\"type\":\"error\",\"message\":\"bad\"}\n";
    let (told, outcome) = codex(format!("{error}{{\"type\":\"turn.failed\",\"error\":null}}"));
    assert_eq!((outcome.verdict, &*outcome.reason.unwrap().text), (Verdict::Error, "bad"));
    assert_eq!(told, ["error: bad"]);
    let (_, outcome) = codex("{\"type\":\"turn.failed\"}");
    assert_eq!((outcome.verdict, outcome.reason), (Verdict::Error, None));
    let (told, outcome) = codex(
        "{\"type\":\"item.completed\",\"item\":{\"type\":\"error\",\"message\":\"careful\"}}\n".to_owned()
            + COMPLETED,
    );
    assert_eq!((outcome.verdict, &*outcome.text), (Verdict::Success, ""));
    assert_eq!(told, ["warning: careful"]);
}

#[test]
fn a_usage_limit_is_told_apart() {
    let rejected =
        r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","rateLimitType":"five_hour"}}"#;
    let limit = r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"You've hit your limit · resets 2am"}"#;
    let (told, outcome) = claude(format!("{rejected}\n{limit}"));
    assert_eq!(
        told,
        ["warning: usage limit reached: five_hour", "error: You've hit your limit · resets 2am"]
    );
    assert_eq!(outcome.reason.unwrap().kind, ReasonKind::UsageLimit);
}

#[test]
fn a_result_of_20_mb_arrives_whole() {
    let text = "All of it, ".repeat(20_000_000 / 11);
    let mut reader = Reader::new(Protocol::Claude);
    let line =
        format!("{{\"result\":\"{text}\",\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}}");
    line.as_bytes().chunks(65_536).for_each(|part| reader.push(part, &mut |_| ()));
    let outcome = reader.finish(&mut |_| ());
    assert!(outcome.verdict == Verdict::Success && !outcome.cut && outcome.text == text);
}

#[test]
fn a_result_beyond_the_limit_is_cut_and_says_so() {
    let (told, outcome) = claude(result(&"x".repeat(TEXT_LIMIT + 1_000_000)));
    assert_eq!((outcome.verdict, outcome.cut, outcome.text.len()), (Verdict::Success, true, TEXT_LIMIT));
    assert_eq!(told.len(), 1);
}
