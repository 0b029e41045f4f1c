//! What is measured, and the limits.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::hook::{rev_parse, start};
use crate::measure::{beside, peak};
use crate::stage::{Stage, body};

/// One line of the table.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) measured: String,
    pub(crate) yardstick: String,
    pub(crate) value: String,
    pub(crate) limit: String,
    held: bool,
}

impl Row {
    pub(crate) fn ratio(case: &str, (own, yardstick): (Duration, Duration), name: &str, limit: f64) -> Self {
        let ratio = own.as_secs_f64() / yardstick.as_secs_f64();
        let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
        Self {
            case: format!("{case} / {name}"),
            measured: ms(own),
            yardstick: ms(yardstick),
            value: format!("{ratio:.2}"),
            limit: format!("{limit:.2}"),
            held: ratio <= limit,
        }
    }

    /// A number with a limit; one that this machine cannot take is said and held against nobody.
    pub(crate) fn number(case: &str, value: Option<u64>, limit: u64, unit: &str) -> Self {
        Self {
            case: case.to_owned(),
            measured: value.map_or_else(|| "no tool".to_owned(), |value| format!("{value} {unit}")),
            yardstick: String::new(),
            value: String::new(),
            limit: limit.to_string(),
            held: value.is_none_or(|value| value <= limit),
        }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held
    }
}

pub(crate) fn all(programs: &Path) -> Result<Vec<Row>, Failure> {
    let mut rows = sizes(programs)?;
    rows.extend(crate::setup::all(programs)?);
    rows.extend(crate::dispatch::all(programs)?);
    rows.extend(crate::peer::all(programs)?);
    rows.extend(handoffs(programs)?);
    rows.extend(crate::handover::all(programs)?);
    rows.extend(crate::mcp::all(programs)?);
    rows.extend(crate::reach::all(programs)?);
    rows.extend(crate::sealed::all()?);
    Ok(rows)
}

/// What surfacing and writing handoffs costs.
pub(crate) fn handoffs(programs: &Path) -> Result<Vec<Row>, Failure> {
    let stage = Stage::new(programs, 50)?;
    // First: making and removing many files keeps a file system busy for a while.
    let mut rows = crate::hook::all(&stage)?;
    for files in [50, 20_000] {
        rows.push(nothing_waiting(&Stage::new(programs, files)?, files)?);
    }
    rows.push(archive_is_free(&Stage::new(programs, 50)?)?);
    rows.extend(large(&stage)?);
    rows.push(writing(&Stage::new(programs, 20_000)?)?);
    Ok(rows)
}

fn sizes(programs: &Path) -> Result<Vec<Row>, Failure> {
    let limits = [
        ("session-start", 2_500_000),
        ("inbox", 2_800_000),
        ("handoff-write", 4_000_000),
        ("handoff", 9_000_000),
        ("handover", 9_000_000),
        ("handoff-mcp", 2_500_000),
    ];
    let row = |(name, limit): (&str, u64)| {
        let size = fs::metadata(programs.join(name))?.len();
        Ok(Row::number(&format!("size of {name}"), Some(size), limit, "B"))
    };
    limits.into_iter().map(row).collect()
}

fn nothing_waiting(stage: &Stage, files: usize) -> Result<Row, Failure> {
    stage.fill(0, "")?;
    let times = beside(500, || Ok(()), || idle(stage), || rev_parse(stage))?;
    Ok(Row::ratio(&format!("nothing waiting, {files} files"), times, "git rev-parse HEAD", 0.65))
}

fn idle(stage: &Stage) -> Command {
    start(stage, "idle").expect("the payload can be written")
}

fn archive_is_free(stage: &Stage) -> Result<Row, Failure> {
    stage.fill(0, "")?;
    stage.archive(100_000)?;
    let times = beside(300, || Ok(()), || idle(stage), || rev_parse(stage))?;
    Ok(Row::ratio("nothing waiting, 100,000 archived", times, "git rev-parse HEAD", 0.65))
}

fn plain(stage: &Stage) -> Command {
    stage.command("session-start", &["--format", "plain"])
}

fn large(stage: &Stage) -> Result<[Row; 2], Failure> {
    let text = "x".repeat(50_000_000);
    let copy = tempfile::NamedTempFile::new()?;
    fs::write(copy.path(), &text)?;
    File::open(copy.path())?.sync_all()?;
    let sum = || {
        let mut sum = stage.plain("sha256sum");
        sum.arg(copy.path());
        sum
    };
    let times = beside(5, || stage.fill(1, &text), || plain(stage), sum)?;
    stage.fill(1, &text)?;
    let memory = peak(&plain(stage), Stdio::null());
    let memory = Row::number("memory, one line of 50 MB", memory, 120_000_000, "B");
    Ok([Row::ratio("one line of 50 MB", times, "sha256sum of it", 4.0), memory])
}

fn writing(stage: &Stage) -> Result<Row, Failure> {
    let draft = tempfile::NamedTempFile::new()?;
    fs::write(draft.path(), body(4_000))?;
    let path = draft.path().to_string_lossy().into_owned();
    let write = || stage.command("handoff-write", &["--file", &path]);
    let status = || {
        let mut git = stage.plain("git");
        git.args(["status", "--porcelain"]);
        git
    };
    let times = beside(20, || Ok(()), write, status)?;
    Ok(Row::ratio("handoff-write, 20,000 files", times, "git status --porcelain", 1.2))
}
