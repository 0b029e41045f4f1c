//! The Messages API, as Claude Code speaks it.

use serde_json::{Value, json};

use super::http::Response;
use super::step::{Call, Step};
use super::{Role, Text};

const MESSAGES: &str = "/v1/messages";

/// A turn carries tools; titles and the like carry none.
pub(super) fn is_main(method: &str, path: &str, body: &Value) -> bool {
    let tools = body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    method == "POST" && without_query(path) == MESSAGES && tools
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

pub(super) fn texts(body: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    collect(&body["system"], Role::System, &mut texts);
    for message in body["messages"].as_array().into_iter().flatten() {
        let role = match message["role"].as_str() {
            Some("system") => Role::System,
            Some("assistant") => Role::Assistant,
            _ => Role::User,
        };
        collect(&message["content"], role, &mut texts);
    }
    texts
}

/// The texts of a content: a string, or blocks.
fn collect(content: &Value, role: Role, texts: &mut Vec<Text>) {
    if let Some(text) = content.as_str() {
        texts.push(Text { role, text: text.to_owned() });
    }
    for block in content.as_array().into_iter().flatten() {
        match block["type"].as_str() {
            Some("text") => collect(&block["text"], role, texts),
            Some("tool_result") => collect(&block["content"], Role::Tool, texts),
            _ => {}
        }
    }
}

pub(super) fn answer(method: &str, path: &str, body: &Value, step: &Step, number: usize) -> Response {
    let tokens = body.to_string().len() / 4;
    match (method, without_query(path)) {
        ("POST", "/v1/messages/count_tokens") => Response::json(200, &json!({ "input_tokens": tokens })),
        ("POST", MESSAGES) => message(body, step, number, tokens),
        _ => Response::json(404, &error("not_found_error", "mock")),
    }
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "type": "error", "error": { "type": kind, "message": message } })
}

fn message(body: &Value, step: &Step, number: usize, tokens: usize) -> Response {
    if let Some(refusal) = &step.refusal {
        return Response::json(refusal.status, &error(&refusal.kind, &refusal.message));
    }
    let mut content = Vec::new();
    if !step.text.is_empty() {
        content.push(json!({ "type": "text", "text": step.text }));
    }
    for (index, call) in step.calls.iter().enumerate() {
        let (name, input) = match call {
            Call::Tool { name, input } | Call::Ending { end: name, input } => (name.as_str(), input.clone()),
            Call::Shell(line) => ("Bash", json!({ "command": line, "description": "Runs it" })),
        };
        let id = format!("toolu_mock_{number}_{index}");
        content.push(json!({ "type": "tool_use", "id": id, "name": name, "input": input }));
    }
    let reason = if step.calls.is_empty() { "end_turn" } else { "tool_use" };
    let usage = json!({
        "input_tokens": tokens, "output_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    });
    let mut message = json!({
        "id": format!("msg_mock_{number}"), "type": "message", "role": "assistant", "model": body["model"],
        "content": content, "stop_reason": reason, "stop_sequence": null, "usage": usage,
    });
    if body["stream"] != true {
        return Response::json(200, &message);
    }
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    let mut events = vec![json!({ "type": "message_start", "message": message })];
    let middle = events.len() + 2;
    for (index, block) in content.iter().enumerate() {
        let (start, deltas) = if let Some(text) = block["text"].as_str() {
            let (one, two) = text.split_at(text.len() / 2);
            let deltas = [one, two].map(|half| json!({ "type": "text_delta", "text": half }));
            (json!({ "type": "text", "text": "" }), deltas.to_vec())
        } else {
            let mut start = block.clone();
            start["input"] = json!({});
            let input = json!({ "type": "input_json_delta", "partial_json": block["input"].to_string() });
            (start, vec![input])
        };
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        for delta in deltas {
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    let end = json!({ "stop_reason": reason, "stop_sequence": null });
    events.push(json!({ "type": "message_delta", "delta": end, "usage": { "output_tokens": 7 } }));
    events.push(json!({ "type": "message_stop" }));
    let response = Response::events(&events);
    if step.is_held { response.held_before(middle) } else { response }
}
