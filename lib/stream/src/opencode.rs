//! `opencode run --format json`: `step_start`, `text`, `reasoning`, `tool_use`, `step_finish` and `error` lines, each with
//! the `sessionID`.
//!
//! Source: recorded streams of OpenCode 1.18.33. There is no line for the end: a step that is finished for another reason
//! than calls of tools is the last.

use handoff_jsonl::{Raw, Value};
use handoff_text::Sanitised;

use crate::state::{State, Tell};
use crate::string::Shown;
use crate::tool::tool;
use crate::{LINE_LIMIT, Progress, Reason, TEXT_LIMIT, Usage};

/// Nothing that OpenCode says comes in such numbers that its beginning has to tell.
pub(crate) fn is_dull(_line: &[u8]) -> bool {
    false
}

pub(crate) fn read(state: &mut State, line: &[u8], tell: Tell<'_>) {
    let Some([Some(kind), session, part, error]) =
        Value::new(line).pick(["type", "sessionID", "part", "error"])
    else {
        return;
    };
    session.and_then(Value::string).into_iter().for_each(|id| state.session(id, tell));
    let text = || part?.pick(["text"]).and_then(|[text]| text?.string());
    match kind.string().map(Raw::bytes).unwrap_or_default() {
        b"step_start" => state.done = false,
        b"text" => {
            state.done = false;
            text().into_iter().for_each(|text| state.said(text, TEXT_LIMIT, tell));
        }
        b"reasoning" => {
            text().into_iter().for_each(|text| Progress::line(Progress::Thought, text.line(), tell))
        }
        b"tool_use" => {
            state.done = false;
            state.recovered();
            part.into_iter().for_each(|part| read_tool(part, tell));
        }
        b"step_finish" => part.into_iter().for_each(|part| read_finish(state, part, tell)),
        b"error" => {
            state.failed(error.map(reason), tell);
            state.done = true;
        }
        _ => {}
    }
}

/// A tool that was used: it is told of when it has ended.
fn read_tool(part: Value<'_>, tell: Tell<'_>) {
    let [name, use_of_it] = part.pick(["tool", "state"]).unwrap_or_default();
    let [status, input, error] =
        use_of_it.and_then(|use_of_it| use_of_it.pick(["status", "input", "error"])).unwrap_or_default();
    tell(Progress::Tool(tool(name, input)));
    if status.is_some_and(|status| status.is("error")) {
        let why = error.and_then(Value::string).map(Raw::line).unwrap_or_default();
        tell(Progress::Warning(Sanitised::line(format!("a tool failed: {why}").as_bytes(), LINE_LIMIT)));
    }
}

fn read_finish(state: &mut State, part: Value<'_>, tell: Tell<'_>) {
    let [why, tokens, cost] = part.pick(["reason", "tokens", "cost"]).unwrap_or_default();
    // Of this step alone.
    if let Some(step) = tokens.and_then(of_step) {
        state.usage = Some(step.plus(state.usage.unwrap_or_default()));
        state.own_usage = state.usage;
    }
    if let Some(cost) = cost.and_then(Value::number) {
        state.cost_usd = Some(state.cost_usd.unwrap_or_default() + cost);
    }
    state.turns = Some(state.turns.unwrap_or_default() + 1);
    let why = why.and_then(Value::string);
    match why.map(Raw::bytes).unwrap_or_default() {
        b"stop" => state.succeeded(None),
        // It goes on.
        b"tool-calls" | b"unknown" | b"" => return,
        _ => {
            let line = format!(
                "the model ended its answer for another reason: {}",
                why.map(Raw::line).unwrap_or_default()
            );
            state.failed(Some(Reason::of_words(line.as_str().into())), tell);
        }
    }
    state.done = true;
}

/// `APIError: bad key (401)`.
fn reason(error: Value<'_>) -> Reason {
    let [name, data] = error.pick(["name", "data"]).unwrap_or_default();
    let [message, status] = data.and_then(|data| data.pick(["message", "statusCode"])).unwrap_or_default();
    let name = name.and_then(Value::string).map(Raw::line).unwrap_or_default();
    let message = message.and_then(Value::string).map(Raw::reason).unwrap_or_default();
    let status = status.and_then(Value::count);
    let mut text = name.to_string();
    if !message.is_empty() {
        text.push_str(&format!(": {message}"));
    }
    status.iter().for_each(|status| text.push_str(&format!(" ({status})")));
    Reason::of_status(Sanitised::from(text.as_str()), status)
}

fn of_step(tokens: Value<'_>) -> Option<Usage> {
    let [input, output, reasoning, cache] = tokens.pick(["input", "output", "reasoning", "cache"])?;
    let [read, write] = cache.and_then(|cache| cache.pick(["read", "write"])).unwrap_or_default();
    Some(Usage::of([input, output, read, write, reasoning]))
}
