//! Shapes that a mock model does not provoke, and those of other versions, written by hand.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Cursor;

use handoff_agents::CODEX;
use handoff_stream::ReasonKind;
use handoff_transcript::{COMMANDS, Outcome, Session, Status, TEXT_LIMIT, cut_down_from, read_from};
use serde_json::{Value, json};

fn told(lines: &[Value]) -> Session {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let session = read_from(&mut Cursor::new(text)).unwrap();
    assert_eq!((session.coverage.unreadable, session.coverage.lines), (0, lines.len() as u64));
    session
}

fn task(lines: &[Value]) -> Option<String> {
    told(lines).task.map(|task| task.text)
}

fn user(content: impl Into<Value>) -> Value {
    json!({ "type": "user", "message": { "role": "user", "content": content.into() }, "sessionId": "s" })
}

fn marked(content: &str, mark: &str) -> Value {
    let mut line = user(content);
    line[mark] = json!(true);
    line
}

fn said(text: &str) -> Value {
    let content = json!([{ "type": "text", "text": text }]);
    json!({ "type": "assistant", "message": { "model": "m", "content": content }, "sessionId": "s" })
}

fn tool(id: &str, name: &str, input: Value) -> Value {
    let content = json!([{ "type": "tool_use", "id": id, "name": name, "input": input }]);
    json!({ "type": "assistant", "message": { "content": content }, "sessionId": "s" })
}

fn result(id: &str, is_error: bool, text: &str) -> Value {
    user(json!([{ "type": "tool_result", "tool_use_id": id, "is_error": is_error, "content": text }]))
}

fn item(payload: Value) -> Value {
    json!({ "timestamp": "t", "type": "response_item", "payload": payload })
}

fn event(payload: Value) -> Value {
    json!({ "timestamp": "t", "type": "event_msg", "payload": payload })
}

fn message(role: &str, text: &str) -> Value {
    let kind = if role == "user" { "input_text" } else { "output_text" };
    json!({ "type": "message", "role": role, "content": [{ "type": kind, "text": text }] })
}

#[test]
fn what_no_person_said_is_no_request() {
    let lines = [
        user("first"),
        said("answer"),
        user("the task"),
        marked("a reminder", "isMeta"),
        marked("a summary", "isCompactSummary"),
        marked("shown only", "isVisibleInTranscriptOnly"),
        marked("a subagent's prompt", "isSidechain"),
        user("<task-notification>\n<task-id>1</task-id>\n</task-notification>"),
        user("<bash-input>ls</bash-input>"),
        user("<bash-stdout>x</bash-stdout><bash-stderr></bash-stderr>"),
        user(json!([{ "type": "text", "text": "<system-reminder>x</system-reminder>" }])),
        user("<command-name>/model</command-name><command-args></command-args>"),
        user("<local-command-stdout>Set model to x</local-command-stdout>"),
        result("1", false, "the result of a tool"),
        json!({ "type": "system", "subtype": "local_command", "content": "<command-name>/cost</command-name>", "sessionId": "s" }),
        json!({ "type": "summary", "summary": "A title", "leafUuid": "u" }),
    ];
    let session = told(&lines);
    assert_eq!(session.task.unwrap().text, "the task");
    assert_eq!(session.first_task.unwrap().text, "first");
    assert_eq!(session.turns, 2);
    assert_eq!(session.last_answer.unwrap().text, "answer");
}

#[test]
fn a_request_may_have_several_blocks_or_come_while_the_agent_works() {
    let blocks = json!([
        { "type": "text", "text": "<ide_opened_file>The user opened x</ide_opened_file>" },
        { "type": "image", "source": { "type": "base64", "data": "AAAA" } },
        { "type": "text", "text": "look at this" },
        { "type": "text", "text": "and that" },
    ]);
    assert_eq!(task(&[user(blocks)]).unwrap(), "look at this\nand that");
    let queued = |mode: &str, prompt: Value| json!({ "type": "attachment", "sessionId": "s", "attachment": { "type": "queued_command", "prompt": prompt, "commandMode": mode } });
    assert_eq!(task(&[user("a"), queued("prompt", json!("b"))]).unwrap(), "b");
    assert_eq!(task(&[user("a"), queued("prompt", json!([{ "type": "text", "text": "c" }]))]).unwrap(), "c");
    assert_eq!(task(&[user("a"), queued("task-notification", json!("d"))]).unwrap(), "a");
    let queue = |operation: &str| json!({ "type": "queue-operation", "operation": operation, "content": "later", "sessionId": "s" });
    assert_eq!(task(&[user("a"), queue("enqueue"), said("x")]).unwrap(), "later");
    assert_eq!(task(&[user("a"), queue("enqueue"), queue("remove"), said("x")]).unwrap(), "a");
}

#[test]
fn a_slash_command_without_an_answer_yet_is_a_request() {
    let command = "<command-message>review</command-message><command-name>/review</command-name>";
    assert_eq!(task(&[user("a"), user(command)]).unwrap(), "/review");
    let hint = json!({ "type": "last-prompt", "lastPrompt": "only noted", "sessionId": "s" });
    assert_eq!(task(std::slice::from_ref(&hint)).unwrap(), "only noted");
    assert_eq!(task(&[user("the whole prompt"), hint]).unwrap(), "the whole prompt");
}

#[test]
fn an_error_ended_it_only_when_nothing_came_after() {
    let limit = json!({
        "type": "assistant", "isApiErrorMessage": true, "sessionId": "s", "error": "rate_limit",
        "message": { "model": "<synthetic>", "content": [{ "type": "text", "text": "You've hit your limit · resets 2am" }] },
    });
    let attempt = json!({ "type": "system", "subtype": "api_error", "sessionId": "s", "error": { "status": 529, "message": "529 overloaded" } });
    let session = told(&[user("a"), said("b"), limit.clone()]);
    let failure = session.failure.unwrap();
    assert_eq!(failure.reason.kind, ReasonKind::UsageLimit);
    assert_eq!(failure.reason.text.as_str(), "You've hit your limit · resets 2am");
    assert_eq!(session.last_answer.unwrap().text, "b");
    assert_eq!(told(&[user("a"), limit.clone(), said("b")]).failure, None);
    assert_eq!(told(&[user("a"), limit.clone(), user("b")]).failure, None);
    let failure = told(&[user("a"), attempt]).failure.unwrap();
    assert_eq!((failure.reason.kind, failure.status), (ReasonKind::Service, Some(529)));
    let stopped = user(json!([{ "type": "text", "text": "[Request interrupted by user for tool use]" }]));
    assert!(told(&[user("a"), stopped.clone()]).interrupted);
    assert!(!told(&[user("a"), stopped, user("b")]).interrupted);
}

#[test]
fn files_are_told_once_in_the_order_of_their_last_touch() {
    let path = |path: &str| json!({ "file_path": path });
    let session = told(&[
        tool("1", "Write", path("/r/a")),
        tool("2", "Edit", path("/r/b")),
        tool("3", "MultiEdit", path("/r/a")),
        tool("4", "NotebookEdit", json!({ "notebook_path": "/r/n.ipynb" })),
        tool("5", "Edit", path("/r/failed")),
        tool("6", "Read", path("/r/read")),
        result("1", false, "ok"),
        result("2", false, "ok"),
        result("5", true, "<tool_use_error>no</tool_use_error>"),
        result("3", false, "ok"),
        result("6", false, "text"),
        // The transcript ends before this comes back: it may have been done.
        tool("7", "Write", path("/r/last")),
    ]);
    let files: Vec<_> = session.files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(files, ["/r/b", "/r/a", "/r/n.ipynb", "/r/last"]);
}

#[test]
fn the_last_plan_counts() {
    let plan = |status: &str| json!({ "todos": [{ "content": "x", "status": status, "activeForm": "doing x" }, { "content": "y", "status": 3 }] });
    let session = told(&[
        tool("1", "TodoWrite", plan("pending")),
        result("1", false, "ok"),
        tool("2", "TodoWrite", plan("completed")),
        result("2", false, "ok"),
        tool("3", "TodoWrite", json!({ "todos": [] })),
        result("3", true, "refused"),
    ]);
    let todos: Vec<_> = session.todos.iter().map(|todo| (todo.text.text.as_str(), todo.status)).collect();
    assert_eq!(todos, [("x", Status::Completed), ("y", Status::Pending)]);
    let session = told(&[
        tool("1", "TaskCreate", json!({ "subject": "x" })),
        tool("2", "TaskCreate", json!({ "subject": "y" })),
        result("2", false, "Task #8 created successfully: y"),
        result("1", false, "Task #7 created successfully: x"),
        tool("3", "TaskUpdate", json!({ "taskId": 7, "status": "in_progress", "subject": "x2" })),
        result("3", false, "ok"),
        tool("4", "TaskUpdate", json!({ "taskId": "8", "status": "deleted" })),
        result("4", false, "ok"),
    ]);
    let todos: Vec<_> = session.todos.iter().map(|todo| (todo.text.text.as_str(), todo.status)).collect();
    assert_eq!(todos, [("x2", Status::InProgress)]);
}

#[test]
fn the_last_commands_are_kept_and_all_are_counted() {
    let lines: Vec<_> = (0..50)
        .flat_map(|n| {
            let id = n.to_string();
            let call = tool(&id, "Bash", json!({ "command": format!("\n  run {n}\nmore") }));
            [call, result(&id, n % 2 == 1, "Exit code 7\n")]
        })
        .collect();
    let session = told(&lines);
    assert_eq!((session.commands.len(), session.commands_run), (COMMANDS, 50));
    assert_eq!((session.commands[0].line.text.as_str(), session.commands[0].line.cut), ("run 30", true));
    assert_eq!(session.commands[0].outcome, Outcome::Exit(0));
    assert_eq!(session.commands[19].outcome, Outcome::Exit(7));
}

#[test]
fn the_first_rollouts_of_codex_have_bare_items() {
    let session = told(&[
        json!({ "id": "old", "timestamp": "t", "instructions": "be brief", "git": { "branch": "dev" } }),
        json!({ "record_type": "state" }),
        message("user", "<user_instructions>\nbe brief\n</user_instructions>"),
        message("user", "<environment_context>\n  <cwd>/r</cwd>\n</environment_context>"),
        message("user", "fix it"),
        json!({ "type": "reasoning", "summary": [] }),
        json!({ "type": "function_call", "name": "shell", "call_id": "1", "arguments": "{\"command\":[\"bash\",\"-lc\",\"cargo test\"]}" }),
        json!({ "type": "function_call_output", "call_id": "1", "output": "{\"output\":\"x\",\"metadata\":{\"exit_code\":101,\"duration_seconds\":1.0}}" }),
        json!({ "type": "local_shell_call", "call_id": "2", "status": "completed", "action": { "type": "exec", "command": ["ls", "-l"] } }),
        json!({ "type": "function_call_output", "call_id": "2", "output": { "content": "x", "success": true } }),
        json!({ "type": "function_call", "name": "shell", "call_id": "3", "arguments": "{\"command\":[\"apply_patch\",\"*** Begin Patch\\n*** Update File: src/a.rs\\n*** End Patch\"]}" }),
        json!({ "type": "function_call_output", "call_id": "3", "output": "{\"output\":\"Success.\",\"metadata\":{\"exit_code\":0}}" }),
        json!({ "type": "function_call", "name": "update_plan", "call_id": "4", "arguments": "{\"plan\":[{\"step\":\"x\",\"status\":\"in_progress\"}]}" }),
        json!({ "type": "function_call_output", "call_id": "4", "output": "Plan updated" }),
        message("assistant", "done"),
    ]);
    assert_eq!(session.host, Some(&CODEX));
    assert_eq!(session.session_id.unwrap().text, "old");
    assert_eq!(session.branch.unwrap().text, "dev");
    assert_eq!(session.cwd.unwrap().text, "/r");
    assert_eq!((session.task.unwrap().text.as_str(), session.turns), ("fix it", 1));
    assert_eq!(session.first_task, None);
    assert_eq!(session.files[0].text, "/r/src/a.rs");
    let commands: Vec<_> = session.commands.iter().map(|c| (c.line.text.as_str(), c.outcome)).collect();
    assert_eq!(commands, [("cargo test", Outcome::Exit(101)), ("ls -l", Outcome::Exit(0))]);
    assert_eq!((session.todos[0].text.text.as_str(), session.todos[0].status), ("x", Status::InProgress));
    assert_eq!(session.last_answer.unwrap().text, "done");
}

#[test]
fn codex_tells_by_events_what_a_person_saw() {
    let session = told(&[
        json!({ "timestamp": "t", "type": "session_meta", "payload": { "id": "own", "cwd": "/r" } }),
        json!({ "timestamp": "t", "type": "session_meta", "payload": { "id": "parent", "cwd": "/other" } }),
        item(message("user", "<new_kind_of_context>\nx\n</new_kind_of_context>")),
        item(message("user", "fix it")),
        event(json!({ "type": "user_message", "message": "fix it", "images": [] })),
        event(json!({ "type": "agent_message", "message": "I begin." })),
        item(message("assistant", "I begin.")),
        item(
            json!({ "type": "function_call", "name": "exec_command", "call_id": "1", "arguments": "{\"cmd\":\"make\"}" }),
        ),
        event(
            json!({ "type": "exec_command_end", "call_id": "1", "command": ["/bin/zsh", "-lc", "make"], "exit_code": 2, "aggregated_output": "x" }),
        ),
        item(json!({ "type": "function_call_output", "call_id": "1", "output": "no code in here" })),
        // What a person ran, and what a call from within other code ran, has no call of its own.
        event(
            json!({ "type": "exec_command_end", "command": ["bash", "-c", "git status"], "exit_code": 0, "source": "user_shell" }),
        ),
        event(
            json!({ "type": "exec_command_end", "command": ["bash", "-c", "git diff"], "status": "declined" }),
        ),
        event(json!({ "type": "plan_update", "plan": [{ "step": "x", "status": "completed" }] })),
        event(
            json!({ "type": "patch_apply_end", "call_id": "9", "success": true, "changes": { "/r/a": { "update": {} }, "b": { "type": "update", "move_path": "/r/c" } } }),
        ),
        event(
            json!({ "type": "patch_apply_end", "call_id": "10", "success": false, "changes": { "/r/no": {} } }),
        ),
        event(json!({ "type": "agent_message", "message": "Done." })),
        item(message("assistant", "Done.")),
        item(message("assistant", "a summary that nobody saw")),
        json!({ "timestamp": "t", "type": "compacted", "payload": { "message": "a summary that nobody saw" } }),
    ]);
    assert_eq!(session.session_id.unwrap().text, "own");
    assert_eq!((session.task.unwrap().text.as_str(), session.turns, session.first_task), ("fix it", 1, None));
    let commands: Vec<_> = session.commands.iter().map(|c| (c.line.text.as_str(), c.outcome)).collect();
    let expected =
        [("make", Outcome::Exit(2)), ("git status", Outcome::Exit(0)), ("git diff", Outcome::Failed)];
    assert_eq!(commands, expected);
    let files: Vec<_> = session.files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(files, ["/r/a", "/r/b", "/r/c"]);
    assert_eq!(session.todos[0].status, Status::Completed);
    assert_eq!(session.last_answer.unwrap().text, "Done.");
}

#[test]
fn codex_fails_in_several_ways() {
    let begin = item(message("user", "fix it"));
    let error = |payload| told(&[begin.clone(), event(payload)]).failure;
    let limit = json!({ "type": "error", "message": "You've hit your usage limit.", "codex_error_info": "usage_limit_exceeded" });
    assert_eq!(error(limit).unwrap().reason.kind, ReasonKind::UsageLimit);
    let dropped = json!({ "type": "error", "message": "gone", "codex_error_info": { "response_stream_disconnected": { "http_status_code": 503 } } });
    let failure = error(dropped).unwrap();
    assert_eq!((failure.reason.kind, failure.status), (ReasonKind::Service, Some(503)));
    assert_eq!(failure.code.unwrap().text, "response_stream_disconnected");
    assert_eq!(error(json!({ "type": "stream_error", "message": "Reconnecting... 1/5" })), None);
    let aborted =
        |reason: &str| told(&[begin.clone(), event(json!({ "type": "turn_aborted", "reason": reason }))]);
    assert!(aborted("interrupted").interrupted);
    assert!(!aborted("replaced").interrupted);
    assert_eq!(aborted("budget_limited").failure.unwrap().reason.text.as_str(), "budget_limited");
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let long = "é".repeat(TEXT_LIMIT);
    let session = told(&[user(long.as_str()), said(&long)]);
    for text in [session.task.unwrap(), session.last_answer.unwrap()] {
        assert!(text.cut && text.text.len() == TEXT_LIMIT && long.starts_with(&text.text));
    }
    let short = told(&[user("a\u{1b}[31m\r\nb")]).task.unwrap();
    assert_eq!((short.text.as_str(), short.cut), ("a\u{1b}[31m\r\nb", false));
}

#[test]
fn the_copy_has_no_secret_no_thought_and_no_image() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let beyond = format!("{}{token}", "x ".repeat(190));
    let text: String = [
        user(format!("use {token}")),
        json!({ "type": "assistant", "sessionId": "s", "message": { "content": [{ "type": "thinking", "thinking": "secretly" }] } }),
        tool("1", "Bash", json!({ "command": format!("{beyond} end"), "description": "d" })),
        user(json!([{ "type": "tool_result", "tool_use_id": "1", "content": [
            { "type": "text", "text": "seen" }, { "type": "image", "source": { "data": "iVBORw0KGgo" } }, { "type": "text", "text": "twice" },
        ] }])),
        said("done"),
    ]
    .iter()
    .map(|line| format!("{line}\n"))
    .collect();
    let redact = |text: &str| handoff_secrets::redact(text, &handoff_secrets::scan(text));
    let copy = cut_down_from(&mut Cursor::new(text), &redact).unwrap();
    let lines: Vec<Value> = copy.lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(copy.whole);
    assert_eq!(lines[0], json!({ "from": "claude-code", "session": "s", "whole": true }));
    assert_eq!(lines[1]["text"], "use [REDACTED:github-token]");
    let input = lines[2]["input"].as_str().unwrap();
    // The token begins before the cut and ends behind it.
    assert!(input.len() <= 400 && input.ends_with('…') && !input.contains("ghp_"), "{input}");
    assert_eq!(lines[2]["output"], "seen\ntwice");
    assert_eq!(lines[3], json!({ "role": "assistant", "text": "done" }));
    assert_eq!(lines.len(), 4);
}
