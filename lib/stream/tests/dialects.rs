//! What the recorded streams of Gemini CLI, OpenCode, Qwen Code and Copilot do not have: made lines of the same form.

use handoff_agents::Protocol;
use handoff_stream::{Outcome, Reader, Usage, Verdict};

/// The lines of progress, whether the reader took the run to be done, and the outcome.
fn read(protocol: Protocol, lines: &[&str]) -> (Vec<String>, bool, Outcome) {
    let mut told = Vec::new();
    let mut reader = Reader::new(protocol);
    for line in lines {
        reader.push(format!("{line}\n").as_bytes(), &mut |progress| told.push(progress.to_string()));
    }
    let is_done = reader.is_done();
    let outcome = reader.finish(&mut |progress| told.push(progress.to_string()));
    (told, is_done, outcome)
}

#[test]
fn the_parts_of_a_message_are_one_and_what_was_said_before_a_tool_is_not_the_result() {
    let part =
        |text: &str| format!(r#"{{"type":"message","role":"assistant","content":"{text}","delta":true}}"#);
    let (told, is_done, outcome) = read(
        Protocol::Gemini,
        &[
            &part("I l"),
            &part("ook."),
            r#"{"type":"tool_use","tool_name":"read_file","parameters":{"file_path":"a.rs"}}"#,
            r#"{"type":"tool_result","status":"error","error":{"message":"no such file"}}"#,
            &part("It is\\n"),
            &part("done."),
            r#"{"type":"result","status":"success"}"#,
        ],
    );
    let expected = [
        "text: I look.",
        "tool: read_file: a.rs",
        "warning: a tool failed: no such file",
        "text: It is done.",
    ];
    assert_eq!(told, expected);
    assert_eq!((is_done, outcome.verdict, outcome.text.as_str()), (true, Verdict::Success, "It is\ndone."));
}

#[test]
fn a_stream_of_gemini_that_breaks_off_keeps_what_was_said_and_is_no_result() {
    let (_, is_done, outcome) = read(
        Protocol::Gemini,
        &[r#"{"type":"message","role":"assistant","content":"I am at","delta":true}"#],
    );
    assert_eq!((is_done, outcome.verdict, outcome.text.as_str()), (false, Verdict::NoResult, "I am at"));
}

#[test]
fn an_error_that_gemini_goes_on_after_is_none() {
    let lines = [
        r#"{"type":"error","severity":"warning","message":"loop detected"}"#,
        r#"{"type":"error","severity":"error","message":"lost the connection"}"#,
        r#"{"type":"message","role":"assistant","content":"Again.","delta":true}"#,
        r#"{"type":"result","status":"success"}"#,
    ];
    let (told, _, outcome) = read(Protocol::Gemini, &lines);
    assert_eq!(told, ["warning: loop detected", "error: lost the connection", "text: Again."]);
    assert_eq!((outcome.verdict, outcome.reason), (Verdict::Success, None));
    let (_, _, outcome) = read(Protocol::Gemini, &lines[..2]);
    assert_eq!(outcome.verdict, Verdict::Error);
}

/// The end of a step of OpenCode, for this reason, with 5 tokens read and 3 written.
fn step(why: &str) -> String {
    format!(
        r#"{{"type":"step_finish","sessionID":"ses_1","part":{{"reason":"{why}","cost":0.5,"tokens":{{"input":5,"output":3,"cache":{{"read":2}}}}}}}}"#
    )
}

#[test]
fn a_step_of_opencode_that_calls_tools_is_not_the_last() {
    let begin = r#"{"type":"step_start","sessionID":"ses_1"}"#;
    let (_, is_done, outcome) = read(Protocol::Opencode, &[begin, &step("tool-calls")]);
    assert_eq!((is_done, outcome.verdict), (false, Verdict::NoResult));
    let (_, is_done, outcome) = read(Protocol::Opencode, &[begin, &step("tool-calls"), begin, &step("stop")]);
    assert_eq!((is_done, outcome.verdict, outcome.turns), (true, Verdict::Success, Some(2)));
    let usage = Usage { input: 10, output: 6, cache_read: 4, ..Usage::default() };
    assert_eq!((outcome.usage, outcome.cost_usd), (Some(usage), Some(1.0)));
    // A step that begins after the last takes that back.
    let (_, is_done, _) = read(Protocol::Opencode, &[&step("stop"), begin]);
    assert!(!is_done);
}

#[test]
fn an_answer_of_opencode_that_was_cut_is_an_error_that_says_why() {
    let (_, is_done, outcome) = read(Protocol::Opencode, &[&step("length")]);
    assert_eq!((is_done, outcome.verdict), (true, Verdict::Error));
    let reason = outcome.reason.unwrap_or_else(|| panic!("no reason"));
    assert_eq!(&*reason.text, "the model ended its answer for another reason: length");
}

#[test]
fn a_subagent_of_copilot_does_not_say_the_result() {
    let (told, _, outcome) = read(
        Protocol::Copilot,
        &[
            r#"{"type":"assistant.message","data":{"content":"It is done."}}"#,
            r#"{"type":"assistant.message","data":{"content":"Found it.","parentToolCallId":"c1"}}"#,
            r#"{"type":"tool.execution_complete","data":{"success":false,"error":{"message":"denied"}}}"#,
            r#"{"type":"result","sessionId":"s-1","exitCode":0}"#,
        ],
    );
    assert_eq!(
        told,
        ["text: It is done.", "text: Found it.", "warning: a tool failed: denied", "session: s-1"]
    );
    assert_eq!((outcome.verdict, outcome.text.as_str()), (Verdict::Success, "It is done."));
}

#[test]
fn copilot_that_fails_without_a_word_is_an_error() {
    let (_, is_done, outcome) =
        read(Protocol::Copilot, &[r#"{"type":"result","sessionId":"s-1","exitCode":1}"#]);
    assert_eq!((is_done, outcome.verdict, outcome.reason), (true, Verdict::Error, None));
}

#[test]
fn what_qwen_counts_is_of_the_whole_conversation() {
    let line = r#"{"type":"result","subtype":"success","is_error":false,"result":"x","usage":{"input_tokens":20,"output_tokens":12}}"#;
    let (_, _, outcome) = read(Protocol::Qwen, &[line]);
    assert_eq!((outcome.usage.map(|usage| usage.input), outcome.own_usage), (Some(20), None));
}
