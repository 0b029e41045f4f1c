//! A result as a handoff: the session that asked may be gone, the next one in that worktree is given it.

use std::path::Path;

use handoff_process::{HandoffRequest, SendError};
use handoff_runs::State;
use handoff_text::Sanitised;

use crate::excerpt::{Excerpt, Part};
use crate::{Notice, Observer};

/// How much of a result goes into the handoff, in bytes: it arrives whole then.
const MAX_SHOWN_BYTES: usize = 6_000;

/// How much of a result file is read for that, in bytes.
const MAX_STORED_BYTES: u64 = 64 << 10;

/// How much of a prompt is looked at for its first line, in bytes, and how much of that is shown.
const MAX_PROMPT_BYTES: u64 = 64 << 10;
const MAX_FIRST_LINE_BYTES: usize = 200;

/// Why a result was not left as a handoff.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The record does not say in which worktree the run was asked for.
    #[error("the worktree in which it was asked for is unknown")]
    UnknownCaller,
    /// The handoff was not written.
    #[error(transparent)]
    NotSent(#[from] SendError),
}

/// The run whose result it is.
pub(crate) struct About<'a> {
    pub(crate) id: &'a str,
    pub(crate) backend: &'a str,
    /// The file.
    pub(crate) prompt: &'a Path,
    pub(crate) why: Why,
}

/// Why the result is left as a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was asked for, with `--to-inbox`.
    Wanted,
    /// The process that started the run ended before the run did, so its output may have no reader.
    CallerEnded,
    /// A later command leaves it, which cannot tell the two apart.
    Later,
}

impl Why {
    /// The reason as the end of a sentence; empty where it says nothing new.
    pub(crate) fn clause(self) -> &'static str {
        match self {
            Self::CallerEnded => ", since the process that started the run ended before it did",
            Self::Wanted | Self::Later => "",
        }
    }
}

/// Sends the text that the result file has to the worktree of `from`; returns what is noted of it.
pub(crate) fn stored(
    observer: &dyn Observer,
    about: &About<'_>,
    state: State,
    file: &Path,
    from: Option<&Path>,
) -> Result<String, DeliverError> {
    // The handoff is left all the same: the run has ended.
    let read = Excerpt::read(file, MAX_STORED_BYTES, Part::Beginning);
    let read = read.unwrap_or_else(|error| Excerpt { text: format!("({error})"), left_out: 0 });
    send(observer, about, state, &read, file, from)
}

/// The same with the result of a run that has just ended.
pub(crate) fn result(
    observer: &dyn Observer,
    about: &About<'_>,
    state: State,
    text: &str,
    file: &Path,
    from: Option<&Path>,
) -> Result<String, DeliverError> {
    send(observer, about, state, &Excerpt { text: text.to_owned(), left_out: 0 }, file, from)
}

fn send(
    observer: &dyn Observer,
    about: &About<'_>,
    state: State,
    text: &Excerpt,
    file: &Path,
    from: Option<&Path>,
) -> Result<String, DeliverError> {
    let id = about.id;
    let from = from.ok_or(DeliverError::UnknownCaller)?;
    let request = HandoffRequest {
        tool: "handoff-run",
        name: &format!("Result of {id}: {}", state.name()),
        topic: "result",
        worktree: from,
        to: None,
        session_id: None,
        dirty_files: None,
    };
    request.send(&body(about, state, text, file))?;
    let notice = Notice::Delivered { id, worktree: from, why: about.why };
    observer.notice(&notice);
    Ok(format!("note: {notice}"))
}

/// What the task was, as far as the record has it.
fn task(about: &About<'_>) -> String {
    let first = match Excerpt::read(about.prompt, MAX_PROMPT_BYTES, Part::Beginning) {
        Ok(prompt) => {
            let first = prompt.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Sanitised::line(first.as_bytes(), MAX_FIRST_LINE_BYTES).to_string()
        }
        Err(error) => format!("({error})"),
    };
    let backend = Sanitised::line(about.backend.as_bytes(), MAX_FIRST_LINE_BYTES);
    format!(
        "The task, for {backend}: {first}\nThe whole prompt: {}\nTo go on in the same conversation: handoff resume {} \
         --text …\n",
        Sanitised::path(about.prompt),
        about.id
    )
}

fn body(about: &About<'_>, state: State, text: &Excerpt, file: &Path) -> String {
    let id = about.id;
    let file = Sanitised::path(file);
    let (shown, rest) = text.text.split_at(text.text.floor_char_boundary(MAX_SHOWN_BYTES));
    let rest = match rest.len() as u64 + text.left_out {
        0 => String::new(),
        bytes => format!("\n[cut: {bytes} bytes more in {file}]\n"),
    };
    // What another agent wrote must not open sections of its own.
    let quoted: String = shown.lines().map(|line| format!("> {line}\n")).collect();
    let left = match about.why.clause() {
        "" => String::new(),
        clause => format!("The result is left here{clause}.\n"),
    };
    let next = match state {
        State::Success => format!("Check the result of {id} below, and go on with what it was for."),
        _ => format!(
            "Find out why {id} did not succeed (below), and decide whether to go on: handoff resume {id} --text …"
        ),
    };
    format!(
        "# Handoff — result of {id}\n\n## Immediate next action\n{next} The whole is in {file}.\n\n\
         ## Status as of its end\nA task that was handed to another agent ended: {}.\n{left}{}\n{quoted}{rest}",
        state.name(),
        task(about)
    )
}
