//! What both agents' lines come down to.

use handoff_jsonl::{Raw, Value};
use handoff_stream::{Reason, ReasonKind};
use handoff_text::Sanitised;

use crate::session::{Failure, Outcome, Status, Text, Todo};

/// How much of a text is looked at before what wraps it is taken off.
pub(crate) const LOOK: usize = 64 << 10;

/// How much of a tool's input and output a copy needs: more than it shows, so that a secret in it can be recognised.
pub(crate) const DETAIL: usize = 4 << 10;

/// How much of it tells what came of the call.
pub(crate) const GIST: usize = 512;

/// The most bytes of an id, a model's name, a code.
pub(crate) const NAME: usize = 256;

/// The most bytes of one thing of a plan, and how many there are.
const TODO: usize = 400;
pub(crate) const TODOS: usize = 100;

/// The most bytes of the paths of one call.
const PATHS: usize = 32 << 10;

/// One thing that a transcript tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Fact(Fact, Text),
    /// A person asked for something.
    Request(Text),
    /// The agent's own note of the last request, possibly shortened.
    Hint(Text),
    Answer(Text),
    Call(Call),
    /// A call came back.
    Return(Return),
    /// A command was run, by a call of that id or on its own.
    Ran(Call, Return),
    /// Files were changed by the call of that id, if it went well.
    Changed {
        id: String,
        paths: Vec<Text>,
        outcome: Outcome,
    },
    Failed(Failure),
    Interrupted,
    /// What stands between the beginning and the end was not read.
    Gap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    SessionId,
    Cwd,
    Branch,
    Model,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) tool: String,
    pub(crate) input: Text,
    pub(crate) deed: Deed,
}

/// What a call does, when it goes well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Run,
    Touch(Vec<Text>),
    /// The whole plan.
    Plan(Vec<Todo>),
    /// One more thing in the plan, whose id its return tells.
    Add(Todo),
    /// Another status or text for the thing of that id; None as a status takes it out.
    Alter {
        id: String,
        status: Option<Option<Status>>,
        text: Option<Text>,
    },
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Return {
    pub(crate) id: String,
    pub(crate) outcome: Outcome,
    pub(crate) output: Text,
    /// The id of the thing that was put into the plan.
    pub(crate) todo: Option<String>,
}

pub(crate) type Tell<'a> = &'a mut dyn FnMut(Event);

/// A string of at most `limit` bytes; None for anything else.
pub(crate) fn text(value: Option<Value<'_>>, limit: usize) -> Option<Text> {
    let body = value?.string()?.text(limit);
    Some(Text { text: body.text, cut: body.cut })
}

/// A string, or a number as it is written, for ids.
pub(crate) fn name(value: Option<Value<'_>>) -> Option<String> {
    match value?.string() {
        Some(_) => text(value, NAME).map(|text| text.text),
        None => value?.count().map(|number| number.to_string()),
    }
}

/// The texts of an array of `{"type": …, "text": …}`, or the string that stands in its place, as `take` takes them.
pub(crate) fn each_text(content: Value<'_>, limit: usize, mut take: impl FnMut(Text)) {
    if let Some(text) = text(Some(content), limit) {
        return take(text);
    }
    for block in content.items() {
        if let Some([Some(found)]) = block.pick(["text"])
            && let Some(text) = text(Some(found), limit)
        {
            take(text);
        }
    }
}

/// Those texts as one, a line end between them.
pub(crate) fn all_texts(content: Value<'_>, limit: usize) -> Text {
    let mut all = Text::default();
    each_text(content, limit, |text| {
        if !all.text.is_empty() && all.text.len() < limit {
            all.text.push('\n');
        }
        all.text.push_str(&text.text);
        all.cut |= text.cut;
        all = std::mem::take(&mut all).up_to(limit);
    });
    all
}

/// A tool's input for people: `name: value` lines, or the one string that it is.
pub(crate) fn input(value: Value<'_>, limit: usize) -> Text {
    if let Some(text) = text(Some(value), limit) {
        return text;
    }
    let mut all = Text::default();
    for (key, value) in value.entries() {
        if all.text.len() > limit {
            break;
        }
        let key = String::from_utf8_lossy(&key[..key.len().min(NAME)]);
        let value = text(Some(value), limit).unwrap_or_else(|| {
            // Its strings as they are meant, for a key that is written in one line is not recognised as one.
            let body = Raw::new(value.bytes()).text(limit);
            Text { text: body.text, cut: body.cut }
        });
        let end = if all.text.is_empty() { "" } else { "\n" };
        all.text.push_str(&format!("{end}{key}: {}", value.text));
        all.cut |= value.cut;
    }
    all.up_to(limit)
}

/// A plan's things, whose texts stand under `key`.
pub(crate) fn plan(list: Option<Value<'_>>, key: &str) -> Vec<Todo> {
    let todos = list.into_iter().flat_map(Value::items).filter_map(|item| {
        let [text, status] = item.pick([key, "status"])?;
        Some(todo(text, status)?.0)
    });
    todos.take(TODOS).collect()
}

/// One thing, and whether its status is one of the three.
pub(crate) fn todo(what: Option<Value<'_>>, status: Option<Value<'_>>) -> Option<(Todo, bool)> {
    let text = text(what, TODO)?;
    let status = status.and_then(self::status);
    Some((Todo { text, status: status.unwrap_or(Status::Pending) }, status.is_some()))
}

pub(crate) fn status(value: Value<'_>) -> Option<Status> {
    [Status::Pending, Status::InProgress, Status::Completed]
        .into_iter()
        .find(|status| value.is(status.name()))
}

/// As many paths as are kept of one call; the rest is told by an empty one each.
pub(crate) fn bounded(paths: impl Iterator<Item = Text>) -> Vec<Text> {
    let mut room = PATHS;
    let bounded = paths.map(|path| {
        if path.cut || path.text.len() > room {
            return Text::default();
        }
        room -= path.text.len();
        path
    });
    bounded.take(512).collect()
}

pub(crate) fn failure(text: &Text, status: Option<u64>, code: Option<Text>) -> Failure {
    let mut reason = Reason::of_status(Sanitised::text(text.text.as_bytes()), status);
    // Codex says which limit it is only by this name.
    if code.as_ref().is_some_and(|code| code.text.starts_with("usage_limit")) {
        reason.kind = ReasonKind::UsageLimit;
    }
    Failure { reason, status, code }
}
