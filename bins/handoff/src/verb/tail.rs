//! `handoff tail`: the progress of a run, and its result once there is one.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use handoff_process::Failure;
use handoff_runs::{Row, State, split_result};
use handoff_text::Sanitised;

use super::printed;
use crate::here::Here;

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
    let mut row = here.find_or_newest(&runs, id)?;
    let files = runs.files(&row);
    let mut seen = show_last(here, &files.out);
    while follow && row.state == State::Running {
        std::thread::sleep(TICK);
        here.reconcile(&runs)?;
        row = here.find(&runs, row.id.as_str())?;
        seen = show_from(here, &files.out, seen, false);
    }
    match row.state {
        State::Running => Ok(0),
        _ => Ok(result(here, &row, &files.result)),
    }
}

/// The end of the progress; gives how far it went.
fn show_last(here: &Here<'_>, path: &Path) -> u64 {
    let size = handoff_files::open_named(path)
        .ok()
        .and_then(|file| file.metadata().ok())
        .map_or(0, |file| file.len());
    let from = size.saturating_sub(LAST);
    show_from(here, path, from, from > 0)
}

/// All whole lines from there on, without the first where `is_inside` says that it began earlier.
fn show_from(here: &Here<'_>, path: &Path, from: u64, is_inside: bool) -> u64 {
    let Ok(mut file) = handoff_files::open_named(path) else { return from };
    if file.seek(SeekFrom::Start(from)).is_err() {
        return from;
    }
    let (mut seen, mut is_inside) = (from, is_inside);
    loop {
        let mut bytes = Vec::new();
        let read = file.by_ref().take(LAST).read_to_end(&mut bytes);
        // Whole lines only: the rest comes with the next look.
        let Some(end) = bytes.iter().rposition(|&b| b == b'\n').filter(|_| read.is_ok()) else { return seen };
        let start = match is_inside {
            true => bytes.iter().position(|&b| b == b'\n').map_or(0, |newline| newline + 1),
            false => 0,
        };
        is_inside = false;
        printed(here.output, &Sanitised::from(String::from_utf8_lossy(&bytes[start..=end]).as_ref()));
        seen += end as u64 + 1;
        if file.seek(SeekFrom::Start(seen)).is_err() {
            return seen;
        }
    }
}

fn result(here: &Here<'_>, row: &Row, path: &Path) -> u8 {
    let Ok((bytes, _)) = handoff_files::read_named(path, RESULT) else { return 1 };
    let (_, text) = split_result(&bytes);
    let text = Sanitised::from(String::from_utf8_lossy(text).as_ref());
    let text = match (text.trim_end(), &row.reason) {
        // There was no room for more than the head.
        ("", Some(reason)) => Sanitised::line(reason.as_bytes(), REASON).to_string(),
        (text, _) => text.to_owned(),
    };
    printed(here.output, &format!("\n{text}\n"));
    u8::from(row.state != State::Success)
}
