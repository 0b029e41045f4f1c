//! The progress of a run: a line each for its observer and in its file.

use std::io::Write;

use handoff_document::Timestamp;

use crate::Observer;

/// Takes lines. What cannot be written is left out: a run does not depend on being watched.
pub(crate) struct Journal<'o> {
    observer: &'o dyn Observer,
    file: Option<std::fs::File>,
}

impl<'o> Journal<'o> {
    pub(crate) fn new(file: Option<std::fs::File>, observer: &'o dyn Observer) -> Self {
        Self { observer, file }
    }

    /// `text`, a single line, with the time before it: so no line begins with a backend's words.
    pub(crate) fn line(&mut self, text: &str) {
        self.add(text, false);
    }

    /// The same of something that went wrong.
    pub(crate) fn warn(&mut self, text: &str) {
        self.add(&format!("warning: {text}"), true);
    }

    /// The same, of which it is known whether it is a warning.
    pub(crate) fn add(&mut self, text: &str, is_warning: bool) {
        let line = timed(text);
        self.observer.progress(&line, is_warning);
        self.raw(&line);
    }

    /// The last line of progress: how it ended, and why. Returns it without the reason, which is shown elsewhere.
    pub(crate) fn ended(&mut self, state: &str, why: &str) -> String {
        let line = timed(&format!("end: {state}"));
        self.raw(&format!("{}{}\n", line.trim_end(), why.replace(['\n', '\r'], " ")));
        line
    }

    /// A line in the file alone, of what is shown elsewhere.
    pub(crate) fn keep(&mut self, text: &str) {
        self.raw(&timed(text));
    }

    /// The line that ends it, which only we write.
    pub(crate) fn end(&mut self, line: &str) {
        self.raw(&format!("{line}\n"));
    }

    fn raw(&mut self, line: &str) {
        if self.file.as_mut().is_some_and(|file| file.write_all(line.as_bytes()).is_err()) {
            self.file = None;
        }
    }
}

/// `text` as a line with the time before it.
fn timed(text: &str) -> String {
    let now = Timestamp::now().to_string();
    format!("{} {}\n", now.get(11..19).unwrap_or_default(), text.replace(['\n', '\r'], " "))
}
