//! `handoff tail`: the progress of a run, and its result once there is one.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use handoff_runs::{State, split_result};
use handoff_text::Sanitised;

use super::printed;
use crate::here::{Failure, Here};

/// How much of a long progress is shown, in bytes.
const LAST: u64 = 16 << 10;

/// How much of a result is shown, in bytes.
const RESULT: u64 = 1 << 20;

/// How often to look for more.
const TICK: Duration = Duration::from_millis(200);

pub(crate) fn run(here: &Here<'_>, id: Option<&str>, follow: bool) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let mut row = here.find(&runs, id)?;
    let files = runs.files(&row);
    let mut seen = show_last(here, &files.out);
    while follow && row.state == State::Running {
        std::thread::sleep(TICK);
        runs.reconcile()?;
        row = here.find(&runs, Some(row.id.as_str()))?;
        seen = show_from(here, &files.out, seen);
    }
    match row.state {
        State::Running => Ok(0),
        _ => Ok(result(here, row.state, &files.result)),
    }
}

/// The end of the progress; gives how far it went.
fn show_last(here: &Here<'_>, path: &Path) -> u64 {
    let size = handoff_files::open_named(path)
        .ok()
        .and_then(|file| file.metadata().ok())
        .map_or(0, |file| file.len());
    show_from(here, path, size.saturating_sub(LAST))
}

fn show_from(here: &Here<'_>, path: &Path, from: u64) -> u64 {
    let Ok(mut file) = handoff_files::open_named(path) else { return from };
    let mut bytes = Vec::new();
    let read = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(LAST).read_to_end(&mut bytes));
    // Whole lines only: the rest comes with the next look.
    let end = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
    if read.is_ok() && end > 0 {
        printed(here.output, &Sanitised::from(String::from_utf8_lossy(&bytes[..end]).as_ref()));
    }
    from + end as u64
}

fn result(here: &Here<'_>, state: State, path: &Path) -> u8 {
    let Ok((bytes, _)) = handoff_files::read_named(path, RESULT) else { return 1 };
    let (_, text) = split_result(&bytes);
    let text = Sanitised::from(String::from_utf8_lossy(text).as_ref());
    printed(here.output, &format!("\n{}\n", text.trim_end()));
    u8::from(state != State::Success)
}
