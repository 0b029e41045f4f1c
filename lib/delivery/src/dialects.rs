//! What the lines of each host's transcripts say.

use handoff_agents::Dialect;
use handoff_jsonl::Value;
use memchr::memmem;

use crate::evidence::LIMITS;

/// A line that says how the conversation goes on.
pub(crate) enum Message<'a> {
    /// Something that the model said or did, with its texts.
    Answer(Vec<Value<'a>>),
    /// The end of a turn.
    TurnOver,
    /// The end of a turn that failed: what was given with it is not sent again, unless an answer stands before this.
    Forgotten,
}

/// What `line` says, when it is an answer of the model or the end of a turn.
pub(crate) fn message(dialect: Dialect, line: &[u8]) -> Option<Message<'_>> {
    match dialect {
        Dialect::ClaudeCode => claude_message(line),
        Dialect::Codex => codex_message(line),
        Dialect::Gemini => gemini_message(line),
        Dialect::Droid => droid_message(line),
        Dialect::Qwen => qwen_message(line),
        Dialect::Copilot => copilot_message(line),
    }
}

/// An error of the API and a usage limit stand there as assistants' entries too, with a model of the name `<synthetic>`;
/// so does what was said before an interruption.
fn claude_message(line: &[u8]) -> Option<Message<'_>> {
    memmem::find(line, b"\"assistant\"")?;
    let [kind, message, is_error, is_aborted, is_sidechain] = Value::new(line).pick([
        "type",
        "message",
        "isApiErrorMessage",
        "isAbortedMidStream",
        "isSidechain",
    ])?;
    let is_set = |flag: Option<Value<'_>>| flag.and_then(Value::flag) == Some(true);
    if !kind?.is("assistant") || [is_error, is_aborted, is_sidechain].into_iter().any(is_set) {
        return None;
    }
    let [model, content] = message?.pick(["model", "content"])?;
    if model.is_some_and(|model| model.is("<synthetic>")) {
        return None;
    }
    answer(content?, &["text"], &["tool_use", "server_tool_use"])
}

fn codex_message(line: &[u8]) -> Option<Message<'_>> {
    let [kind, payload, metadata] = Value::new(line).pick(["type", "payload", "metadata"])?;
    let [item, role, content] = payload?.pick(["type", "role", "content"])?;
    let is_item = |names: &[&str]| names.iter().any(|name| item.is_some_and(|item| item.is(name)));
    let is_call = item.and_then(Value::string).is_some_and(|item| item.bytes().ends_with(b"_call"));
    if kind?.is("event_msg") {
        return is_item(&["task_complete", "turn_aborted"]).then_some(Message::TurnOver);
    }
    if !kind?.is("response_item") {
        return None;
    }
    // The summary of a compaction is written as the model's message.
    let summary = metadata.and_then(|metadata| metadata.pick(["compaction_output"])?[0]?.flag());
    if summary == Some(true) {
        return None;
    }
    if is_call {
        return Some(Message::Answer(Vec::new()));
    }
    (is_item(&["message"]) && role?.is("assistant")).then(|| answer(content?, &["output_text"], &[]))?
}

/// `{"type":"gemini","content":"…"}`, the content a text or a list of parts; calls stand beside it.
fn gemini_message(line: &[u8]) -> Option<Message<'_>> {
    let [kind, content, calls] = Value::new(line).pick(["type", "content", "toolCalls"])?;
    if kind?.is("error") {
        return Some(Message::Forgotten);
    }
    if !kind?.is("gemini") {
        return None;
    }
    let content = content?;
    let parts = content.items().filter_map(|part| part.pick(["text"])?[0]);
    let said: Vec<Value<'_>> = std::iter::once(content).chain(parts).filter(|text| !is_blank(text)).collect();
    let is_call = calls.is_some_and(|calls| calls.items().next().is_some());
    (is_call || !said.is_empty()).then_some(Message::Answer(said))
}

/// `{"type":"message","message":{"role":"assistant","content":[…]}}`
fn droid_message(line: &[u8]) -> Option<Message<'_>> {
    let [kind, message] = Value::new(line).pick(["type", "message"])?;
    let [role, content] = message?.pick(["role", "content"])?;
    if !kind?.is("message") || !role?.is("assistant") {
        return None;
    }
    answer(content?, &["text"], &["tool_use"])
}

/// `{"type":"assistant","message":{"role":"model","parts":[…]}}`, a part a text, a thought or a call.
fn qwen_message(line: &[u8]) -> Option<Message<'_>> {
    let [kind, message, is_sidechain] = Value::new(line).pick(["type", "message", "isSidechain"])?;
    if !kind?.is("assistant") || is_sidechain.and_then(Value::flag) == Some(true) {
        return None;
    }
    let mut said = Vec::new();
    let mut is_call = false;
    for part in message?.pick(["parts"])?[0]?.items() {
        let Some([text, thought, call]) = part.pick(["text", "thought", "functionCall"]) else { continue };
        is_call |= call.is_some();
        let is_thought = thought.and_then(Value::flag) == Some(true);
        said.extend(text.filter(|text| !is_thought && !is_blank(text)));
    }
    (is_call || !said.is_empty()).then_some(Message::Answer(said))
}

/// `{"type":"assistant.message","data":{"content":"…","toolRequests":[…]}}`
fn copilot_message(line: &[u8]) -> Option<Message<'_>> {
    let [kind, data] = Value::new(line).pick(["type", "data"])?;
    let kind = kind?;
    if kind.is("session.error") || kind.is("abort") {
        return Some(Message::Forgotten);
    }
    if kind.is("session.shutdown") {
        return Some(Message::TurnOver);
    }
    let [content, calls, subagent] = data?.pick(["content", "toolRequests", "parentToolCallId"])?;
    if !kind.is("assistant.message") || subagent.is_some() {
        return None;
    }
    let said: Vec<Value<'_>> = content.into_iter().filter(|text| !is_blank(text)).collect();
    let is_call = calls.is_some_and(|calls| calls.items().next().is_some());
    (is_call || !said.is_empty()).then_some(Message::Answer(said))
}

/// Whether this is no text, or one of white space only. Line ends stand there as escapes.
fn is_blank(text: &Value<'_>) -> bool {
    text.string().is_none_or(|text| {
        let beginning = text.text(LIMITS.string);
        !beginning.cut && beginning.text.trim().is_empty()
    })
}

/// An answer when `content` has a text that is not blank, or a call.
fn answer<'a>(content: Value<'a>, texts: &[&str], calls: &[&str]) -> Option<Message<'a>> {
    let mut said = Vec::new();
    let mut is_call = false;
    for item in content.items() {
        let Some([kind, text]) = item.pick(["type", "text"]) else { continue };
        let is_one_of = |names: &[&str]| names.iter().any(|name| kind.is_some_and(|kind| kind.is(name)));
        is_call |= is_one_of(calls);
        if is_one_of(texts) {
            said.extend(text.filter(|text| !is_blank(text)));
        }
    }
    (is_call || !said.is_empty()).then_some(Message::Answer(said))
}

/// Whether the host itself writes such a line for what a hook printed, and `frame` stands in that.
pub(crate) fn is_hook_output(dialect: Dialect, line: &[u8], frame: &str) -> bool {
    let value = Value::new(line);
    match dialect {
        Dialect::ClaudeCode => {
            let Some([Some(kind), Some(attachment)]) = value.pick(["type", "attachment"]) else {
                return false;
            };
            let Some([Some(hook)]) = attachment.pick(["type"]) else { return false };
            kind.is("attachment") && (hook.is("hook_additional_context") || hook.is("hook_success"))
        }
        Dialect::Codex => {
            let Some([Some(kind), Some(payload)]) = value.pick(["type", "payload"]) else { return false };
            let Some([Some(item), Some(role)]) = payload.pick(["type", "role"]) else { return false };
            kind.is("response_item") && item.is("message") && role.is("developer")
        }
        // Both write it into a message of the user, which a person could have typed as well.
        Dialect::Gemini | Dialect::Droid => false,
        Dialect::Qwen => has_frame(value, ["systemPayload", "hookContext"], frame),
        Dialect::Copilot => has_frame(value, ["data", "output"], frame),
    }
}

/// Whether `frame` stands in the field of a field.
fn has_frame(value: Value<'_>, [outer, inner]: [&str; 2], frame: &str) -> bool {
    let part = value.pick([outer]).and_then(|[outer]| outer?.pick([inner])?[0]);
    part.is_some_and(|part| memmem::find(part.bytes(), frame.as_bytes()).is_some())
}
