//! `cargo run --release -p benches`: what the released programs cost, each beside a yardstick in the same run.
//!
//! Ratios, not times: the two commands of a row take turns, so a busy machine slows both. Every run does its job for
//! real, on a store that is made anew outside the timing. `handoffs`, `dispatch`, `board`, `capture`, `mcp`, `reach` or `sealed` after the command
//! measures only that; `HANDOFF_BENCHES_PROGRAMS` names a directory of released programs that need not be built first. Exit code 1 when a
//! limit is not held. `TMPDIR` names the file system that is measured on: where creating a file is slow, an offer is, which creates three.
//!
//! `secrets` measures no time: how many secrets are found, and how many findings are none.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench sets up files by hand and prints a table"
)]

mod board;
mod cases;
mod dispatch;
mod handover;
mod hook;
mod mcp;
mod measure;
mod peer;
mod reach;
mod sealed;
mod secrets;
mod setup;
mod stage;

use std::path::Path;
use std::process::ExitCode;

use cases::Row;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("secrets") {
        return match secrets::measure() {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("benches: {error}");
                ExitCode::FAILURE
            }
        };
    }
    match table() {
        Ok(rows) => {
            print(&rows);
            if rows.iter().all(Row::is_held) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("benches: {error}");
            ExitCode::FAILURE
        }
    }
}

fn table() -> Result<Vec<Row>, Failure> {
    // This one runs none of them.
    if std::env::args().nth(1).as_deref() == Some("sealed") {
        return sealed::all();
    }
    let programs = match std::env::var_os("HANDOFF_BENCHES_PROGRAMS") {
        Some(programs) => programs.into(),
        None => installer::build(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))?,
    };
    match std::env::args().nth(1).as_deref() {
        None => cases::all(&programs),
        Some("handoffs") => cases::handoffs(&programs),
        Some("capture") => handover::all(&programs),
        Some("board") => board::alone(&programs),
        Some("mcp") => mcp::all(&programs),
        Some("reach") => reach::all(&programs),
        Some("dispatch") => Ok([dispatch::all(&programs)?, peer::all(&programs)?].concat()),
        Some(other) => Err(format!(
            "there is no group `{other}`: handoffs, dispatch, board, capture, mcp, reach, sealed or secrets"
        )
        .into()),
    }
}

fn print(rows: &[Row]) {
    println!("\n{:<64} {:>14} {:>14} {:>10} {:>10}", "case", "measured", "yardstick", "ratio", "limit");
    for row in rows {
        let mark = if row.is_held() { "" } else { "  NOT HELD" };
        println!(
            "{:<64} {:>14} {:>14} {:>10} {:>10}{mark}",
            row.case, row.measured, row.yardstick, row.value, row.limit
        );
    }
}
