//! The other hosts.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Desk, TITLE, line, message, titles};

/// A payload of a host, with these fields beside those that all have.
fn payload(dir: &Path, session: &str, fields: &Value) -> String {
    let mut payload =
        json!({ "hook_event_name": "SessionStart", "session_id": session, "cwd": dir, "source": "startup" });
    for (key, value) in fields.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload.to_string()
}

fn codex(desk: &Desk, session: &str, rollout: Option<&Path>) -> String {
    let fields =
        json!({ "transcript_path": rollout, "model": "gpt-5.1", "permission_mode": "bypassPermissions" });
    payload(&desk.repo, session, &fields)
}

/// A rollout, and its lines so far.
fn rollout(desk: &Desk, trigger: &str) -> PathBuf {
    let dir = desk.world.home().join(".codex/sessions/2026/11/29");
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("rollout-2026-11-29T20-30-33-s.jsonl");
    let context = json!({ "type": "turn_context", "payload": { "turn_trigger": trigger } });
    std::fs::write(&path, format!("{}\n{context}\n", json!({ "type": "session_meta", "payload": {} })))
        .unwrap();
    path
}

fn append(path: &Path, lines: &[Value]) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    lines.iter().for_each(|line| writeln!(file, "{line}").unwrap());
}

fn developer(text: &str) -> Value {
    let content = json!([{ "type": "input_text", "text": text }]);
    json!({ "type": "response_item", "payload": { "type": "message", "role": "developer", "content": content } })
}

fn answer(text: &str) -> Value {
    let content = json!([{ "type": "output_text", "text": text }]);
    json!({ "type": "response_item", "payload": { "type": "message", "role": "assistant", "content": content } })
}

#[test]
fn codex_is_offered_it_and_has_it_once_it_answered() {
    let desk = Desk::new();
    let rollout = rollout(&desk, "user");
    let ran = desk.world.run("session-start", &desk.repo, &[], codex(&desk, "s-1", Some(&rollout)));
    assert_eq!(titles(&ran), [TITLE]);
    append(&rollout, &[developer(&crate::support::context_of(&ran).0)]);
    assert_eq!(desk.counts(), (1, 0));
    append(&rollout, &[answer(&message(&ran).loaded)]);
    desk.is_delivered("s-1");
    assert_eq!(desk.archived_field("acknowledged").as_deref(), Some("true"));
}

#[test]
fn an_answer_of_codex_to_which_the_text_did_not_come_delivers_nothing() {
    let desk = Desk::new();
    let rollout = rollout(&desk, "user");
    desk.world.run("session-start", &desk.repo, &[], codex(&desk, "s-1", Some(&rollout)));
    append(&rollout, &[answer("Hello.")]);
    desk.waits_again("s-1");
}

#[test]
fn codex_exec_is_told_in_a_line() {
    let desk = Desk::new();
    let rollout = rollout(&desk, "exec");
    let said = line(&desk.world.run("session-start", &desk.repo, &[], codex(&desk, "s-1", Some(&rollout))));
    assert!(said.starts_with("agent-handoff: 1 handoff waits here: "), "{said}");
    // Only `codex exec --ephemeral` keeps no rollout.
    line(&desk.world.run("session-start", &desk.repo, &[], codex(&desk, "s-2", None)));
    assert!(!desk.world.inbox(&desk.repo).join("offers").exists());
    // A person goes on with the session that exec began: the newest turn tells.
    append(&rollout, &[json!({ "type": "turn_context", "payload": { "turn_trigger": "user" } })]);
    let ran = desk.world.run("session-start", &desk.repo, &[], codex(&desk, "s-1", Some(&rollout)));
    assert_eq!(titles(&ran), [TITLE]);
}

#[test]
fn where_the_rollout_of_codex_cannot_be_read_the_handoff_counts_as_given() {
    let desk = Desk::new();
    let rollout = rollout(&desk, "user");
    let ran = desk.world.run("session-start", &desk.repo, &[], codex(&desk, "s-1", Some(&rollout)));
    assert_eq!(titles(&ran), [TITLE]);
    std::fs::write(&rollout, "of another form\n".repeat(1_000)).unwrap();
    desk.is_delivered("s-1");
}

#[test]
fn hosts_that_drop_what_a_hook_prints_are_given_nothing_and_nothing_changes() {
    let desk = Desk::new();
    for fields in [
        json!({ "source": "new" }),
        json!({ "timestamp": "t", "permission_mode": "default", "transcript_path": "/t" }),
        json!({ "timestamp": "t", "transcript_path": "/t", "source": "clear" }),
        json!({ "permission_mode": "default" }),
        json!({ "hook_event_name": "sessionStart" }),
        json!({ "hook_event_name": null }),
    ] {
        let payload = payload(&desk.repo, "s-1", &fields);
        desk.world.run("session-start", &desk.repo, &[], &payload).is_silent();
        desk.world.run("session-start", &desk.repo, &["--format", "claude"], &payload).is_silent();
    }
    assert!(!desk.world.inbox(&desk.repo).join("offers").exists());
    assert_eq!(titles(&desk.start("s-2").1), [TITLE]);
}

#[test]
fn gemini_and_droid_are_offered_it_and_have_it_once_they_answered() {
    let gemini = json!({ "timestamp": "2026-11-29T20:30:33Z" });
    let droid = json!({ "permission_mode": "off", "CLAUDE_ENV_FILE": "/e" });
    let user = |text: &str| json!({ "type": "user", "content": text, "message": { "role": "user", "content": text } });
    let gemini_answer = json!({ "type": "gemini", "content": "Loaded." });
    let content = json!([{ "type": "text", "text": "Loaded." }]);
    let droid_answer = json!({ "type": "message", "message": { "role": "assistant", "content": content } });
    for (fields, answer, stamp) in [(gemini, gemini_answer, "gemini-cli"), (droid, droid_answer, "droid")] {
        let desk = Desk::new();
        let transcript = desk.world.path("session.jsonl");
        std::fs::write(&transcript, "").unwrap();
        let mut fields = fields;
        fields["transcript_path"] = json!(transcript);
        let ran = desk.world.run("session-start", &desk.repo, &[], payload(&desk.repo, "s-1", &fields));
        assert_eq!(titles(&ran), [TITLE], "{stamp}");
        assert!(std::fs::read_to_string(desk.record()).unwrap().contains(stamp));
        append(&transcript, &[user(&crate::support::context_of(&ran).0)]);
        assert_eq!(desk.counts(), (1, 0), "{stamp}");
        append(&transcript, &[answer]);
        desk.is_delivered("s-1");
    }
}

#[test]
fn copilot_has_it_once_the_events_of_its_session_show_an_answer() {
    let desk = Desk::new();
    let events = desk.world.dir(desk.world.home().join(".copilot/session-state/s-1")).join("events.jsonl");
    std::fs::write(&events, format!("{}\n", json!({ "type": "session.start", "data": {} }))).unwrap();
    let payload = json!({ "sessionId": "s-1", "timestamp": 1, "cwd": desk.repo, "source": "new" });
    let ran = desk.world.run("session-start", &desk.repo, &[], payload.to_string());
    let output: Value = serde_json::from_slice(&ran.out).unwrap();
    let hook = json!({ "hookType": "sessionStart", "success": true, "output": output });
    append(&events, &[json!({ "type": "hook.end", "data": hook })]);
    let said = |text: &str, call: Option<&str>| {
        let data = json!({ "content": text, "toolRequests": [], "parentToolCallId": call });
        let data = data.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null());
        json!({ "type": "assistant.message", "data": serde_json::Map::from_iter(data) })
    };
    // A subagent, and one that says nothing.
    append(&events, &[said("Found.", Some("call-1")), said("", None)]);
    assert_eq!(desk.counts(), (1, 0));
    append(&events, &[said("Loaded.", None)]);
    desk.is_delivered("s-1");
}

/// What was given with a turn that failed is not sent with the next one.
#[test]
fn what_copilot_forgets_with_an_error_waits_again() {
    let desk = Desk::new();
    let events = desk.world.dir(desk.world.home().join(".copilot/session-state/s-1")).join("events.jsonl");
    std::fs::write(&events, "").unwrap();
    let payload = json!({ "sessionId": "s-1", "timestamp": 1, "cwd": desk.repo, "source": "new" });
    let ran = desk.world.run("session-start", &desk.repo, &[], payload.to_string());
    let output: Value = serde_json::from_slice(&ran.out).unwrap();
    append(&events, &[json!({ "type": "hook.end", "data": { "output": output } })]);
    append(&events, &[json!({ "type": "session.error", "data": { "message": "400" } })]);
    append(&events, &[json!({ "type": "assistant.message", "data": { "content": "Hello." } })]);
    desk.waits_again("s-1");
}

#[test]
fn what_gemini_forgets_with_an_error_is_given_to_the_session_again_and_what_came_later_is_not() {
    let desk = Desk::new();
    let chat = desk.world.path("chat.jsonl");
    std::fs::write(&chat, "").unwrap();
    let fields = json!({ "hook_event_name": "BeforeAgent", "timestamp": "t", "prompt": "go", "transcript_path": chat });
    let prompt = || desk.world.run("session-start", &desk.repo, &[], payload(&desk.repo, "s-1", &fields));
    let user = |ran: &tests::Ran| {
        let context = crate::support::context_for(ran, "BeforeAgent").0;
        json!({ "type": "user", "content": [{ "text": "go" }, { "text": context }] })
    };
    let ran = prompt();
    append(&chat, &[user(&ran), json!({ "type": "error", "content": "400" })]);
    append(&chat, &[json!({ "type": "user", "content": [{ "text": "hello" }] })]);
    append(&chat, &[json!({ "type": "gemini", "content": "Hello." })]);
    desk.world.write(&desk.repo, &["--name", "Later"], tests::BODY);
    let ran = prompt();
    let given = crate::support::context_for(&ran, "BeforeAgent").0;
    assert_eq!(crate::support::Message::of(&given).titles(), [TITLE]);
    append(&chat, &[user(&ran), json!({ "type": "gemini", "content": "Loaded." })]);
    prompt().is_silent();
    assert_eq!(desk.counts(), (1, 1));
}

#[test]
fn an_id_of_copilot_that_is_a_path_names_no_transcript() {
    let desk = Desk::new();
    let payload = json!({ "sessionId": "../../s-1", "timestamp": 1, "cwd": desk.repo, "source": "new" });
    let ran = desk.world.run("session-start", &desk.repo, &[], payload.to_string());
    assert!(ran.out().contains("1 UNTRUSTED handoff"));
    assert!(!std::fs::read_to_string(desk.record()).unwrap().contains("events.jsonl"));
}

#[test]
fn qwen_has_it_once_it_answered() {
    let desk = Desk::new();
    let chat = desk.world.path("chat.jsonl");
    let fields = json!({
        "hook_event_name": "UserPromptSubmit", "timestamp": "t", "permission_mode": "default", "prompt": "go",
        "transcript_path": chat,
    });
    let ran = desk.world.run("session-start", &desk.repo, &[], payload(&desk.repo, "s-1", &fields));
    let context = crate::support::context_for(&ran, "UserPromptSubmit").0;
    let user = json!({ "role": "user", "parts": [{ "text": "go" }, { "text": context }] });
    std::fs::write(&chat, format!("{}\n", json!({ "type": "user", "message": user }))).unwrap();
    let model = |part: Value| json!({ "type": "assistant", "message": { "role": "model", "parts": [part] } });
    append(&chat, &[model(json!({ "text": "I wonder.", "thought": true })), model(json!({ "text": " " }))]);
    assert_eq!(desk.counts(), (1, 0));
    append(&chat, &[model(json!({ "functionCall": { "name": "run_shell_command" } }))]);
    desk.is_delivered("s-1");
}

#[test]
fn opencode_sends_what_its_plugin_puts_into_a_message_so_that_counts_as_delivered() {
    let desk = Desk::new();
    let payload = json!({ "hook_event_name": "chat.message", "session_id": "ses_1", "cwd": desk.repo });
    let ran = desk.world.run("session-start", &desk.repo, &[], payload.to_string());
    assert_eq!(crate::support::Message::of(ran.out()).titles(), [TITLE]);
    desk.is_delivered("ses_1");
}

#[test]
fn at_a_shell_it_is_shown_three_times_and_then_named() {
    let desk = Desk::new();
    for number in 0..5 {
        let text = desk.world.surface(&desk.repo);
        if number < 3 {
            let message = crate::support::Message::of(&text);
            let before = super::before(message.only());
            assert_eq!(before.as_deref(), (number > 0).then_some("unknown"), "{text}");
        } else {
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(
                text.contains("1 handoff was offered 3 times with no sign that it was read: \"Auth"),
                "{text}"
            );
        }
        assert_eq!(desk.counts(), (1, 0));
    }
    // One that asks is given it.
    assert!(desk.world.take(&desk.repo).contains("1 UNTRUSTED handoff"));
    assert_eq!(desk.world.surface(&desk.repo), "");
}
