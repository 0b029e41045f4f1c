//! `handoff runs delete` and `handoff runs prune`: deletes runs that have ended.

use std::time::Duration;

use handoff_document::Timestamp;
use handoff_process::Failure;
use handoff_runs::Row;
use handoff_text::Sanitised;

use super::printed;
use crate::here::{self, Here};

/// The longest id and prompt in a line, in bytes.
const MAX_ID_BYTES: usize = 160;
const MAX_PROMPT_BYTES: usize = 60;

/// Deletes the runs `ids`: all that can be, and says why another one cannot.
pub(crate) fn run(here: &Here<'_>, ids: &[String]) -> Result<u8, Failure> {
    let runs = here.runs()?;
    // A mistyped one is found before anything is gone.
    let rows: Vec<Row> = ids.iter().map(|id| here::find(&runs, id)).collect::<Result<_, _>>()?;
    let mut code = 0;
    for row in &rows {
        match runs.delete(row) {
            Ok(()) => code = code.max(printed(here.output, &line("deleted", row))),
            Err(error) => {
                here.output.complain(error);
                code = 1;
            }
        }
    }
    Ok(code)
}

/// Deletes the runs that ended longer ago than `older_than`.
pub(crate) fn prune(here: &Here<'_>, older_than: Duration, dry_run: bool) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let seconds = i64::try_from(older_than.as_secs()).unwrap_or(i64::MAX);
    let then = Timestamp::from_seconds(Timestamp::now().seconds().saturating_sub(seconds));
    let rows = runs.ended_before(then)?;
    let verb = if dry_run { "would delete" } else { "deleted" };
    let (mut text, mut code, mut count) = (String::new(), 0, 0);
    for row in &rows {
        let deleted = if dry_run { Ok(()) } else { runs.delete(row) };
        match deleted {
            Ok(()) => {
                count += 1;
                text.push_str(&line(verb, row));
            }
            Err(error) => {
                here.output.complain(error);
                code = 1;
            }
        }
    }
    let runs = if count == 1 { "run" } else { "runs" };
    text.push_str(&format!("{verb} {count} {runs}\n"));
    Ok(printed(here.output, &text).max(code))
}

fn line(verb: &str, row: &Row) -> String {
    let id = Sanitised::line(row.id.as_str().as_bytes(), MAX_ID_BYTES);
    let prompt = Sanitised::line(row.prompt.as_bytes(), MAX_PROMPT_BYTES);
    format!("{verb}: {id}  {prompt}\n")
}
