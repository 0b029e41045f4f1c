//! The Gemini API, as Gemini CLI speaks it.

use serde_json::{Value, json};

use super::http::Response;
use super::step::{Shell, Step};
use super::{Role, Text};

/// The answer to which model a turn needs.
const CHOICE: &str =
    r#"{"complexity_reasoning":"a test","complexity_score":1,"reasoning":"a test","model_choice":"flash"}"#;

/// A turn is a stream and carries tools; what chooses a model is neither.
pub(super) fn is_main(method: &str, path: &str, body: &Value) -> bool {
    let tools = body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    method == "POST" && path.contains(":streamGenerateContent") && tools
}

pub(super) fn texts(body: &Value) -> Vec<Text> {
    let mut texts = Vec::new();
    collect(&body["systemInstruction"], Role::System, &mut texts);
    for content in body["contents"].as_array().into_iter().flatten() {
        let role = if content["role"] == "model" { Role::Assistant } else { Role::User };
        collect(content, role, &mut texts);
    }
    texts
}

fn collect(content: &Value, role: Role, texts: &mut Vec<Text>) {
    for part in content["parts"].as_array().into_iter().flatten() {
        if let Some(text) = part["text"].as_str() {
            texts.push(Text { role, text: text.to_owned() });
        }
        if let Some(text) = part["functionResponse"]["response"]["output"].as_str() {
            texts.push(Text { role: Role::Tool, text: text.to_owned() });
        }
    }
}

pub(super) fn answer(method: &str, path: &str, body: &Value, step: &Step, shell: Shell) -> Response {
    if method != "POST" || !path.contains("enerateContent") {
        return Response::json(
            404,
            &json!({ "error": { "message": "mock", "code": 404, "status": "NOT_FOUND" } }),
        );
    }
    if let Some(refusal) = &step.refusal {
        let error = json!({ "message": refusal.message, "code": refusal.status, "status": refusal.kind });
        return Response::json(refusal.status, &json!({ "error": error }));
    }
    let calls = step.calls.iter().map(|call| {
        let (name, input) = call.named(shell);
        json!({ "functionCall": { "name": name, "args": input } })
    });
    // It asks which model to take, and asks again until it understands the answer.
    let is_choice = body["generationConfig"]["responseMimeType"] == "application/json";
    let text = if is_choice { CHOICE } else { &step.text };
    let said = Some(text).filter(|text| !text.is_empty()).map(|text| json!({ "text": text }));
    let content = json!({ "role": "model", "parts": said.into_iter().chain(calls).collect::<Vec<_>>() });
    let answer = json!({
        "candidates": [{ "content": content, "finishReason": "STOP", "index": 0 }],
        "usageMetadata": { "promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8 },
        "modelVersion": "gemini-mock",
    });
    if path.contains("stream") {
        Response::stream([answer.to_string()])
    } else {
        Response::json(200, &answer)
    }
}
