//! The Chat Completions API, as several agents speak it.

use serde_json::{Value, json};

use super::http::Response;
use super::step::{Shell, Step};
use super::{Role, Text};

const COMPLETIONS: &str = "/chat/completions";

/// A turn carries tools; titles and the like carry none.
pub(super) fn is_main(method: &str, path: &str, body: &Value) -> bool {
    let tools = body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    method == "POST" && path.ends_with(COMPLETIONS) && tools
}

pub(super) fn texts(body: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        let role = match message["role"].as_str() {
            Some("system" | "developer") => Role::System,
            Some("assistant") => Role::Assistant,
            Some("tool") => Role::Tool,
            _ => Role::User,
        };
        let content = &message["content"];
        let parts = content.as_array().into_iter().flatten().map(|part| &part["text"]);
        let said = std::iter::once(content).chain(parts).filter_map(Value::as_str);
        texts.extend(said.map(|text| Text { role, text: text.to_owned() }));
    }
    texts
}

pub(super) fn answer(
    method: &str,
    path: &str,
    body: &Value,
    step: &Step,
    number: usize,
    shell: Shell,
) -> Response {
    if method != "POST" || !path.ends_with(COMPLETIONS) {
        return Response::json(404, &json!({ "error": { "message": "mock", "type": "not_found" } }));
    }
    if let Some(refusal) = &step.refusal {
        let error = json!({ "message": refusal.message, "type": refusal.kind, "code": refusal.status });
        return Response::json(refusal.status, &json!({ "error": error }));
    }
    let calls: Vec<Value> = step.calls.iter().enumerate().map(|(index, call)| {
        let (name, input) = call.named(shell);
        let function = json!({ "name": name, "arguments": input.to_string() });
        json!({ "index": index, "id": format!("call_mock_{number}_{index}"), "type": "function", "function": function })
    }).collect();
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    let mut message = json!({ "role": "assistant", "content": step.text });
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    let tokens = body.to_string().len() / 4;
    let usage = json!({ "prompt_tokens": tokens, "completion_tokens": 7, "total_tokens": tokens + 7 });
    let whole = |object: &str, choices: Value, usage: &Value| {
        json!({
            "id": format!("chatcmpl-mock-{number}"), "object": object, "created": 1, "model": body["model"],
            "choices": choices, "usage": usage,
        })
    };
    if body["stream"] != true {
        let choice = json!({ "index": 0, "message": message, "finish_reason": reason });
        return Response::json(200, &whole("chat.completion", json!([choice]), &usage));
    }
    let chunk = |delta: Value, reason: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        whole("chat.completion.chunk", json!([choice]), &Value::Null).to_string()
    };
    Response::stream([
        chunk(message, None),
        chunk(json!({}), Some(reason)),
        whole("chat.completion.chunk", json!([]), &usage).to_string(),
        "[DONE]".to_owned(),
    ])
}
