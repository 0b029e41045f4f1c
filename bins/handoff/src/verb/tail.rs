//! `handoff tail`: the progress of a run, and its result once there is one.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use handoff_document::Timestamp;
use handoff_files::FileError;
use handoff_process::Failure;
use handoff_runs::{Row, State};
use handoff_text::Sanitised;

use super::printed;
use crate::here::{self, Here};
use handoff_dispatch::{Excerpt, Part};

/// How much of a long progress is shown, in bytes.
const LAST: u64 = 16 << 10;

/// How much of a result is shown, in bytes.
const RESULT: u64 = 1 << 20;

/// How long a reason may be, in bytes.
const REASON: usize = 2_000;

/// How often to look for more.
const TICK: Duration = Duration::from_millis(200);

pub(crate) fn run(here: &Here<'_>, id: Option<&str>, follow: bool) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let mut row = here::find_or_newest(&runs, id)?;
    let files = runs.files(&row);
    let mut progress = Progress { path: &files.out, seen: None, is_unreadable: false };
    progress.show(here);
    while follow && row.state == State::Running {
        std::thread::sleep(TICK);
        here.reconcile(&runs)?;
        row = here::find(&runs, row.id.as_str())?;
        progress.show(here);
    }
    let code = match row.state {
        State::Running => 0,
        _ => result(here, &row, &files.result),
    };
    Ok(code | u8::from(progress.is_unreadable))
}

/// The progress of a run, shown as it comes.
struct Progress<'a> {
    path: &'a Path,
    /// How far it was shown; None while it was not there.
    seen: Option<u64>,
    /// Whether it could not be read, which is said once.
    is_unreadable: bool,
}

impl Progress<'_> {
    /// Shows what is new: the first time the end of it.
    fn show(&mut self, here: &Here<'_>) {
        if self.is_unreadable {
            return;
        }
        match self.show_new(here) {
            // A run makes it after it has begun.
            Err(error) if error.kind() == ErrorKind::NotFound && self.seen.is_none() => {}
            Err(error) => {
                here.output.complain(error);
                self.is_unreadable = true;
            }
            Ok(()) => {}
        }
    }

    fn show_new(&mut self, here: &Here<'_>) -> Result<(), FileError> {
        let file = handoff_files::open_regular(self.path)?;
        let first = file.size().saturating_sub(LAST);
        // The line that the end begins within is left out.
        let mut is_inside = self.seen.is_none() && first > 0;
        let mut seen = self.seen.unwrap_or(first);
        loop {
            let bytes = file.read_at(seen, LAST)?;
            // Whole lines only: the rest comes with the next look, but for a line that is longer than is read at once.
            let is_full = bytes.len() as u64 == LAST;
            let end = bytes.iter().rposition(|&b| b == b'\n').or(is_full.then(|| bytes.len() - 1));
            self.seen = Some(seen);
            let Some(end) = end else { return Ok(()) };
            let start = if is_inside {
                bytes.iter().position(|&b| b == b'\n').map_or(0, |newline| newline + 1)
            } else {
                0
            };
            is_inside = false;
            let lines = bytes.get(start..=end).unwrap_or_default();
            let lines = handoff_clock::local_times(&String::from_utf8_lossy(lines), Timestamp::now());
            printed(here.output, &Sanitised::from(lines.as_str()));
            seen += end as u64 + 1;
        }
    }
}

fn result(here: &Here<'_>, row: &Row, path: &Path) -> u8 {
    let read = match Excerpt::read(path, RESULT, Part::Beginning) {
        Ok(read) => read,
        Err(error) => {
            here.output.complain(format_args!("{}: {}: {error}", row.id, row.state.name()));
            return 1;
        }
    };
    let text = Sanitised::from(read.text.as_str());
    let text = match (text.trim_end(), &row.reason) {
        // There was no room for more than the head.
        ("", Some(reason)) => Sanitised::line(reason.as_bytes(), REASON).to_string(),
        (text, _) => text.to_owned(),
    };
    printed(here.output, &format!("\n{text}\n"));
    if read.left_out > 0 {
        let path = Sanitised::path(path);
        printed(here.output, &format!("\n[cut: {} bytes more in {path}]\n", read.left_out));
    }
    u8::from(row.state != State::Success)
}
