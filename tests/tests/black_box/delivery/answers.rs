//! What is an answer of the model and what is not, as Claude Code writes it.

use serde_json::{Value, json};

use super::Desk;

/// The content of an entry, and its further fields, that is written as an assistant's and is no answer.
fn no_answers() -> Vec<(&'static str, Value, Value)> {
    let text = |words: &str| json!([{ "type": "text", "text": words }]);
    let error = "API Error: 529 Overloaded. This is a server-side issue.";
    let synthetic = json!({ "role": "assistant", "model": "<synthetic>", "content": text(error) });
    vec![
        ("an error of the API", text(error), json!({ "isApiErrorMessage": true, "message": synthetic })),
        ("an error that only its flag tells", text(error), json!({ "isApiErrorMessage": true })),
        ("an error that only its model tells", text(error), json!({ "message": synthetic })),
        (
            "a usage limit",
            text("You've hit your limit · resets 10:45pm (UTC)"),
            json!({ "isApiErrorMessage": true, "error": "rate_limit", "apiErrorStatus": 429 }),
        ),
        ("an interruption", text("mock answer n1 to "), json!({ "isAbortedMidStream": true })),
        ("a subagent's answer", text("Done."), json!({ "isSidechain": true })),
        ("thinking", json!([{ "type": "thinking", "thinking": "hm", "signature": "s" }]), json!({})),
        ("an empty text", text(""), json!({})),
        ("white space", text(" \n\t"), json!({})),
        ("nothing", json!([]), json!({})),
    ]
}

#[test]
fn what_is_no_answer_of_the_model_delivers_nothing() {
    for (what, content, more) in no_answers() {
        let desk = Desk::new();
        let mut claude = desk.given("s-1");
        claude.prompt("go");
        claude.says(&content, &more);
        assert_eq!(desk.counts(), (1, 0), "{what}");
        claude.kill();
        desk.waits_again("s-1");
    }
}

#[test]
fn an_answer_after_what_was_none_delivers() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    for (_, content, more) in no_answers() {
        claude.prompt("go");
        claude.says(&content, &more);
    }
    assert_eq!(desk.counts(), (1, 0));
    claude.speak("Loaded.");
    desk.is_delivered("s-1");
}

#[test]
fn what_a_person_or_a_tool_says_is_no_answer() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    claude.prompt("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}");
    for role in ["user", "system", "assistant"] {
        let content = json!([{ "type": "tool_result", "tool_use_id": "t", "content": "\"assistant\"" }]);
        claude.writes(&json!({ "type": "user", "message": { "role": role, "content": content } }));
    }
    claude.writes(&json!({ "type": "summary", "summary": "assistant", "leafUuid": "x" }));
    claude.writes(&json!({ "type": "system", "subtype": "assistant", "content": "assistant" }));
    claude.kill();
    desk.waits_again("s-1");
}

#[test]
fn an_answer_before_the_frame_is_none_after_it() {
    let desk = Desk::empty();
    let (mut claude, ran) = desk.start("s-1");
    ran.is_silent();
    claude.speak("Hello.");
    desk.world.write(&desk.repo, &["--topic", "auth"], tests::BODY);
    let mut claude = claude;
    claude.start("resume");
    claude.kill();
    desk.waits_again("s-1");
}

#[test]
fn an_answer_where_the_frame_did_not_arrive_delivers_nothing() {
    let desk = Desk::new();
    let mut claude = desk.given("s-1");
    // The host dropped what the hook printed.
    claude.drops();
    claude.speak("Hello.");
    claude.kill();
    desk.waits_again("s-1");
}
