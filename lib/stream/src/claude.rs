//! `claude -p --output-format stream-json`: `system`, `assistant`, `user`, `stream_event` and `result` lines.
//!
//! Sources: the Agent SDK's reference of its messages, and recorded streams of Claude Code 2.1.329. Qwen Code 0.24.4 speaks
//! the same dialect: [`crate::qwen`].

use handoff_jsonl::{Raw, Value};
use handoff_text::Sanitised;

use crate::state::{State, Tell};
use crate::string::Shown;
use crate::tool::tool;
use crate::{LINE_LIMIT, Progress, Reason, ReasonKind, Usage};

/// How much of the agent's last words is kept for a run that ends without a result: enough to see what it was at,
/// and far from the size of a result, which may be on its way in the same moment.
const WORDS_LIMIT: usize = 1 << 20;

/// Whether a line is one of those that tell nothing and come by the ten thousand: parts of a message, which an
/// `assistant` line gives whole, and the outputs of tools.
pub(crate) fn is_dull(line: &[u8]) -> bool {
    line.starts_with(br#"{"type":"stream_event""#) || line.starts_with(br#"{"type":"user""#)
}

pub(crate) fn read(state: &mut State, line: &[u8], tell: Tell<'_>) {
    if is_dull(line) {
        state.done = false;
        return;
    }
    let keys =
        ["type", "subtype", "message", "session_id", "parent_tool_use_id", "error", "api_error_status"];
    let line = Value::new(line);
    let Some([Some(kind), subtype, message, session, parent, error, status]) = line.pick(keys) else {
        return;
    };
    let kind = kind.string().map(Raw::bytes).unwrap_or_default();
    if matches!(kind, b"system" | b"result")
        && let Some(id) = session.and_then(Value::string)
    {
        state.session(id, tell);
    }
    match kind {
        b"assistant" => {
            state.done = false;
            let failed = error.filter(|error| !error.is_null()).map(|_| status.and_then(Value::count));
            let whose = match (parent, failed) {
                (Some(parent), _) if !parent.is_null() => Whose::Subagent,
                (_, Some(status)) => Whose::Service(status),
                _ => Whose::Agent,
            };
            if let Some(message) = message {
                read_message(state, message, whose, tell);
            }
        }
        b"user" | b"stream_event" => state.done = false,
        b"system" => read_system(state, subtype.and_then(Value::string), line, tell),
        b"result" => read_result(state, line, tell),
        b"rate_limit_event" => read_rate_limit(line, tell),
        _ => {}
    }
}

/// Who speaks in an `assistant` line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Agent,
    Subagent,
    /// Claude Code itself, about an error of the service with this HTTP status.
    Service(Option<u64>),
}

fn read_message(state: &mut State, message: Value<'_>, whose: Whose, tell: Tell<'_>) {
    let Some([Some(content)]) = message.pick(["content"]) else { return };
    for block in content.items() {
        let keys = ["type", "text", "thinking", "name", "input"];
        let Some([Some(kind), text, thinking, name, input]) = block.pick(keys) else { continue };
        let text = text.and_then(Value::string);
        match (kind.string().map(Raw::bytes), whose) {
            (Some(b"text"), Whose::Agent) => {
                text.into_iter().for_each(|text| state.said(text, WORDS_LIMIT, tell));
            }
            (Some(b"text"), Whose::Subagent) => {
                text.into_iter().for_each(|text| Progress::line(Progress::Text, text.line(), tell));
            }
            (Some(b"text"), Whose::Service(status)) => {
                if let Some(text) = text {
                    state.fault(Reason::of_status(text.reason(), status), tell);
                }
            }
            (Some(b"thinking"), _) => {
                let thought = thinking.and_then(Value::string);
                thought.into_iter().for_each(|text| Progress::line(Progress::Thought, text.line(), tell));
            }
            (Some(b"tool_use" | b"server_tool_use" | b"mcp_tool_use"), _) => {
                state.recovered();
                tell(Progress::Tool(tool(name, input)));
            }
            _ => {}
        }
    }
}

fn read_system(state: &mut State, subtype: Option<Raw<'_>>, line: Value<'_>, tell: Tell<'_>) {
    let keys = [
        "attempt",
        "max_retries",
        "retry_delay_ms",
        "error_status",
        "error",
        "tool_name",
        "message",
        "content",
    ];
    let fields = match subtype.map(Raw::bytes) {
        Some(b"init") => {
            state.done = false;
            return;
        }
        Some(b"compact_boundary") => return tell(Progress::Note("the conversation was compacted".into())),
        Some(b"api_retry" | b"permission_denied" | b"informational") => line.pick(keys).unwrap_or_default(),
        _ => return,
    };
    let [attempt, most, delay, status, error, tool, message, content] = fields;
    match subtype.map(Raw::bytes) {
        Some(b"api_retry") => {
            let [attempt, most, status] = [attempt, most, status].map(|value| value.and_then(Value::count));
            let error = error.and_then(Value::string).map(Raw::line).unwrap_or_default();
            let mut line = format!("attempt {}", attempt.unwrap_or_default());
            most.iter().for_each(|most| line.push_str(&format!(" of {most}")));
            if let Some(delay) = delay.and_then(Value::number) {
                line.push_str(&format!(" in {:.1} s", delay / 1000.0));
            }
            line.push_str(&format!(": {error}"));
            status.iter().for_each(|status| line.push_str(&format!(" ({status})")));
            state.retry(Reason::of_status(line.as_str().into(), status), tell);
        }
        Some(b"permission_denied") => {
            let [tool, message] = [tool, message].map(|value| value.and_then(Value::string).map(Raw::line));
            let line = format!("denied: {}: {}", tool.unwrap_or_default(), message.unwrap_or_default());
            tell(Progress::Warning(Sanitised::line(line.as_bytes(), LINE_LIMIT)));
        }
        _ => {
            let content = content.and_then(Value::string);
            content.into_iter().for_each(|text| Progress::line(Progress::Note, text.line(), tell));
        }
    }
}

/// Only a refusal is worth a line. It says nothing of the run's end: `claude` may go on with extra usage.
fn read_rate_limit(line: Value<'_>, tell: Tell<'_>) {
    let info = line.pick(["rate_limit_info"]).and_then(|[info]| info?.pick(["status", "rateLimitType"]));
    if let Some([Some(status), kind]) = info
        && status.is("rejected")
    {
        let kind = kind.and_then(Value::string).map(Raw::line).unwrap_or_default();
        let line = format!("usage limit reached: {kind}");
        tell(Progress::Warning(Sanitised::line(line.as_bytes(), LINE_LIMIT)));
    }
}

/// `subtype` alone says nothing: an API error is `success` with `is_error`. Without `is_error`, as older versions
/// and other programs write it, `success` is one.
fn read_result(state: &mut State, line: Value<'_>, tell: Tell<'_>) {
    let keys = ["subtype", "is_error", "result", "errors", "error", "api_error_status"];
    let [subtype, is_error, result, errors, error, status] = line.pick(keys).unwrap_or_default();
    read_account(state, line);
    let succeeded = subtype.is_some_and(|subtype| subtype.is("success"))
        && is_error.is_none_or(|flag| flag.is_null() || flag.flag() == Some(false));
    let result = result.and_then(Value::string);
    if succeeded {
        return state.succeeded(result);
    }
    let errors = errors.map(joined).filter(|text| !text.is_empty());
    let result = result.map(Raw::reason).filter(|text| !text.is_empty());
    let name = subtype.and_then(Value::string).map(Raw::line).unwrap_or_default();
    // Qwen Code's.
    let error = error.and_then(|error| error.pick(["message"])).and_then(|[message]| message?.string());
    let error = error.map(Raw::reason).filter(|text| !text.is_empty());
    let text = result.or(errors).or(error).unwrap_or_else(|| {
        let line = format!("the result says only that it is an error: {name}");
        Sanitised::line(line.as_bytes(), LINE_LIMIT)
    });
    let mut reason = Reason::of_status(text, status.and_then(Value::count));
    if matches!(&*name, "error_max_turns" | "error_max_budget_usd") {
        reason.kind = ReasonKind::Allowance;
    }
    state.failed(Some(reason), tell);
}

/// The texts of an array, one a line.
fn joined(errors: Value<'_>) -> Sanitised {
    let texts: Vec<_> = errors.items().filter_map(Value::string).take(20).map(Raw::reason).collect();
    Sanitised::from(texts.iter().map(Sanitised::as_str).collect::<Vec<_>>().join("\n").as_str())
}

/// What the run took, whom it was denied what, and whether that is all.
fn read_account(state: &mut State, line: Value<'_>) {
    let keys = ["usage", "modelUsage", "total_cost_usd", "num_turns", "permission_denials"];
    let [usage, models, cost, turns, denials] = line.pick(keys).unwrap_or_default();
    let own = usage.and_then(of_main_loop);
    state.usage = models.and_then(by_model).or(own).or(state.usage);
    state.own_usage = own.or(state.own_usage);
    state.cost_usd = cost.and_then(Value::number).or(state.cost_usd);
    state.turns = turns.and_then(Value::count).or(state.turns);
    for denial in denials.into_iter().flat_map(Value::items) {
        let [name, input] = denial.pick(["tool_name", "tool_input"]).unwrap_or_default();
        state.deny(tool(name, input));
    }
    let [queued, subagents] = line.pick(["queued_turn_count", "subagent_stats"]).unwrap_or_default();
    let queued = queued.and_then(Value::count).unwrap_or_default();
    state.done = queued == 0 && subagents.map_or(0, at_work) == 0;
}

/// Subagents that were begun and have not ended: `claude -p` waits for those in the background, and their end begins
/// another turn with another result.
fn at_work(stats: Value<'_>) -> u64 {
    let [spawned, completed, failed, killed] =
        stats.pick(["spawned", "completed", "failed", "killed"]).unwrap_or_default();
    let count = |value: Option<Value<'_>>| value.and_then(Value::count).unwrap_or_default();
    let killed = killed.into_iter().flat_map(Value::entries).map(|(_, number)| count(Some(number)));
    let ended = killed.fold(count(completed).saturating_add(count(failed)), u64::saturating_add);
    count(spawned).saturating_sub(ended)
}

/// The sum over all models, subagents included.
fn by_model(models: Value<'_>) -> Option<Usage> {
    let mut sum = None;
    for (_, model) in models.entries() {
        let keys = [
            "inputTokens",
            "outputTokens",
            "cacheReadInputTokens",
            "cacheCreationInputTokens",
            "thinkingTokens",
        ];
        if let Some(counts) = model.pick(keys) {
            sum = Some(Usage::of(counts).plus(sum.unwrap_or_default()));
        }
    }
    sum
}

fn of_main_loop(usage: Value<'_>) -> Option<Usage> {
    let keys = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
    let [input, output, read, written] = usage.pick(keys)?;
    Some(Usage::of([input, output, read, written, None]))
}
