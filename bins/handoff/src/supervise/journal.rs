//! The progress of a run: a line each on standard error and in its file.

use std::io::Write;

use handoff_document::Timestamp;
use handoff_process::Output;

/// Takes lines. What cannot be written is left out: a run does not depend on being watched.
#[derive(Debug)]
pub(crate) struct Journal {
    output: Output,
    file: Option<std::fs::File>,
    /// Whether only warnings are shown.
    quiet: bool,
}

impl Journal {
    pub(crate) fn new(file: Option<std::fs::File>, output: Output, quiet: bool) -> Self {
        Self { output, file, quiet }
    }

    /// `words`, a single line, with the time before it: so no line begins with a backend's words.
    pub(crate) fn line(&mut self, words: &str) {
        let now = Timestamp::now().to_string();
        let time = now.get(11..19).unwrap_or_default();
        let line = format!("{time} {}\n", words.replace(['\n', '\r'], " "));
        if !self.quiet || words.starts_with("warning:") {
            self.show(&line);
        }
        self.raw(&line);
    }

    /// The last line of progress: how it ended, and why. Whoever looks on was told why.
    pub(crate) fn ended(&mut self, state: &str, why: &str) {
        let now = Timestamp::now().to_string();
        let time = now.get(11..19).unwrap_or_default();
        if !self.quiet {
            self.show(&format!("{time} end: {state}\n"));
        }
        self.raw(&format!("{time} end: {state}{}\n", why.replace(['\n', '\r'], " ")));
    }

    /// The same in the file alone, of what is shown elsewhere.
    pub(crate) fn keep(&mut self, words: &str) {
        let now = Timestamp::now().to_string();
        let time = now.get(11..19).unwrap_or_default();
        self.raw(&format!("{time} {}\n", words.replace(['\n', '\r'], " ")));
    }

    /// The line that ends it, which only we write.
    pub(crate) fn end(&mut self, line: &str) {
        self.raw(&format!("{line}\n"));
    }

    /// The file has UTC, a person the time of where they are.
    fn show(&self, line: &str) {
        self.output.note(&handoff_clock::local_times(line, Timestamp::now()));
    }

    fn raw(&mut self, line: &str) {
        if self.file.as_mut().is_some_and(|file| file.write_all(line.as_bytes()).is_err()) {
            self.file = None;
        }
    }
}
