//! The Responses API, as Codex speaks it.

use serde_json::{Value, json};

use super::http::Response;
use super::step::{Call, Step};
use super::{Role, Text};

/// What the interactive Codex asks for beside the session's turns.
const TITLE: &str = "Generate a concise, single-line task title";

pub(super) fn is_main(method: &str, path: &str, body: &Value) -> bool {
    method == "POST" && path.ends_with("/responses") && !body.to_string().contains(TITLE)
}

pub(super) fn texts(body: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    collect(&body["instructions"], Role::System, &mut texts);
    for item in body["input"].as_array().into_iter().flatten() {
        let role = match item["role"].as_str() {
            Some("system" | "developer") => Role::System,
            Some("assistant") => Role::Assistant,
            _ => Role::User,
        };
        match item["type"].as_str() {
            Some("message") => collect(&item["content"], role, &mut texts),
            Some("function_call_output" | "custom_tool_call_output") => {
                collect(&item["output"], Role::Tool, &mut texts);
            }
            _ => {}
        }
    }
    texts
}

/// The texts of a content: a string, or parts.
fn collect(content: &Value, role: Role, texts: &mut Vec<Text>) {
    if let Some(text) = content.as_str() {
        texts.push(Text { role, text: text.to_owned() });
    }
    for part in content.as_array().into_iter().flatten() {
        collect(&part["text"], role, texts);
    }
}

pub(super) fn answer(method: &str, path: &str, body: &Value, step: &Step, number: usize) -> Response {
    if method != "POST" || !path.ends_with("/responses") {
        return Response::json(404, &error("not_found", "mock"));
    }
    if let Some(refusal) = &step.refusal {
        return Response::json(refusal.status, &error(&refusal.kind, &refusal.message));
    }
    let mut items = Vec::new();
    if !step.text.is_empty() {
        items.push(json!({
            "type": "message", "role": "assistant", "id": format!("msg_mock_{number}"), "status": "completed",
            "content": [{ "type": "output_text", "text": step.text, "annotations": [] }],
        }));
    }
    for (index, call) in step.calls.iter().enumerate() {
        let id = format!("call_mock_{number}_{index}");
        items.push(match call {
            Call::Shell(line) => {
                function(&id, "exec_command", &json!({ "cmd": line, "yield_time_ms": 30_000 }))
            }
            Call::Tool { name, input: Value::String(source) } => json!({
                "type": "custom_tool_call", "id": format!("ctc_{id}"), "call_id": id, "status": "completed",
                "name": name, "input": source,
            }),
            Call::Tool { name, input } | Call::Ending { end: name, input } => function(&id, name, input),
        });
    }
    let id = format!("resp_mock_{number}");
    let mut events = vec![json!({ "type": "response.created", "response": { "id": id } })];
    let middle = events.len() + 2;
    for (index, item) in items.iter().enumerate() {
        let mut started = item.clone();
        started["status"] = json!("in_progress");
        events.push(json!({ "type": "response.output_item.added", "output_index": index, "item": started }));
        if let Some(text) = item["content"][0]["text"].as_str() {
            let half = &text[..text.len() / 2];
            events.push(json!({
                "type": "response.output_text.delta", "output_index": index, "content_index": 0,
                "item_id": item["id"], "delta": half,
            }));
        }
        events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
    }
    let tokens = body.to_string().len() / 4;
    let usage = json!({
        "input_tokens": tokens, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 7, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": tokens + 7,
    });
    events.push(json!({ "type": "response.completed", "response": { "id": id, "usage": usage } }));
    let response = Response::events(&events);
    if step.is_held { response.held_before(middle) } else { response }
}

/// A call of the function `name`, or of one of a server's: `namespace/name`.
fn function(id: &str, name: &str, arguments: &Value) -> Value {
    let (namespace, name) = name.rsplit_once('/').map_or((None, name), |(space, name)| (Some(space), name));
    let mut call = json!({
        "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name,
        "arguments": arguments.to_string(),
    });
    if let Some(namespace) = namespace {
        call["namespace"] = json!(namespace);
    }
    call
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "error": { "message": message, "type": kind, "param": null, "code": null } })
}
