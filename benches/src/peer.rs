//! handoff-cli, whose work `handoff` took over, beside it in the same run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;
use crate::cases::Row;
use crate::dispatch::{Stage, events, result};
use crate::measure::beside;

/// The last version that was measured and read.
const VERSION: &str = "handoff-cli==0.3.9";

/// Its configuration of a backend. Without `pty: []` its claude backends never start on Linux.
const CONFIG: &str = "backends:\n  fake: { type: claude, model: m, pty: [] }\n";

/// A row for each thing that both do, ours over theirs; none where theirs cannot be had, which is said.
pub(crate) fn all(programs: &Path) -> Result<Vec<Row>, Failure> {
    let theirs = match program(programs) {
        Ok(theirs) => theirs,
        Err(why) => {
            eprintln!("{VERSION} is not measured: {why}");
            return Ok(Vec::new());
        }
    };
    let ours = Stage::new(&programs.join("handoff"), crate::dispatch::CONFIG)?;
    let theirs = Stage::new(&theirs, CONFIG)?;
    let row = |case: &str, times| Row::ratio(case, times, "handoff-cli", 1.0);
    let mut rows = Vec::new();
    for verb in ["--help", "env"] {
        let times = beside(20, || Ok(()), || ours.handoff(&[verb]), || theirs.handoff(&[verb]))?;
        rows.push(row(&format!("handoff {verb}"), times));
    }
    for (case, says, turns) in [
        ("a run of an instant backend", result("done"), 20),
        ("a run of 100 MB of events", events(100_000_000), 2),
        ("a run of one line of 20 MB", result(&"x".repeat(20_000_000)), 3),
    ] {
        ours.says(&says)?;
        theirs.says(&says)?;
        rows.push(row(case, beside(turns, || Ok(()), || ours.run(), || theirs.run())?));
    }
    ours.fill(10_000)?;
    theirs.fill(10_000)?;
    let times = beside(20, || Ok(()), || ours.handoff(&["list"]), || theirs.handoff(&["list"]))?;
    rows.push(row("list of 10,000 runs", times));
    Ok(rows)
}

/// Where it is, installed beside our programs' build when it is not there yet.
fn program(programs: &Path) -> Result<PathBuf, Failure> {
    let place = programs.join("handoff-cli");
    let program = place.join("bin/handoff");
    if program.is_file() {
        return Ok(program);
    }
    let done = |command: &mut Command| -> Result<(), Failure> {
        let output = command.stdin(Stdio::null()).output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into()),
        }
    };
    done(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    done(Command::new(place.join("bin/pip")).args(["install", "--quiet", VERSION]))?;
    Ok(program)
}
