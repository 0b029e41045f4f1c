//! How a run ends: first the result file, then the row.
//!
//! The result file says its state itself, at its top where no backend can write, so that its reader needs no
//! list, and a list that could not be written to is put right from it.
//!
//! ```text
//! ---
//! run: 261121-ds-B7-fix-login
//! state: error
//! reason: "API Error: 401"
//! backend: "deepseek"
//! started: 2026-11-21T10:00:00Z
//! ended: 2026-11-21T10:04:05Z
//! ---
//!
//! <what the backend said>
//! ```

use std::path::PathBuf;
use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::{FileError, reason};

use crate::error::RecordError;
use crate::id::RunId;
use crate::row::{Info, State, Usage};
use crate::run::Run;
use crate::{Runs, files};

/// How long a run waits for the list when it ends.
const END_BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a reason may be, in characters: a line of a list.
const MAX_REASON_CHARS: usize = 500;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending<'a> {
    /// Any but `Running`.
    pub state: State,
    /// Why, in a line, when there is something to say. Of more only the beginning is kept.
    pub reason: Option<&'a str>,
    /// The result, or all that there is to say instead. Any bytes.
    pub text: &'a [u8],
    /// What it used, all in all; None leaves what was noted.
    pub usage: Option<Usage>,
    /// The same of the whole conversation, as the backend counts it; None where that is unknown.
    pub conversation_usage: Option<Usage>,
    /// Whether the result is wanted as a handoff, asked for at the start or not: the list has it so from now on.
    pub to_inbox: bool,
}

/// What came of it.
#[derive(Debug)]
#[must_use = "a result that could not be written is not to be announced"]
pub struct Ended {
    /// The state that was recorded: a success whose result could not be written is an error.
    pub state: State,
    /// The result file, complete and on disk; or why there is none, or only one that says so.
    pub result: Result<PathBuf, FileError>,
    /// Why the list does not have it.
    pub unrecorded: Option<RecordError>,
}

impl Run<'_> {
    /// Ends the run: the result file whole and on disk, then the row, then the locks. In between, `deliver` gets the state,
    /// may send the result to where it is wanted, and returns whether that is done: a process that is killed there leaves a
    /// run that is found by the next command.
    pub fn finish(mut self, ending: &Ending<'_>, deliver: impl FnOnce(State) -> bool) -> Ended {
        let mut state = ending.state;
        self.info.pid = None;
        self.info.supervisor = None;
        self.info.ended = Some(Timestamp::now().to_string());
        self.info.reason = ending.reason.map(one_line);
        if ending.usage.is_some() {
            self.info.usage.clone_from(&ending.usage);
        }
        self.info.conversation_usage.clone_from(&ending.conversation_usage);
        self.info.to_inbox |= ending.to_inbox;
        let result = self.runs.write_result(&self.id, &self.backend, state, &self.info, ending.text);
        if let Err(error) = &result {
            if state == State::Success {
                state = State::Error;
            }
            self.info.reason = Some(format!("could not write the result: {}", reason(&error.source)));
            // The few bytes that say so may fit where the result did not; when not, the row says it.
            let _ = self.runs.write_result(&self.id, &self.backend, state, &self.info, b"");
        }
        self.runs.deliver_once(&self.id, || deliver(state));
        self.unrecorded = self.record(state, END_BUSY_TIMEOUT).err();
        if self.unrecorded.is_none() {
            self.runs.forget_delivered(&self.id);
        }
        // A lock file that stays is free, and the result file tells how it ended.
        let _ = self.lock.remove();
        Ended { state, result, unrecorded: self.unrecorded }
    }
}

impl Runs {
    pub(crate) fn write_result(
        &self,
        id: &RunId,
        backend: &str,
        state: State,
        info: &Info,
        text: &[u8],
    ) -> Result<PathBuf, FileError> {
        let mut head = format!("---\nrun: {id}\nstate: {}\n", state.name());
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let fields = [
            ("reason", info.reason.as_deref().map(quoted)),
            ("backend", Some(quoted(backend))),
            ("started", info.started.clone()),
            ("ended", info.ended.clone()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                head.push_str(&format!("{name}: {value}\n"));
            }
        }
        head.push_str("---\n\n");
        let end: &[u8] = if text.is_empty() || text.ends_with(b"\n") { b"" } else { b"\n" };
        let name = format!("{id}{}", files::RESULT);
        self.tasks.temporary(&[head.as_bytes(), text, end])?.replace(&name)?;
        self.tasks.sync()?;
        Ok(self.tasks.path_of(name))
    }
}

/// The state and the text in the bytes of a result file. handoff-cli's have the text only.
pub fn split_result(result: &[u8]) -> (Option<State>, &[u8]) {
    let split = || {
        let (head, text) = split_head(result)?;
        Some((state_in(head)?, text))
    };
    split().map_or((None, result), |(state, text)| (Some(state), text))
}

/// The state and the reason that the head of a result file says.
pub(crate) fn result_head(result: &[u8]) -> Option<(State, Option<String>)> {
    let (head, _) = split_head(result)?;
    let reason = field(head, b"reason: ").and_then(|reason| serde_json::from_slice(reason).ok());
    Some((state_in(head)?, reason))
}

fn split_head(result: &[u8]) -> Option<(&[u8], &[u8])> {
    const START: &[u8] = b"---\nrun: ";
    const END: &[u8] = b"\n---\n\n";
    let end = result.strip_prefix(START)?.windows(END.len()).position(|bytes| bytes == END)?;
    let (head, text) = result.split_at(START.len() + end);
    Some((head, &text[END.len()..]))
}

fn state_in(head: &[u8]) -> Option<State> {
    State::parse(std::str::from_utf8(field(head, b"state: ")?).ok()?)
}

fn field<'h>(head: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    head.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_pass_for_the_head() {
        let (state, text) = split_result(b"---\nrun: 1-a\nstate: error\n---\n\nstate: success\n---\n\nx");
        assert_eq!((state, text), (Some(State::Error), &b"state: success\n---\n\nx"[..]));
        for plain in
            [&b"done"[..], b"", b"---\nrun: 1", b"---\nrun: 1\nstate: odd\n---\n\nx", b"---\na: b\n---\n\n"]
        {
            assert_eq!(split_result(plain), (None, plain));
        }
    }

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("a\n---\n\n\tb"), "a --- b");
        assert_eq!(one_line(&"x".repeat(9000)).len(), MAX_REASON_CHARS);
    }
}
