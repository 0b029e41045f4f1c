//! What a transcript shows of one frame.
//!
//! The part behind the length that the offer recorded is read, at most [`WINDOW`] bytes of it, line by line: first the
//! line that has the frame, then an answer of the model. A transcript is another program's file, which is written while it
//! is read, so a line that makes no sense tells nothing.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;

use handoff_agents::Dialect;
use handoff_document::Timestamp;
use handoff_jsonl::{Limits, Line, Lines, Value};
use memchr::memmem;

use crate::dialects::{Message, is_hook_output, message};

/// The most bytes of a transcript that are looked at for one frame.
pub const WINDOW: u64 = 8 << 20;

/// How many bytes are read at once.
const PORTION: usize = 128 << 10;

/// A line is looked at whole up to 1 MiB; of a longer one the strings are cut.
pub(crate) const LIMITS: Limits = Limits { line: 1 << 20, string: 256, rest: 256 << 10 };

/// The most bytes of answers that are searched for an acknowledgement.
const ANSWERS: usize = 256 << 10;

/// What was asked of a transcript.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// The transcript.
    pub(crate) path: &'a Path,
    /// Its size when the frame was printed.
    pub(crate) length: u64,
    /// The frame's digits.
    pub(crate) frame: &'a str,
    /// Its format.
    pub(crate) dialect: Dialect,
    /// Whether only a line counts that the host itself writes for a hook's output. Anything else could be what a tool
    /// printed.
    pub(crate) strict: bool,
    /// What an answer is searched for after the first one; `None` stops at that.
    pub(crate) token: Option<&'a str>,
    /// When to stop.
    pub(crate) until: Instant,
}

/// What a transcript holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// There is none.
    Missing,
    /// What is there cannot be evidence.
    Unusable,
    /// There was no time.
    NotLooked,
    /// It was read.
    Read(Finding),
}

/// What was found behind the recorded length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The line that has the frame.
    pub(crate) entry: Option<Vec<u8>>,
    /// Whether an answer follows it.
    pub(crate) is_answered: bool,
    /// When the first answer was given, where the transcript says so.
    pub(crate) answered_at: Option<Timestamp>,
    /// The answers after the frame, as they stand in the transcript.
    pub(crate) answers: Vec<u8>,
    /// Whether there is an answer although the frame is nowhere.
    pub(crate) is_not_given: bool,
    /// Whether the turn that had the frame is over.
    pub(crate) turn_is_over: bool,
}

impl Finding {
    /// Whether the line with the frame holds `token` too.
    pub(crate) fn shows(&self, token: &str) -> bool {
        self.entry.as_ref().is_some_and(|entry| memmem::find(entry, token.as_bytes()).is_some())
    }

    /// Whether an answer holds `token`.
    pub(crate) fn acknowledges(&self, token: &str) -> bool {
        memmem::find(&self.answers, token.as_bytes()).is_some()
    }
}

/// Looks at the transcript.
pub(crate) fn look(question: &Question<'_>) -> Look {
    if Instant::now() >= question.until {
        return Look::NotLooked;
    }
    let file = match handoff_files::open_regular(question.path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Look::Missing,
        Err(_) => return Look::Unusable,
    };
    if !file.access().is_ok_and(handoff_files::Access::is_ours) {
        return Look::Unusable;
    }
    // One that is shorter than it was has been written anew.
    let from = if file.size() < question.length { 0 } else { question.length };
    let mut file = file.into_file();
    let mut search = Search { question, finding: Finding::default(), lines: 0, understood: 0 };
    match file.seek(SeekFrom::Start(from)).and_then(|_| search.read(file.take(WINDOW))) {
        Ok(()) => search.outcome(),
        Err(_) => Look::Unusable,
    }
}

struct Search<'q> {
    question: &'q Question<'q>,
    finding: Finding,
    lines: usize,
    /// How many of the lines are of a form that the dialect has.
    understood: usize,
}

impl Search<'_> {
    fn read(&mut self, mut bytes: impl Read) -> std::io::Result<()> {
        let mut lines = Lines::new(LIMITS, |_| false);
        let mut portion = vec![0; PORTION];
        loop {
            if self.is_enough() || Instant::now() >= self.question.until {
                return Ok(());
            }
            match bytes.read(&mut portion) {
                Ok(0) => break,
                Ok(count) => lines.push(&portion[..count], &mut |line| self.line(line)),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // A last line without its end may be whole already.
        lines.finish(&mut |line| self.line(line));
        Ok(())
    }

    fn is_enough(&self) -> bool {
        let finding = &self.finding;
        let is_found = self.question.token.is_none_or(|token| finding.acknowledges(token));
        finding.is_answered && (is_found || finding.answers.len() >= ANSWERS)
    }

    fn line(&mut self, line: Line<'_>) {
        let bytes = line.bytes;
        if bytes.is_empty() {
            return;
        }
        self.lines += 1;
        self.understood += usize::from(bytes.starts_with(b"{\""));
        if self.finding.entry.is_none() && memmem::find(bytes, self.question.frame.as_bytes()).is_some() {
            if !self.question.strict || is_hook_output(self.question.dialect, bytes, self.question.frame) {
                self.finding.entry = Some(bytes.to_vec());
                // What stands before it was copied from an earlier session, as in a fork.
                self.finding.is_not_given = false;
            }
            return;
        }
        match message(self.question.dialect, bytes) {
            Some(Message::Answer(texts)) => self.answer(bytes, &texts),
            Some(Message::TurnOver) if self.finding.entry.is_some() => self.finding.turn_is_over = true,
            Some(Message::Forgotten) if self.finding.entry.is_some() && !self.finding.is_answered => {
                self.finding.entry = None;
                self.finding.turn_is_over = true;
            }
            Some(Message::TurnOver | Message::Forgotten) | None => {}
        }
    }

    fn answer(&mut self, line: &[u8], texts: &[Value<'_>]) {
        let finding = &mut self.finding;
        if finding.entry.is_none() {
            finding.is_not_given = true;
            return;
        }
        if !finding.is_answered {
            finding.is_answered = true;
            finding.answered_at = time(line);
        }
        for text in texts {
            let room = ANSWERS.saturating_sub(finding.answers.len());
            finding.answers.extend(text.bytes().iter().take(room));
            finding.answers.push(b'\n');
        }
    }

    fn outcome(self) -> Look {
        // A file whose lines are of no form that is known tells nothing, not that there was no answer.
        if self.lines > 0 && self.understood == 0 { Look::Unusable } else { Look::Read(self.finding) }
    }
}

/// The time of a line: `"timestamp":"2026-11-21T10:00:00.123Z"`.
fn time(line: &[u8]) -> Option<Timestamp> {
    const SECONDS: usize = "2026-11-21T10:00:00".len();
    let [time] = Value::new(line).pick(["timestamp"])?;
    let time = time?.string()?.bytes();
    Timestamp::parse(&format!("{}Z", std::str::from_utf8(time.get(..SECONDS)?).ok()?))
}
