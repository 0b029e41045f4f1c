//! `codex exec --json`: `thread.started`, `turn.started`, `item.*`, `turn.completed`, `turn.failed` and `error` lines.
//!
//! Sources: OpenAI's documentation of the non-interactive mode, and recorded streams of Codex 0.169.0.

use handoff_jsonl::{Raw, Value};
use handoff_text::Sanitised;

use crate::state::{State, Tell};
use crate::string::Shown;
use crate::{LINE_LIMIT, Progress, Reason, TEXT_LIMIT, Usage};

/// How many changed files are looked at; a line has no room for more.
const PATHS: usize = LINE_LIMIT / 4;

/// Nothing that Codex says comes in such numbers that its beginning has to tell.
pub(crate) fn is_dull(_line: &[u8]) -> bool {
    false
}

pub(crate) fn read(state: &mut State, line: &[u8], tell: Tell<'_>) {
    let keys = ["type", "thread_id", "item", "usage", "error", "message"];
    let Some([Some(kind), thread, item, usage, error, message]) = Value::new(line).pick(keys) else { return };
    match kind.string().map(Raw::bytes).unwrap_or_default() {
        b"thread.started" => {
            thread.and_then(Value::string).into_iter().for_each(|id| state.session(id, tell));
        }
        b"turn.started" => state.done = false,
        b"item.started" => {
            state.done = false;
            item.into_iter().for_each(|item| read_item(state, item, Stage::Begun, tell));
        }
        b"item.completed" => {
            state.done = false;
            item.into_iter().for_each(|item| read_item(state, item, Stage::Ended, tell));
        }
        b"turn.completed" => {
            state.usage = usage.and_then(of_thread).or(state.usage);
            state.turns = Some(state.turns.unwrap_or_default() + 1);
            // The last message is the result, and there may be none.
            state.succeeded(None);
            state.done = true;
        }
        b"turn.failed" => {
            let told = error.and_then(|error| error.pick(["message"])).and_then(|[message]| message);
            let reason = told.and_then(Value::string).map(|text| Reason::of_words(text.reason()));
            state.failed(reason, tell);
            state.done = true;
        }
        b"error" => {
            let Some(text) = message.and_then(Value::string) else { return };
            // `Reconnecting... 1/5 (why)`: it tries again, and says so when it gives up.
            if text.bytes().starts_with(b"Reconnecting") {
                state.retry(Reason::of_words(text.reason()), tell);
            } else {
                state.fault(Reason::of_words(text.reason()), tell);
            }
        }
        _ => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begun,
    Ended,
}

fn read_item(state: &mut State, item: Value<'_>, stage: Stage, tell: Tell<'_>) {
    let keys =
        ["type", "text", "message", "command", "exit_code", "status", "changes", "server", "tool", "query"];
    let Some([Some(kind), text, message, command, exit, status, changes, server, tool, query]) =
        item.pick(keys)
    else {
        return;
    };
    let text_of = |value: Option<Value<'_>>| value.and_then(Value::string).map(Raw::line).unwrap_or_default();
    let mut line = Vec::new();
    let mut add = |before: &str, value: Option<Value<'_>>| {
        line.extend_from_slice(before.as_bytes());
        value.and_then(Value::string).into_iter().for_each(|text| text.add_to(&mut line));
    };
    match (kind.string().map(Raw::bytes).unwrap_or_default(), stage) {
        (b"agent_message", Stage::Ended) => {
            text.and_then(Value::string).into_iter().for_each(|text| state.said(text, TEXT_LIMIT, tell));
            return;
        }
        (b"reasoning", Stage::Ended) => return Progress::line(Progress::Thought, text_of(text), tell),
        // An item of this type is a warning, also in runs that end well.
        (b"error", Stage::Ended) => return Progress::line(Progress::Warning, text_of(message), tell),
        (b"command_execution", Stage::Begun) => {
            line.extend_from_slice(b"$ ");
            line.extend_from_slice(&inner(command));
        }
        (b"command_execution", Stage::Ended) => {
            // That it was begun was told. One that was declined has a status and no exit code.
            match exit.and_then(Value::number) {
                Some(0.0) => return state.recovered(),
                Some(code) => add(&format!("exit {}", code as i64), None),
                None => add("", status),
            }
            line.extend_from_slice(b": $ ");
            line.extend_from_slice(&inner(command));
        }
        (b"file_change", Stage::Ended) => {
            // `add src/main.rs, update README.md`
            for (index, change) in changes.into_iter().flat_map(Value::items).take(PATHS).enumerate() {
                let [kind, path] = change.pick(["kind", "path"]).unwrap_or_default();
                add(if index == 0 { "" } else { ", " }, kind);
                add(" ", path);
            }
        }
        (b"mcp_tool_call", Stage::Begun) => {
            add("", server);
            add(".", tool);
        }
        (b"web_search", Stage::Ended) => add("search: ", query),
        _ => return,
    }
    state.recovered();
    Progress::line(Progress::Tool, Sanitised::line(&line, LINE_LIMIT), tell);
}

/// A command without the shell that Codex has it run by: `/bin/bash -lc '…'`.
fn inner(command: Option<Value<'_>>) -> Vec<u8> {
    let mut whole = Vec::new();
    command.and_then(Value::string).into_iter().for_each(|text| text.add_to(&mut whole));
    let inner = || {
        let text = str::from_utf8(&whole).ok()?;
        let (shell, rest) = text.split_once(" -lc ").or_else(|| text.split_once(" -c "))?;
        let is_shell = shell.rsplit('/').next().is_some_and(|name| matches!(name, "bash" | "sh" | "zsh"));
        // What is longer than a line has lost its last quote.
        let rest = match rest.as_bytes().first()? {
            b'\'' => rest[1..].strip_suffix('\'').unwrap_or(&rest[1..]).replace("'\\''", "'"),
            b'"' => rest[1..].strip_suffix('"').unwrap_or(&rest[1..]).replace("\\\"", "\""),
            _ => rest.to_owned(),
        };
        is_shell.then(|| rest.into_bytes())
    };
    inner().unwrap_or(whole)
}

/// Cumulative over the thread: the first turn after a resume counts the ones before it too.
fn of_thread(usage: Value<'_>) -> Option<Usage> {
    let keys = [
        "input_tokens",
        "output_tokens",
        "cached_input_tokens",
        "cache_write_input_tokens",
        "reasoning_output_tokens",
    ];
    usage.pick(keys).map(Usage::of)
}
