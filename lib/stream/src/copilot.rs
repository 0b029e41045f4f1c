//! `copilot --output-format json`: the events of a session, and a `result` line at the end.
//!
//! Source: recorded streams of GitHub Copilot CLI 1.0.102. What says `ephemeral` is for a screen: the parts of a message,
//! which an `assistant.message` gives whole, and the state of requests.

use handoff_jsonl::{Raw, Value};
use handoff_text::Sanitised;

use crate::state::{State, Tell};
use crate::string::Shown;
use crate::tool::tool;
use crate::{LINE_LIMIT, Progress, Reason, TEXT_LIMIT};

/// Whether a line is one of those that tell nothing and come by the ten thousand: parts of messages, and the outputs of
/// tools.
pub(crate) fn is_dull(line: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 7] = [
        br#"{"type":"assistant.message_delta""#,
        br#"{"type":"assistant.reasoning_delta""#,
        br#"{"type":"assistant.streaming_delta""#,
        br#"{"type":"assistant.tool_call_delta""#,
        br#"{"type":"tool.shell_output""#,
        br#"{"type":"tool.execution_partial_result""#,
        br#"{"type":"session.background_tasks_changed""#,
    ];
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

pub(crate) fn read(state: &mut State, line: &[u8], tell: Tell<'_>) {
    if is_dull(line) {
        return;
    }
    let keys = ["type", "data", "sessionId", "exitCode"];
    let Some([Some(kind), data, session, code]) = Value::new(line).pick(keys) else { return };
    let field = |name: &str| data.and_then(|data| data.pick([name])).and_then(|[value]| value);
    let text = |name: &str| field(name).and_then(Value::string);
    match kind.string().map(Raw::bytes).unwrap_or_default() {
        b"assistant.turn_start" => {
            state.done = false;
            state.turns = Some(state.turns.unwrap_or_default() + 1);
        }
        b"assistant.message" => {
            state.done = false;
            let Some(said) = text("content") else { return };
            if field("parentToolCallId").is_some_and(|parent| !parent.is_null()) {
                // A subagent's.
                Progress::line(Progress::Text, said.line(), tell);
            } else {
                state.said(said, TEXT_LIMIT, tell);
            }
        }
        b"assistant.reasoning" => {
            text("content").into_iter().for_each(|text| Progress::line(Progress::Thought, text.line(), tell));
        }
        b"tool.execution_start" => {
            state.done = false;
            state.recovered();
            tell(Progress::Tool(tool(field("toolName"), field("arguments"))));
        }
        b"tool.execution_complete" if field("success").and_then(Value::flag) == Some(false) => {
            let why =
                field("error").and_then(|error| error.pick(["message"])).and_then(|[why]| why?.string());
            let line = format!("a tool failed: {}", why.map(Raw::line).unwrap_or_default());
            tell(Progress::Warning(Sanitised::line(line.as_bytes(), LINE_LIMIT)));
        }
        b"assistant.turn_retry" => {
            let why = text("reason").map(Raw::reason).unwrap_or_default();
            state.retry(Reason::of_words(why), tell);
        }
        b"session.warning" => {
            text("message").into_iter().for_each(|text| Progress::line(Progress::Warning, text.line(), tell));
        }
        b"session.error" => {
            let status = field("statusCode").and_then(Value::count);
            if let Some(text) = text("message") {
                state.fault(Reason::of_status(text.reason(), status), tell);
            }
        }
        b"result" => {
            session.and_then(Value::string).into_iter().for_each(|id| state.session(id, tell));
            if code.and_then(Value::count) == Some(0) {
                state.succeeded(None);
            } else {
                state.failed(None, tell);
            }
            state.done = true;
        }
        _ => {}
    }
}
