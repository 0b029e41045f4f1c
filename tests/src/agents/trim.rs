//! A transcript without what no look at it needs: the texts of the agents' vendors above all.

use serde_json::{Value, json};

/// What our message begins and ends with.
const MARK: &str = "=== agent-handoff";

/// Lines of these types have neither a message of ours nor an answer.
const TYPES: [&str; 15] = [
    "cost-state",
    "atis-latch",
    "file-history-snapshot",
    "api-request",
    "api-request-shape",
    "token_usage_record",
    "world_state",
    "turn_context",
    "last-prompt",
    "queue-operation",
    "mode",
    "permission-mode",
    "system.message",
    "session.usage_record",
    "session_start",
];

/// Attachments and events likewise.
const PARTS: [&str; 16] = [
    "environment",
    "model",
    "deferred_tools_delta",
    "deferred_tools_record",
    "agent_listing_delta",
    "skill_listing",
    "auto_mode",
    "session_context",
    "date",
    "remote_session_change",
    "prompt_snapshot",
    "hook_system_message",
    "thread_settings_applied",
    "token_count",
    "stop_hook_summary",
    "turn_duration",
];

/// What is in these keys is left out.
const KEYS: [&str; 22] = [
    "modelMetrics",
    "base_instructions",
    "systemPrompt",
    "addedLines",
    "tools",
    "shape",
    "replacement_history",
    "replacement_history_metadata",
    "retained_context",
    "resume_metadata",
    "permission_profile",
    "file_system_sandbox_policy",
    "sandbox_policy",
    "betas",
    "tools_used",
    "latest_token_usage_record",
    "state",
    "usage",
    "retained_source",
    "content_item_metadata",
    "installation_id",
    "osVersion",
];

/// Texts that begin so are the agents' own words in short, and stay.
const KEPT: [&str; 8] = [
    "[Request interrupted",
    "API Error",
    "<command-name>",
    "<local-command-stdout>",
    "<turn_aborted>",
    "unexpected status",
    "You’ve hit",
    "stream disc",
];

/// The longest other text that stays, in characters.
const LONGEST: usize = 170;

/// Whether the whole line is left out.
pub(super) fn is_left_out(line: &Value) -> bool {
    let is_one_of = |names: &[&str], value: &Value| value.as_str().is_some_and(|name| names.contains(&name));
    let payload = &line["payload"];
    is_one_of(&TYPES, &line["type"])
        || is_one_of(&PARTS, &line["attachment"]["type"])
        || is_one_of(&PARTS, &line["subtype"])
        || (line["type"] == "event_msg" && is_one_of(&PARTS, &payload["type"]))
        || payload["item"]["type"] == "UserMessage"
        || (line["type"] == "api-request-blob" && !line.to_string().contains(MARK))
        || is_of_the_vendor(payload)
}

/// Whether it is a message of the agent's own in which nothing would stay.
fn is_of_the_vendor(payload: &Value) -> bool {
    let is_theirs = |part: &Value| part["text"].as_str().is_some_and(|words| text(words) == VENDOR);
    payload["type"] == "message"
        && matches!(payload["role"].as_str(), Some("developer" | "user"))
        && payload["content"].as_array().is_some_and(|parts| parts.iter().all(is_theirs))
}

const VENDOR: &str = "<vendor text>";

/// The line with its long texts left out.
pub(super) fn trimmed(value: Value) -> Value {
    match value {
        Value::String(words) => json!(text(&words)),
        Value::Array(mut items) => {
            if items.len() > 4 {
                items.truncate(2);
            }
            items.into_iter().map(trimmed).collect()
        }
        Value::Object(fields) => {
            let field = |(key, value): (String, Value)| match KEYS.contains(&key.as_str()) {
                true => (key, json!("<left out>")),
                false => (key, trimmed(value)),
            };
            Value::Object(fields.into_iter().map(field).collect())
        }
        other => other,
    }
}

fn text(words: &str) -> String {
    let (Some(start), Some(last)) = (words.find(MARK), words.rfind(MARK)) else { return without_ours(words) };
    let end = words[last + MARK.len()..].find("===").map_or(words.len(), |at| last + MARK.len() + at + 3);
    let before = if start <= 120 { &words[..start] } else { VENDOR };
    let after = if words.len() - end <= 300 { &words[end..] } else { "\n<vendor text>" };
    let ours = &words[start..end];
    let cut = |at: usize| (at..ours.len()).find(|&at| ours.is_char_boundary(at)).unwrap_or(ours.len());
    let ours = match ours.len() {
        0..=1400 => ours.to_owned(),
        length => format!("{}<cut>{}", &ours[..cut(900)], &ours[cut(length - 300)..]),
    };
    format!("{before}{ours}{after}")
}

fn without_ours(words: &str) -> String {
    if KEPT.iter().any(|kept| words.starts_with(kept)) {
        return words.lines().next().unwrap_or_default().chars().take(300).collect();
    }
    let is_theirs = words.starts_with('<') || words.chars().count() >= LONGEST;
    if is_theirs { VENDOR.to_owned() } else { words.to_owned() }
}
