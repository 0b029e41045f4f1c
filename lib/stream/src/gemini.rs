//! `gemini -o stream-json`: `init`, `message`, `tool_use`, `tool_result`, `error` and `result` lines.
//!
//! Source: recorded streams of Gemini CLI 0.61.0.

use handoff_jsonl::{Raw, Value};
use handoff_text::Sanitised;

use crate::state::{State, Tell};
use crate::string::Shown;
use crate::tool::tool;
use crate::{LINE_LIMIT, Progress, Reason, Usage};

/// Nothing that Gemini CLI says comes in such numbers that its beginning has to tell: the parts of a message are the message.
pub(crate) fn is_dull(_line: &[u8]) -> bool {
    false
}

pub(crate) fn read(state: &mut State, line: &[u8], tell: Tell<'_>) {
    let keys = ["type", "session_id", "role", "content", "tool_name", "parameters", "status", "error"];
    let line = Value::new(line);
    let Some([Some(kind), session, role, content, name, parameters, status, error]) = line.pick(keys) else {
        return;
    };
    let why = error.and_then(|error| error.pick(["message"])).and_then(|[message]| message?.string());
    match kind.string().map(Raw::bytes).unwrap_or_default() {
        b"init" => {
            state.done = false;
            session.and_then(Value::string).into_iter().for_each(|id| state.session(id, tell));
        }
        // A message comes in parts, and nothing says which is the last.
        b"message" if role.is_some_and(|role| role.is("assistant")) => {
            state.done = false;
            content.and_then(Value::string).into_iter().for_each(|text| state.said_part(text));
        }
        b"tool_use" => {
            state.done = false;
            state.end_of_parts(tell);
            state.recovered();
            tell(Progress::Tool(tool(name, parameters)));
        }
        b"tool_result" => {
            state.done = false;
            state.recovered();
            if status.is_some_and(|status| status.is("error")) {
                let why = why.map(Raw::line).unwrap_or_default();
                let line = format!("a tool failed: {why}");
                tell(Progress::Warning(Sanitised::line(line.as_bytes(), LINE_LIMIT)));
            }
        }
        b"error" => read_error(state, line, tell),
        b"result" => {
            state.end_of_parts(tell);
            if let Some([Some(stats)]) = line.pick(["stats"]) {
                // Of this run alone, also when it went on with a conversation.
                state.usage = of_run(stats).or(state.usage);
                state.own_usage = state.usage;
            }
            if status.is_some_and(|status| status.is("success")) {
                state.succeeded(None);
            } else {
                state.failed(why.map(|text| Reason::of_words(text.reason())), tell);
            }
            state.done = true;
        }
        _ => {}
    }
}

fn read_error(state: &mut State, line: Value<'_>, tell: Tell<'_>) {
    let [severity, message] = line.pick(["severity", "message"]).unwrap_or_default();
    let Some(text) = message.and_then(Value::string) else { return };
    if severity.is_some_and(|severity| severity.is("warning")) {
        Progress::line(Progress::Warning, text.line(), tell);
    } else {
        state.fault(Reason::of_words(text.reason()), tell);
    }
}

fn of_run(stats: Value<'_>) -> Option<Usage> {
    let [input, output, cached] = stats.pick(["input_tokens", "output_tokens", "cached"])?;
    Some(Usage::of([input, output, cached, None, None]))
}
