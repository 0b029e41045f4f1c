//! Rollouts of Codex: `{"timestamp": …, "type": …, "payload": {…}}` lines.
//!
//! - `session_meta` stands first; `turn_context` before each turn.
//! - `response_item` is what the model got and gave: messages, calls, what calls returned. `event_msg` is what a person
//!   was shown: in current versions `item_completed` with an item, in earlier ones `user_message`, `agent_message`,
//!   `exec_command_end`, `patch_apply_end` and more. What a person said and what the agent answered stands in both.
//!   The items also hold what no person said and what nobody was shown, as the summary that is made for a compaction, so
//!   where a rollout has the events these count.
//! - The first rollouts have the items bare, one a line, after a line with `id`, `timestamp` and `instructions`.

use handoff_jsonl::Value;

use crate::event::{self, Call, DETAIL, Deed, Event, Fact, LOOK, NAME, Return, Tell};
use crate::request::{self, Said};
use crate::session::{Outcome, Text};
use crate::{LINE_LIMIT, TEXT_LIMIT, outcome, patch};

/// How many words of a command are looked at.
const WORDS: usize = 1000;

/// How much of what a call returned is looked at where that is JSON.
const OUTPUT: usize = 1 << 20;

/// How many messages wait for the event that makes them count or not.
const HELD: usize = 8;

#[derive(Debug)]
pub(crate) struct Codex {
    /// How much of a tool's input and output is wanted.
    detail: usize,
    /// A resumed or forked rollout may hold the beginning of another one too.
    knows_session: bool,
    knows_cwd: bool,
    /// Whether there are events of what a person said, and of what the agent said.
    has_events: [bool; 2],
    /// Messages of which it is not known yet whether events of their kind exist.
    held: Vec<(Who, Text)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    User,
    Agent,
}

impl Who {
    fn event(self, text: Text) -> Event {
        match self {
            Self::User => Event::Request(text),
            Self::Agent => Event::Answer(text),
        }
    }
}

/// Whether a line of this agent's rollouts is like that.
pub(crate) fn is_ours(line: Value<'_>) -> bool {
    const BARE: [&str; 5] =
        ["message", "function_call", "function_call_output", "local_shell_call", "reasoning"];
    let Some([kind, payload, id, timestamp, session]) =
        line.pick(["type", "payload", "id", "timestamp", "sessionId"])
    else {
        return false;
    };
    match kind {
        _ if session.is_some() => false,
        Some(kind) => payload.is_some() || BARE.iter().any(|bare| kind.is(bare)),
        None => id.is_some() && timestamp.is_some(),
    }
}

impl Codex {
    pub(crate) fn new(detail: usize) -> Self {
        Self { detail, knows_session: false, knows_cwd: false, has_events: [false; 2], held: Vec::new() }
    }

    /// Takes a line; false when it is no object.
    pub(crate) fn read(&mut self, line: Value<'_>, tell: Tell<'_>) -> bool {
        let Some([kind, payload, timestamp]) = line.pick(["type", "payload", "timestamp"]) else {
            return false;
        };
        let kind = kind.and_then(Value::string).map(|kind| kind.bytes());
        match (kind, payload) {
            (Some(b"session_meta"), Some(meta)) => self.meta(meta, tell),
            (Some(b"turn_context"), Some(context)) => {
                let [cwd, model] = context.pick(["cwd", "model"]).unwrap_or_default();
                self.cwd(cwd, tell);
                fact(Fact::Model, model, tell);
            }
            (Some(b"response_item"), Some(item)) => self.item(item, tell),
            (Some(b"event_msg"), Some(event)) => self.event(event, tell),
            // The answer just before is the summary.
            (Some(b"compacted"), _) => self.held.retain(|(who, _)| *who != Who::Agent),
            (Some(_), None) => self.item(line, tell),
            (None, None) if timestamp.is_some() => self.meta(line, tell),
            _ => {}
        }
        true
    }

    /// The end of what can be read.
    pub(crate) fn finish(&mut self, tell: Tell<'_>) {
        for (who, text) in std::mem::take(&mut self.held) {
            if !self.has_events[who as usize] {
                tell(who.event(text));
            }
        }
    }

    fn tell(&mut self, event: Event, tell: Tell<'_>) {
        self.finish(tell);
        tell(event);
    }

    fn meta(&mut self, meta: Value<'_>, tell: Tell<'_>) {
        if std::mem::replace(&mut self.knows_session, true) {
            return;
        }
        let [id, session, cwd, git] = meta.pick(["id", "session_id", "cwd", "git"]).unwrap_or_default();
        fact(Fact::SessionId, id.or(session), tell);
        self.cwd(cwd, tell);
        fact(Fact::Branch, git.and_then(|git| git.pick(["branch"])).and_then(|[branch]| branch), tell);
    }

    fn cwd(&mut self, cwd: Option<Value<'_>>, tell: Tell<'_>) {
        self.knows_cwd |= cwd.is_some();
        fact(Fact::Cwd, cwd, tell);
    }

    /// A message out of the items: it counts unless there are events of its kind.
    fn message(&mut self, who: Who, text: Text, tell: Tell<'_>) {
        if text.text.trim().is_empty() || self.has_events[who as usize] {
            return;
        }
        if self.held.len() == HELD || self.held.iter().any(|(other, _)| *other != who) {
            self.finish(tell);
        }
        self.held.push((who, text));
    }

    /// What a person was shown.
    fn shown(&mut self, who: Who, text: Text, tell: Tell<'_>) {
        self.has_events[who as usize] = true;
        if !text.text.trim().is_empty() {
            self.tell(who.event(text), tell);
        }
    }

    fn item(&mut self, item: Value<'_>, tell: Tell<'_>) {
        let keys =
            ["type", "role", "content", "name", "arguments", "input", "call_id", "output", "action", "id"];
        let Some([Some(kind), role, content, name, arguments, input, call_id, output, action, id]) =
            item.pick(keys)
        else {
            return;
        };
        let id = event::name(call_id.or(id)).unwrap_or_default();
        match kind.string().map(|kind| kind.bytes()).unwrap_or_default() {
            b"message" => {
                let Some(content) = content else { return };
                if role.is_some_and(|role| role.is("user")) {
                    let text = self.asked(content, tell);
                    self.message(Who::User, text, tell);
                } else if role.is_some_and(|role| role.is("assistant")) {
                    self.message(Who::Agent, event::all_texts(content, TEXT_LIMIT), tell);
                }
            }
            b"function_call" => {
                // JSON within a string.
                let arguments = arguments.and_then(Value::string).map(|raw| raw.beginning(usize::MAX));
                let arguments = Value::new(arguments.as_deref().unwrap_or_default());
                let call = function(id, event::name(name).unwrap_or_default(), arguments, self.detail);
                self.tell(Event::Call(call), tell);
            }
            b"local_shell_call" => {
                let command =
                    action.and_then(|action| action.pick(["command"])).and_then(|[command]| command);
                self.tell(Event::Call(shell(id, "local_shell".to_owned(), command)), tell);
            }
            b"custom_tool_call" => {
                let tool = event::name(name).unwrap_or_default();
                let whole = event::text(input, usize::MAX).unwrap_or_default();
                let deed =
                    if tool == "apply_patch" { Deed::Touch(patch::paths(&whole.text)) } else { Deed::Other };
                self.tell(Event::Call(Call { id, tool, input: whole.up_to(DETAIL), deed }), tell);
            }
            b"function_call_output" | b"custom_tool_call_output" => {
                let Some(output) = output else { return };
                self.tell(Event::Return(returned(id, output, self.detail)), tell);
            }
            _ => {}
        }
    }

    /// What a person asked in a message of the items; what stopped the agent is told at once.
    fn asked(&mut self, content: Value<'_>, tell: Tell<'_>) -> Text {
        let mut asked = Text::default();
        let mut is_stopped = false;
        event::each_text(content, LOOK, |text| match request::of(&text.text) {
            // In the first rollouts this is the only place that tells it.
            Said::Nothing if !self.knows_cwd => {
                if let Some(cwd) = request::directory(&text.text) {
                    self.knows_cwd = true;
                    tell(Event::Fact(Fact::Cwd, Text::from(cwd).up_to(LINE_LIMIT)));
                }
            }
            Said::Request(words) | Said::Command(words) => {
                let end = if asked.text.is_empty() { "" } else { "\n" };
                asked.text.push_str(end);
                asked.text.push_str(&words);
                asked.cut |= text.cut;
                asked = std::mem::take(&mut asked).up_to(TEXT_LIMIT);
            }
            Said::Interruption => is_stopped = true,
            Said::CommandOutput | Said::Ended { .. } | Said::Nothing => {}
        });
        if is_stopped {
            self.tell(Event::Interrupted, tell);
        }
        asked
    }

    fn event(&mut self, event: Value<'_>, tell: Tell<'_>) {
        let keys = ["type", "message", "item", "error", "reason", "codex_error_info", "plan"];
        let Some([Some(kind), message, item, error, reason, info, plan]) = event.pick(keys) else { return };
        match kind.string().map(|kind| kind.bytes()).unwrap_or_default() {
            b"user_message" => {
                if let Some(message) = message {
                    let text = self.asked(message, tell);
                    self.shown_by_user(text, tell);
                }
            }
            b"agent_message" => {
                let text = event::text(message, TEXT_LIMIT).unwrap_or_default();
                self.shown(Who::Agent, text, tell);
            }
            b"item_completed" => item.into_iter().for_each(|item| self.completed(item, tell)),
            b"exec_command_end" => {
                let [id] = event.pick(["call_id"]).unwrap_or_default();
                self.ran(event::name(id).unwrap_or_default(), event, tell);
            }
            b"patch_apply_end" => {
                let [id, success] = event.pick(["call_id", "success"]).unwrap_or_default();
                let outcome = match success.and_then(Value::flag) {
                    Some(true) => Outcome::Exit(0),
                    Some(false) => Outcome::Failed,
                    None => Outcome::Unknown,
                };
                self.changed(event::name(id).unwrap_or_default(), event, outcome, tell);
            }
            b"plan_update" => {
                let deed = Deed::Plan(event::plan(plan, "step"));
                let call =
                    Call { id: String::new(), tool: "update_plan".into(), input: Text::default(), deed };
                let output = Text::default();
                let back = Return { id: String::new(), outcome: Outcome::Exit(0), output, todo: None };
                self.tell(Event::Ran(call, back), tell);
            }
            b"error" => self.failed(message, info, tell),
            b"task_complete" | b"turn_complete" => {
                if let Some([message, info]) =
                    error.and_then(|error| error.pick(["message", "codex_error_info"]))
                {
                    self.failed(message, info, tell);
                }
            }
            b"turn_aborted" => match reason.and_then(Value::string).map(|reason| reason.bytes()) {
                // A person said something else meanwhile.
                Some(b"replaced") => {}
                Some(b"budget_limited") => self.failed(reason, None, tell),
                _ => self.tell(Event::Interrupted, tell),
            },
            _ => {}
        }
    }

    fn shown_by_user(&mut self, text: Text, tell: Tell<'_>) {
        // Earlier versions told the environment and the instructions by this event too: no sign that the items may be
        // passed over.
        if !text.text.is_empty() {
            self.held.retain(|(who, _)| *who != Who::User);
            self.shown(Who::User, text, tell);
        }
    }

    fn completed(&mut self, item: Value<'_>, tell: Tell<'_>) {
        let Some([Some(kind), id, content, status]) = item.pick(["type", "id", "content", "status"]) else {
            return;
        };
        let id = event::name(id).unwrap_or_default();
        match kind.string().map(|kind| kind.bytes()).unwrap_or_default() {
            b"UserMessage" => {
                if let Some(content) = content {
                    let text = self.asked(content, tell);
                    self.shown_by_user(text, tell);
                }
            }
            b"AgentMessage" => {
                if let Some(content) = content {
                    self.shown(Who::Agent, event::all_texts(content, TEXT_LIMIT), tell);
                }
            }
            b"CommandExecution" => self.ran(id, item, tell),
            b"FileChange" => {
                let outcome = match status {
                    Some(status) if status.is("completed") => Outcome::Exit(0),
                    Some(status) if status.is("failed") || status.is("declined") => Outcome::Failed,
                    _ => Outcome::Unknown,
                };
                self.changed(id, item, outcome, tell);
            }
            _ => {}
        }
    }

    fn ran(&mut self, id: String, told: Value<'_>, tell: Tell<'_>) {
        let [command, code, status, output] =
            told.pick(["command", "exit_code", "status", "aggregated_output"]).unwrap_or_default();
        let outcome = match code.and_then(Value::number) {
            Some(code) => Outcome::Exit(code as i64),
            None if status.is_some_and(|status| status.is("failed") || status.is("declined")) => {
                Outcome::Failed
            }
            None => Outcome::Unknown,
        };
        let output = event::text(output, self.detail).unwrap_or_default();
        let back = Return { id: id.clone(), outcome, output, todo: None };
        self.tell(Event::Ran(shell(id, "exec_command".to_owned(), command), back), tell);
    }

    fn changed(&mut self, id: String, told: Value<'_>, outcome: Outcome, tell: Tell<'_>) {
        let Some([Some(changes)]) = told.pick(["changes"]) else { return };
        let paths = changes.entries().map(|(path, change)| {
            let path = handoff_jsonl::Raw::new(path).text(LINE_LIMIT);
            let moved = change.pick(["move_path"]).and_then(|[moved]| event::text(moved, LINE_LIMIT));
            [Some(Text { text: path.text, cut: path.cut }), moved]
        });
        let paths = event::bounded(paths.flatten().flatten());
        self.tell(Event::Changed { id, paths, outcome }, tell);
    }

    fn failed(&mut self, message: Option<Value<'_>>, info: Option<Value<'_>>, tell: Tell<'_>) {
        let text = event::text(message, TEXT_LIMIT).unwrap_or_default();
        // A name, or an object whose one key is the name.
        let code = event::text(info, NAME).or_else(|| {
            let (key, _) = info?.entries().next()?;
            Some(Text::from(String::from_utf8_lossy(key).as_ref()).up_to(NAME))
        });
        let status = info
            .and_then(|info| info.entries().next())
            .and_then(|(_, value)| value.pick(["http_status_code"]))
            .and_then(|[status]| status?.count());
        self.tell(Event::Failed(event::failure(&text, status, code)), tell);
    }
}

fn fact(fact: Fact, value: Option<Value<'_>>, tell: Tell<'_>) {
    let text = event::text(value, LINE_LIMIT).filter(|text| !text.text.is_empty());
    text.into_iter().for_each(|text| tell(Event::Fact(fact, text)));
}

/// A call of a function, whose names differ between versions and models.
fn function(id: String, tool: String, arguments: Value<'_>, detail: usize) -> Call {
    let [cmd, command, input, plan] = arguments.pick(["cmd", "command", "input", "plan"]).unwrap_or_default();
    match tool.as_str() {
        "exec_command" | "shell_command" | "shell" | "container.exec" | "local_shell" => {
            shell(id, tool, cmd.or(command))
        }
        "apply_patch" => {
            let patch = event::text(input, usize::MAX).unwrap_or_default();
            let deed = Deed::Touch(patch::paths(&patch.text));
            Call { id, tool, input: patch.up_to(DETAIL), deed }
        }
        "update_plan" => Call {
            id,
            tool,
            input: event::input(arguments, detail),
            deed: Deed::Plan(event::plan(plan, "step")),
        },
        _ => Call { id, tool, input: event::input(arguments, detail), deed: Deed::Other },
    }
}

/// A command line, or the words of one: of `bash -lc …` the script. One that carries a patch is that patch.
fn shell(id: String, tool: String, command: Option<Value<'_>>) -> Call {
    let whole = match event::text(command, usize::MAX) {
        Some(text) => text,
        None => {
            let words = command.into_iter().flat_map(Value::items).take(WORDS);
            let words: Vec<_> = words.filter_map(|word| event::text(Some(word), usize::MAX)).collect();
            match words.as_slice() {
                [shell, option, script]
                    if shell.text.ends_with("sh") && matches!(option.text.as_str(), "-lc" | "-c") =>
                {
                    script.clone()
                }
                words => {
                    let words: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
                    Text::from(words.join(" ").as_str())
                }
            }
        }
    };
    let deed =
        if whole.text.contains(patch::BEGIN) { Deed::Touch(patch::paths(&whole.text)) } else { Deed::Run };
    Call { id, tool, input: whole.up_to(DETAIL), deed }
}

/// A string, an object with `content` and `success`, or an array of texts.
fn returned(id: String, output: Value<'_>, detail: usize) -> Return {
    let [content, success] = output.pick(["content", "success"]).unwrap_or_default();
    let told = content.unwrap_or(output);
    let mut text = event::all_texts(told, detail);
    let mut outcome = outcome::of_codex(&text.text);
    if text.text.starts_with('{') {
        // JSON of earlier versions: the exit code stands behind the output.
        let whole = event::all_texts(told, OUTPUT);
        outcome = outcome::of_codex(&whole.text);
        let inner = Value::new(whole.text.as_bytes()).pick(["output"]);
        text = inner.and_then(|[inner]| event::text(inner, detail)).unwrap_or(text);
    }
    if outcome == Outcome::Unknown
        && let Some(success) = success.and_then(Value::flag)
    {
        outcome = if success { Outcome::Exit(0) } else { Outcome::Failed };
    }
    Return { id, outcome, output: text, todo: None }
}
