//! Transcripts of Claude Code: one line a message, tool call or note, tied together by ids.
//!
//! - `user` and `assistant` lines hold a `message` as the Messages API has it, an assistant's with one block a line. A
//!   tool's result is a `user` line, with the tool's own account in `toolUseResult`.
//! - `isMeta`, `isCompactSummary` and `isVisibleInTranscriptOnly` mark what no person said; `isSidechain` what a
//!   subagent said, in versions that kept that in the same file.
//! - `isApiErrorMessage` marks what the program itself says in the assistant's place when the service refused; before it
//!   stand `system` lines with `subtype: api_error`, one for each attempt.
//! - What a person typed while the agent worked is an `attachment` of the type `queued_command`. Before it gets there
//!   it waits: a `queue-operation` line says that it came, another one that it went.

use handoff_jsonl::Value;

use crate::event::{self, Call, Deed, Event, Fact, LOOK, NAME, Return, Tell};
use crate::outcome;
use crate::request::{self, Said};
use crate::session::{Outcome, Text};
use crate::{LINE_LIMIT, TEXT_LIMIT};

#[derive(Debug)]
pub(crate) struct Claude {
    /// How much of a tool's input and output is wanted.
    detail: usize,
    /// The facts as they were written last, for every line repeats them.
    facts: [Vec<u8>; 4],
    /// A slash command that is a request unless its own output comes next.
    command: Option<Text>,
    /// What a person typed that the agent has not got yet.
    waiting: Option<Text>,
}

/// Whether a line of this agent's transcripts is like that.
pub(crate) fn is_ours(line: Value<'_>) -> bool {
    let Some([kind, session, leaf, message, payload]) =
        line.pick(["type", "sessionId", "leafUuid", "message", "payload"])
    else {
        return false;
    };
    let is_turn = kind.is_some_and(|kind| kind.is("user") || kind.is("assistant"));
    payload.is_none()
        && kind.is_some()
        && (session.is_some() || leaf.is_some() || is_turn && message.is_some())
}

impl Claude {
    pub(crate) fn new(detail: usize) -> Self {
        Self { detail, facts: Default::default(), command: None, waiting: None }
    }

    /// Takes a line; false when it is no object.
    pub(crate) fn read(&mut self, line: Value<'_>, tell: Tell<'_>) -> bool {
        // A tool's result stands in its line twice, so all that it needs is looked for at once.
        let keys = [
            "type",
            "message",
            "toolUseResult",
            "attachment",
            "lastPrompt",
            "sessionId",
            "cwd",
            "gitBranch",
            "isSidechain",
            "isMeta",
            "isCompactSummary",
            "isVisibleInTranscriptOnly",
        ];
        let Some(
            [
                kind,
                message,
                result,
                attachment,
                prompt,
                session,
                cwd,
                branch,
                sidechain,
                meta,
                summary,
                shown,
            ],
        ) = line.pick(keys)
        else {
            return false;
        };
        let is_sidechain = sidechain.and_then(Value::flag).unwrap_or(false);
        if !is_sidechain {
            self.fact(Fact::SessionId, session, tell);
            self.fact(Fact::Cwd, cwd, tell);
            self.fact(Fact::Branch, branch, tell);
        }
        match kind.and_then(Value::string).map(|kind| kind.bytes()).unwrap_or_default() {
            b"user" => {
                let marks = [sidechain, meta, summary, shown].into_iter().flatten();
                let is_marked = marks.into_iter().any(|mark| mark.flag() == Some(true));
                self.user(message, result, is_marked, tell);
            }
            b"assistant" => self.assistant(line, message, is_sidechain, tell),
            b"system" => self.system(line, tell),
            b"attachment" => self.attachment(attachment, tell),
            b"queue-operation" => self.queue(line),
            b"last-prompt" => {
                event::text(prompt, TEXT_LIMIT).into_iter().for_each(|prompt| tell(Event::Hint(prompt)));
            }
            _ => {}
        }
        true
    }

    /// The end of what can be read.
    pub(crate) fn finish(&mut self, tell: Tell<'_>) {
        self.flush(tell);
        self.waiting.take().into_iter().for_each(|request| tell(Event::Request(request)));
    }

    /// The slash command was one that the agent got.
    fn flush(&mut self, tell: Tell<'_>) {
        self.command.take().into_iter().for_each(|command| tell(Event::Request(command)));
    }

    fn tell(&mut self, event: Event, tell: Tell<'_>) {
        self.flush(tell);
        tell(event);
    }

    fn fact(&mut self, fact: Fact, value: Option<Value<'_>>, tell: Tell<'_>) {
        let Some(raw) = value.and_then(Value::string).map(|raw| raw.bytes()) else { return };
        let known = &mut self.facts[fact as usize];
        if raw.is_empty() || raw == known.as_slice() || raw.len() > LINE_LIMIT {
            return;
        }
        *known = raw.to_vec();
        event::text(value, LINE_LIMIT).into_iter().for_each(|text| tell(Event::Fact(fact, text)));
    }

    fn user(
        &mut self,
        message: Option<Value<'_>>,
        account: Option<Value<'_>>,
        is_marked: bool,
        tell: Tell<'_>,
    ) {
        let Some([Some(content)]) = message.and_then(|message| message.pick(["content"])) else { return };
        let mut has_text = content.string().is_some();
        for block in content.items() {
            let keys = ["type", "tool_use_id", "content", "is_error"];
            let Some([Some(kind), id, content, is_error]) = block.pick(keys) else { continue };
            has_text |= kind.is("text");
            if kind.is("tool_result")
                && let Some(id) = event::name(id)
            {
                let is_error = is_error.and_then(Value::flag).unwrap_or(false);
                let output =
                    content.map(|content| event::all_texts(content, self.detail)).unwrap_or_default();
                self.tell(Event::Return(returned(id, is_error, output, account)), tell);
            }
        }
        if has_text && !is_marked {
            self.said(content, tell);
        }
    }

    /// Texts with the user's role, those of one message as one request.
    fn said(&mut self, content: Value<'_>, tell: Tell<'_>) {
        let mut request = Text::default();
        event::each_text(content, LOOK, |text| match request::of(&text.text) {
            Said::Request(words) if request.text.len() < TEXT_LIMIT => {
                let end = if request.text.is_empty() { "" } else { "\n" };
                request.text.push_str(end);
                request.text.push_str(&words);
                request.cut |= text.cut;
            }
            Said::Request(_) => request.cut = true,
            Said::Command(command) => {
                self.flush(tell);
                self.command = Some(Text::from(command.as_str()).up_to(TEXT_LIMIT));
            }
            Said::CommandOutput => self.command = None,
            Said::Interruption => self.tell(Event::Interrupted, tell),
            Said::Ended { id, code } => {
                let outcome = code.map_or(Outcome::Failed, Outcome::Exit);
                let back = Return { id, outcome, output: Text::default(), todo: None };
                self.tell(Event::Return(back), tell);
            }
            Said::Nothing => {}
        });
        if !request.text.is_empty() {
            self.tell(Event::Request(request.up_to(TEXT_LIMIT)), tell);
        }
    }

    fn assistant(&mut self, line: Value<'_>, message: Option<Value<'_>>, is_sidechain: bool, tell: Tell<'_>) {
        let Some([model, content]) = message.and_then(|message| message.pick(["model", "content"])) else {
            return;
        };
        let is_synthetic = model.is_some_and(|model| model.is("<synthetic>"));
        let keys = ["isApiErrorMessage", "error", "apiErrorStatus"];
        let [is_error, code, status] = line.pick(keys).unwrap_or_default();
        if is_error.and_then(Value::flag) == Some(true) {
            let text = content.map(|content| event::all_texts(content, TEXT_LIMIT)).unwrap_or_default();
            let failure = event::failure(&text, status.and_then(Value::count), event::text(code, NAME));
            if !is_sidechain {
                self.tell(Event::Failed(failure), tell);
            }
            return;
        }
        if !is_synthetic && !is_sidechain {
            self.fact(Fact::Model, model, tell);
        }
        let shows_text = !is_synthetic && !is_sidechain;
        if let Some(text) =
            event::text(content, TEXT_LIMIT).filter(|text| shows_text && !text.text.is_empty())
        {
            return self.tell(Event::Answer(text), tell);
        }
        for block in content.into_iter().flat_map(Value::items) {
            let Some([Some(kind), text, id, name, input]) =
                block.pick(["type", "text", "id", "name", "input"])
            else {
                continue;
            };
            if kind.is("text") && shows_text {
                let answer = event::text(text, TEXT_LIMIT).filter(|text| !text.text.trim().is_empty());
                answer.into_iter().for_each(|answer| self.tell(Event::Answer(answer), tell));
            } else if kind.is("tool_use")
                && let (Some(id), Some(name)) = (event::name(id), event::name(name))
            {
                self.tell(Event::Call(call(id, name, input.unwrap_or(Value::new(b"{}")), self.detail)), tell);
            }
        }
    }

    /// An attempt that the service refused. Another one follows, or its failure.
    fn system(&mut self, line: Value<'_>, tell: Tell<'_>) {
        let Some([Some(kind), Some(error)]) = line.pick(["subtype", "error"]) else { return };
        if !kind.is("api_error") {
            return;
        }
        let [formatted, message, status] = error.pick(["formatted", "message", "status"]).unwrap_or_default();
        let text = [formatted, message].into_iter().find_map(|text| event::text(text, TEXT_LIMIT));
        let failure = event::failure(&text.unwrap_or_default(), status.and_then(Value::count), None);
        self.tell(Event::Failed(failure), tell);
    }

    /// Of several that wait the last one is told, unless any of them went.
    fn queue(&mut self, line: Value<'_>) {
        let [operation, content] = line.pick(["operation", "content"]).unwrap_or_default();
        self.waiting = None;
        if operation.is_some_and(|operation| operation.is("enqueue"))
            && let Some(text) = event::text(content, LOOK)
            && let Said::Request(words) = request::of(&text.text)
        {
            let waiting = Text { text: words, cut: text.cut };
            self.waiting = Some(waiting.up_to(TEXT_LIMIT));
        }
    }

    fn attachment(&mut self, attachment: Option<Value<'_>>, tell: Tell<'_>) {
        let keys = ["type", "prompt", "commandMode"];
        if let Some([Some(kind), Some(prompt), mode]) = attachment.and_then(|found| found.pick(keys))
            && kind.is("queued_command")
            && mode.is_none_or(|mode| mode.is("prompt"))
        {
            self.said(prompt, tell);
        }
    }
}

fn call(id: String, tool: String, input: Value<'_>, detail: usize) -> Call {
    let field = |name: &str, limit| input.pick([name]).and_then(|[value]| event::text(value, limit));
    let mut shown = None;
    let deed = match tool.as_str() {
        "Bash" | "PowerShell" => {
            shown = field("command", event::DETAIL);
            Deed::Run
        }
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => {
            let path = field("file_path", LINE_LIMIT).or_else(|| field("notebook_path", LINE_LIMIT));
            Deed::Touch(event::bounded(path.into_iter()))
        }
        "TodoWrite" => Deed::Plan(event::plan(input.pick(["todos"]).and_then(|[todos]| todos), "content")),
        "TaskCreate" => match input.pick(["subject"]).and_then(|[subject]| event::todo(subject, None)) {
            Some((todo, _)) => Deed::Add(todo),
            None => Deed::Other,
        },
        "TaskUpdate" => {
            let [id, status, subject] = input.pick(["taskId", "status", "subject"]).unwrap_or_default();
            let text = event::todo(subject, None).map(|(todo, _)| todo.text);
            let status = status.and_then(|status| {
                if status.is("deleted") { Some(None) } else { event::status(status).map(Some) }
            });
            match event::name(id) {
                Some(id) => Deed::Alter { id, status, text },
                None => Deed::Other,
            }
        }
        _ => Deed::Other,
    };
    Call { id, tool, input: shown.unwrap_or_else(|| event::input(input, detail)), deed }
}

fn returned(id: String, is_error: bool, output: Text, account: Option<Value<'_>>) -> Return {
    let keys = ["backgroundTaskId", "interrupted", "task"];
    let [background, interrupted, task] = account.and_then(|account| account.pick(keys)).unwrap_or_default();
    let outcome = match outcome::of_claude(is_error, &output.text) {
        Outcome::Exit(0) if interrupted.and_then(Value::flag) == Some(true) => Outcome::Failed,
        Outcome::Exit(0) if background.and_then(Value::string).is_some() => Outcome::Unknown,
        outcome => outcome,
    };
    let todo = task.and_then(|task| task.pick(["id"])).and_then(|[id]| event::name(id));
    // `Task #1 created successfully: …`
    let told = || {
        let (number, _) = output.text.strip_prefix("Task #")?.split_once(' ')?;
        Some(number.to_owned())
    };
    let todo = todo.or_else(told);
    Return { id, outcome, output, todo }
}
