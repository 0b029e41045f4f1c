//! What bad luck and unfriendly files may put in a transcript's place: what can be had is had, in bounded time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use handoff_agents::{CLAUDE_CODE, CODEX};
use handoff_transcript::{
    CUT_DOWN_LIMIT, Coverage, Session, TEXT_LIMIT, cut_down, cut_down_from, read, read_from,
};
use proptest::prelude::*;

const WORK: [&str; 2] =
    [include_str!("../fixtures/claude-work.jsonl"), include_str!("../fixtures/codex-work.jsonl")];

/// Reads it in both ways, and checks what is always so.
fn told(transcript: impl AsRef<[u8]>) -> Session {
    let transcript = transcript.as_ref();
    let session = read_from(&mut Cursor::new(transcript)).unwrap();
    let copy = cut_down_from(&mut Cursor::new(transcript), &|text| text.to_owned()).unwrap();
    assert!(copy.lines.len() <= CUT_DOWN_LIMIT && copy.lines.ends_with('\n'));
    for line in copy.lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let has = |name| value.get(name).is_some_and(serde_json::Value::is_string);
        assert!(
            has("role") && has("text") || has("tool") && has("input") || value.get("whole").is_some(),
            "{line}"
        );
    }
    for text in [&session.task, &session.first_task, &session.last_answer, &session.cwd].into_iter().flatten()
    {
        assert!(text.text.len() <= TEXT_LIMIT);
    }
    assert!(session.commands.len() <= 20 && session.files.len() <= 500 && session.todos.len() <= 100);
    session
}

fn task(session: &Session) -> Option<&str> {
    session.task.as_ref().map(|task| task.text.as_str())
}

const ASK: &str = r#"{"type":"user","message":{"role":"user","content":"fix it"},"sessionId":"s"}"#;

#[test]
fn a_transcript_cut_anywhere_tells_what_stands_before() {
    for whole in WORK {
        let all = told(whole);
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)).step_by(37) {
            let session = told(&whole[..end]);
            let lines = whole[..end].lines().count() as u64;
            assert_eq!(session.coverage.lines, lines);
            assert!(session.coverage.unreadable <= 1);
            assert!(
                task(&session)
                    .is_none_or(|task| Some(task) == all.task.as_ref().map(|text| text.text.as_str()))
            );
            // One edit is refused only in the line after it.
            assert!(session.files.len() <= all.files.len() + 1 && session.commands_run <= all.commands_run);
        }
        // A last line without its line end is a whole one.
        let session = told(whole.trim_end());
        assert_eq!(
            Session { coverage: Coverage::default(), ..session },
            Session { coverage: Coverage::default(), ..all }
        );
    }
}

#[test]
fn what_is_no_transcript_tells_nothing() {
    for nothing in [
        "",
        "\n\n",
        "{}\n[]\n3\n\"x\"\nnull\n",
        "plain text\nof some lines\n",
        "\0\0\0",
        "{\"type\":\"user\"",
        "\u{feff}",
    ] {
        let session = told(nothing);
        let coverage = session.coverage;
        assert_eq!(session, Session { coverage, ..Session::default() }, "{nothing}");
    }
    assert_eq!(told([0xFF, 0xFE, b'\n', b'{', 0x80]).host, None);
    let coverage = told("{}\n[]\nplain\n").coverage;
    assert_eq!((coverage.lines, coverage.unreadable), (3, 2));
}

#[test]
fn only_a_regular_file_is_read_and_nothing_is_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let (pipe, link) = (place.path().join("pipe"), place.path().join("link"));
    let file = place.path().join("file");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let begun = Instant::now();
    for (path, kind) in [
        (&*pipe, std::io::ErrorKind::InvalidInput),
        (place.path(), std::io::ErrorKind::InvalidInput),
        (Path::new("/dev/zero"), std::io::ErrorKind::InvalidInput),
        (&link, std::io::ErrorKind::NotFound),
    ] {
        let error = read(path).unwrap_err();
        assert_eq!((error.kind(), error.path.as_path()), (kind, path));
        assert_eq!(cut_down(path, &|text| text.to_owned()).unwrap_err().kind(), kind);
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
    #[expect(clippy::disallowed_methods, reason = "a test makes its own files")]
    std::fs::write(&file, ASK).unwrap();
    assert_eq!(task(&read(&link).unwrap()), Some("fix it"));
}

#[test]
fn odd_lines_leave_the_others_alone() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let objects = r#"{"a":"#.repeat(100_000) + "1" + &"}".repeat(100_000);
    let odd = [
        r#"{"type":"user","message":{"content":"\ud800 lone \udc00"},"sessionId":"s"}"#.to_owned(),
        format!(
            r#"{{"type":"assistant","message":{{"content":[{{"type":"tool_use","id":"1","name":"Bash","input":{deep}}}]}},"sessionId":"s"}}"#
        ),
        format!(r#"{{"type":"user","message":{objects},"sessionId":"s"}}"#),
        format!(r#"{{"deep":{deep},"type":"user","message":{{"content":"deep"}},"sessionId":"s"}}"#),
        r#"{"type":"user","type":"assistant","message":7,"sessionId":8,"cwd":[],"gitBranch":{}}"#.to_owned(),
        "[".repeat(200_000),
        "not JSON".to_owned(),
    ];
    for line in &odd {
        let session = told(format!("{ASK}\n{line}\n{ASK}\n"));
        assert_eq!(task(&session), Some("fix it"));
        assert!(session.turns >= 2);
    }
    assert_eq!(task(&told(&odd[0])), Some("\u{fffd} lone \u{fffd}"));
    assert_eq!(task(&told(&odd[3])), Some("deep"));
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn any_type_at_any_place_is_passed_over() {
    let values = ["null", "3", "-1e999", "\"x\"", "[]", "[null,3,\"x\",{}]", "{}", "{\"type\":null}", "true"];
    let claude = [
        ("user", "\"message\":@"),
        ("user", "\"message\":{\"content\":@}"),
        ("user", "\"message\":{\"content\":[{\"type\":\"text\",\"text\":@}]}"),
        (
            "user",
            "\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":@,\"content\":@,\"is_error\":@}]},\"toolUseResult\":@",
        ),
        ("user", "\"message\":{\"content\":\"x\"},\"isMeta\":@,\"isSidechain\":@,\"cwd\":@,\"gitBranch\":@"),
        ("assistant", "\"message\":{\"model\":@,\"content\":@}"),
        (
            "assistant",
            "\"isApiErrorMessage\":true,\"error\":@,\"apiErrorStatus\":@,\"message\":{\"content\":@}",
        ),
        ("assistant", "\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":@,\"name\":@,\"input\":@}]}"),
        (
            "assistant",
            "\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":1,\"name\":\"Bash\",\"input\":{\"command\":@}}]}",
        ),
        (
            "assistant",
            "\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":1,\"name\":\"Edit\",\"input\":{\"file_path\":@}}]}",
        ),
        (
            "assistant",
            "\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":1,\"name\":\"TodoWrite\",\"input\":{\"todos\":[{\"content\":@,\"status\":@}]}}]}",
        ),
        (
            "assistant",
            "\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":1,\"name\":\"TaskUpdate\",\"input\":{\"taskId\":@,\"status\":@}}]}",
        ),
        ("system", "\"subtype\":\"api_error\",\"error\":@"),
        ("attachment", "\"attachment\":{\"type\":\"queued_command\",\"prompt\":@,\"commandMode\":@}"),
        ("queue-operation", "\"operation\":@,\"content\":@"),
        ("last-prompt", "\"lastPrompt\":@"),
    ];
    let codex = [
        ("session_meta", "@"),
        ("session_meta", "{\"id\":@,\"cwd\":@,\"git\":@}"),
        ("turn_context", "{\"cwd\":@,\"model\":@}"),
        ("compacted", "@"),
        ("response_item", "@"),
        ("response_item", "{\"type\":\"message\",\"role\":@,\"content\":@}"),
        ("response_item", "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"text\":@}]}"),
        ("response_item", "{\"type\":\"function_call\",\"name\":@,\"arguments\":@,\"call_id\":@}"),
        (
            "response_item",
            "{\"type\":\"function_call\",\"name\":\"shell\",\"arguments\":\"{\\\"command\\\":3}\"}",
        ),
        ("response_item", "{\"type\":\"function_call_output\",\"call_id\":@,\"output\":@}"),
        ("response_item", "{\"type\":\"custom_tool_call\",\"name\":\"apply_patch\",\"input\":@}"),
        ("response_item", "{\"type\":\"local_shell_call\",\"action\":@}"),
        ("event_msg", "{\"type\":\"item_completed\",\"item\":@}"),
        (
            "event_msg",
            "{\"type\":\"item_completed\",\"item\":{\"type\":\"FileChange\",\"changes\":@,\"status\":@}}",
        ),
        (
            "event_msg",
            "{\"type\":\"exec_command_end\",\"command\":@,\"exit_code\":@,\"aggregated_output\":@}",
        ),
        ("event_msg", "{\"type\":\"patch_apply_end\",\"changes\":@,\"success\":@}"),
        ("event_msg", "{\"type\":\"error\",\"message\":@,\"codex_error_info\":@}"),
        ("event_msg", "{\"type\":\"task_complete\",\"error\":@}"),
        ("event_msg", "{\"type\":\"turn_aborted\",\"reason\":@}"),
        ("event_msg", "{\"type\":\"plan_update\",\"plan\":@}"),
        ("event_msg", "{\"type\":\"user_message\",\"message\":@}"),
    ];
    for value in values {
        for (kind, fields) in claude {
            let line = format!("{{\"type\":\"{kind}\",{},\"sessionId\":\"s\"}}", fields.replace('@', value));
            let session = told(format!("{ASK}\n{line}\n{ASK}\n"));
            assert_eq!((session.host, task(&session)), (Some(&CLAUDE_CODE), Some("fix it")), "{line}");
            assert_eq!(session.coverage.unreadable, 0, "{line}");
        }
        let ask = r#"{"type":"event_msg","payload":{"type":"user_message","message":"fix it"}}"#;
        for (kind, payload) in codex {
            let line = format!("{{\"type\":\"{kind}\",\"payload\":{}}}", payload.replace('@', value));
            let session = told(format!("{ask}\n{line}\n{ask}\n"));
            assert_eq!((session.host, task(&session)), (Some(&CODEX), Some("fix it")), "{line}");
        }
    }
}

#[test]
fn a_line_of_any_length_is_shortened_and_counted() {
    let long = "x".repeat(5 << 20);
    let result = format!(
        r#"{{"message":{{"content":[{{"type":"tool_result","tool_use_id":"1","content":"{long}","is_error":true}}]}},"type":"user","sessionId":"s"}}"#
    );
    let run = r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"1","name":"Bash","input":{"command":"make"}}]},"sessionId":"s"}"#;
    let session = told(format!("{ASK}\n{run}\n{result}\n"));
    assert_eq!((session.coverage.shortened, session.coverage.lost, session.coverage.unreadable), (1, 0, 0));
    assert!(!session.coverage.is_whole());
    assert_eq!(session.commands[0].outcome, handoff_transcript::Outcome::Failed);
    // Nothing can be cut out of brackets.
    let session = told(format!("{ASK}\n{}\n{ASK}\n", "[".repeat(5 << 20)));
    assert_eq!((session.coverage.lost, session.turns), (1, 2));
}

#[test]
fn a_copy_has_the_newest_and_says_that_something_is_missing() {
    let keep = |text: &str| text.to_owned();
    let lines: String = (0..2000)
        .map(|n| {
            format!(
                r#"{{"type":"user","message":{{"content":"request {n} {}"}},"sessionId":"s"}}"#,
                "x".repeat(1000)
            ) + "\n"
        })
        .collect();
    let copy = cut_down_from(&mut Cursor::new(&lines), &keep).unwrap();
    assert!(!copy.whole && copy.lines.len() <= CUT_DOWN_LIMIT && copy.lines.len() > CUT_DOWN_LIMIT - 2000);
    assert!(copy.lines.starts_with("{\"from\":\"claude-code\",\"session\":\"s\",\"whole\":false}\n"));
    assert!(copy.lines.lines().last().unwrap().contains("request 1999 "));
    let redacted = cut_down_from(&mut Cursor::new(&lines), &|_| "gone".to_owned()).unwrap();
    assert!(redacted.whole && redacted.lines.lines().count() == 2001 && !redacted.lines.contains("request"));
}

/// Lines of both agents, of what is nearly one, and of none.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let recorded: Vec<Vec<u8>> =
        WORK.iter().flat_map(|whole| whole.lines()).map(|line| line.as_bytes().to_vec()).collect();
    let recorded = prop::sample::select(recorded);
    let damaged =
        (recorded.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut line, at, byte)| {
            let at = at.index(line.len());
            line[at] = byte;
            line
        });
    let cut = (recorded.clone(), any::<prop::sample::Index>())
        .prop_map(|(line, at)| line[..at.index(line.len())].to_vec());
    prop_oneof![4 => recorded, 4 => damaged, 2 => cut, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn any_lines_tell_something_or_nothing(lines in prop::collection::vec(line(), 0..40)) {
        let transcript = lines.join(&b'\n');
        let session = told(&transcript);
        prop_assert!(session.coverage.unreadable + session.coverage.lost <= session.coverage.lines);
        prop_assert_eq!(session.coverage.read, transcript.len() as u64);
    }
}
