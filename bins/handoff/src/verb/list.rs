//! `handoff list`: what was run. On a terminal a live view, elsewhere rows.

use std::borrow::Cow;
use std::path::Path;

use handoff_board::{Detail, Document, Left, Source, Tokens};
use handoff_document::{Timestamp, age};
use handoff_process::{Failure, Status};
use handoff_runs::{Filter, Row, Runs, State};
use handoff_text::Sanitised;
use serde::Serialize;

use super::shown::{Part, Text};
use super::{open, printed, stop, tail};
use crate::args::List;
use crate::here::Here;

/// How many are listed where nothing else is said.
const SHOWN: usize = 50;

/// How much of a text the view is given, in bytes.
const MOST: u64 = 1 << 20;

pub(crate) fn run(here: &Here<'_>, list: &List) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let limit = list.number.or((!list.all).then_some(SHOWN));
    let filter = Filter { limit, ..Filter::default() };
    if list.json {
        let mut entries = Entries::new(&runs);
        match &list.id {
            Some(id) => entries.add(&here.find(&runs, id)?),
            None => runs.each(&filter, |row| entries.add(&row))?,
        }
        return Ok(u8::from(here.output.json(&entries.end()?) != Status::Done));
    }
    if here.output.is_terminal() && list.id.is_none() {
        return view(here, runs);
    }
    let rows = match &list.id {
        Some(id) => vec![here.find(&runs, id)?],
        None => runs.list(&filter)?,
    };
    if rows.is_empty() {
        return Ok(printed(here.output, "(no runs)\n"));
    }
    Ok(printed(here.output, &plain(&rows)))
}

/// The strict way first: it is several times as fast.
fn lossy(path: &Path) -> Cow<'_, str> {
    path.to_str().map_or_else(|| path.to_string_lossy(), Cow::Borrowed)
}

/// A run as `--json` has it.
#[derive(Serialize)]
struct Entry<'a> {
    number: u64,
    id: &'a str,
    uuid: &'a str,
    session: &'a str,
    state: &'a str,
    reason: Option<&'a str>,
    backend: &'a str,
    model: Option<&'a str>,
    pro: bool,
    cwd: Cow<'a, str>,
    prompt: &'a str,
    started: Option<String>,
    ended: Option<String>,
    usage: Option<Used>,
    result: Cow<'a, str>,
    progress: Cow<'a, str>,
    stream: Cow<'a, str>,
}

/// What it used, in tokens, US dollars and turns.
#[derive(Serialize)]
struct Used {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
    /// Null where the backend does not tell.
    cost_usd: Option<f64>,
    turns: u64,
}

/// The text of a JSON array, written as the runs come: lists are long.
struct Entries<'r> {
    runs: &'r Runs,
    text: Vec<u8>,
    failed: Option<serde_json::Error>,
}

impl<'r> Entries<'r> {
    fn new(runs: &'r Runs) -> Self {
        Self { runs, text: b"[".to_vec(), failed: None }
    }

    fn add(&mut self, row: &Row) {
        let files = self.runs.files(row);
        let usage = row.usage.as_ref().map(|usage| Used {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_input_tokens: usage.cache_read_input_tokens,
            cost_usd: Some(usage.cost_usd).filter(|&cost| cost > 0.0),
            turns: usage.turns,
        });
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let entry = Entry {
            number: row.number,
            id: row.id.as_str(),
            uuid: &row.uuid,
            session: &row.session,
            state: row.state.name(),
            reason: row.reason.as_deref(),
            backend: &row.backend,
            model: row.model.as_deref(),
            pro: row.pro,
            cwd: lossy(&row.cwd),
            prompt: &row.prompt,
            started: time(row.started),
            ended: time(row.ended),
            usage,
            result: lossy(&files.result),
            progress: lossy(&files.out),
            stream: lossy(&files.stream),
        };
        if self.text.len() > 1 {
            self.text.push(b',');
        }
        self.failed = self.failed.take().or(serde_json::to_writer(&mut self.text, &entry).err());
    }

    fn end(mut self) -> Result<String, Failure> {
        self.text.push(b']');
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(String::from_utf8(self.text)?),
        }
    }
}

fn line(text: &str, limit: usize) -> String {
    handoff_columns::reduced(&Sanitised::line(text.as_bytes(), limit))
}

fn plain(rows: &[Row]) -> String {
    let header = ["RUN", "DATE", "STATUS", "BACKEND", "IN/OUT/CACHED", "CWD", "PROMPT"].map(str::to_owned);
    let now = Timestamp::now();
    let cells = rows.iter().map(|row| {
        let cwd = row.cwd.file_name().unwrap_or(row.cwd.as_os_str()).to_string_lossy();
        [
            line(row.id.as_str(), 80),
            row.started.map_or_else(|| "-".to_owned(), |then| age(then, now)),
            row.state.name().to_owned(),
            line(&row.backend, 20),
            row.usage.as_ref().map_or_else(
                || "-".to_owned(),
                |usage| {
                    format!(
                        "{}/{}/{}",
                        usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens
                    )
                },
            ),
            line(&cwd, 30),
            line(&row.prompt, 60),
        ]
    });
    let table: Vec<[String; 7]> = std::iter::once(header).chain(cells).collect();
    let width =
        |column: usize| table.iter().map(|row| handoff_columns::width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let pad = |(text, &width): (&String, &usize)| handoff_columns::padded(text, width + 2, false);
    let lines =
        table.iter().map(|row| row.iter().zip(&widths).map(pad).collect::<String>().trim_end().to_owned());
    lines.map(|line| line + "\n").collect()
}

/// The live view, and what was chosen there.
fn view(here: &Here<'_>, runs: Runs) -> Result<u8, Failure> {
    let mut shown = Shown { here, runs };
    match here.holding(|| handoff_board::show(&mut shown, here.output.colour))? {
        Left::Quit => Ok(0),
        Left::Open(id) => open::run(here, Some(&id), None),
        Left::Follow(id) => tail::run(here, Some(&id), true),
        Left::Signal(signal) => Ok(u8::try_from(128 + signal).unwrap_or(1)),
    }
}

/// What the view asks.
struct Shown<'a, 'h> {
    here: &'a Here<'h>,
    runs: Runs,
}

impl Shown<'_, '_> {
    fn row(&self, id: &str) -> Result<Row, String> {
        self.here.find(&self.runs, id).map_err(|failure| failure.words)
    }
}

impl Source for Shown<'_, '_> {
    fn rows(&mut self) -> Result<Vec<handoff_board::Row>, String> {
        self.here.reconcile(&self.runs).map_err(|error| error.to_string())?;
        let rows = self.runs.list(&Filter::default()).map_err(|error| error.to_string())?;
        let now = Timestamp::now();
        Ok(rows.iter().map(|row| board_row(row, now)).collect())
    }

    fn detail(&mut self, id: &str) -> Result<Detail, String> {
        let row = self.row(id)?;
        let files = self.runs.files(&row);
        let document = |path: &Path, part| Document {
            text: Text::describe(path, MOST, part),
            path: Sanitised::path(path).to_string(),
        };
        let is_there = handoff_files::is_taken;
        Ok(Detail {
            prompt: document(&files.prompt, Part::Beginning),
            progress: match is_there(&files.out) {
                true => {
                    let Document { text, path } = document(&files.out, Part::End);
                    Document { text: handoff_clock::local_times(&text, Timestamp::now()), path }
                }
                false => Document { text: String::new(), path: Sanitised::path(&files.out).to_string() },
            },
            result: is_there(&files.result).then(|| document(&files.result, Part::Beginning)),
        })
    }

    fn stop(&mut self, id: &str) -> Result<(), String> {
        let row = self.row(id)?;
        stop::ask(row.supervisor.or(row.process)).map_err(|error| error.to_string())
    }
}

fn board_row(row: &Row, now: Timestamp) -> handoff_board::Row {
    handoff_board::Row {
        id: row.id.to_string(),
        started: row.started.map_or_else(String::new, handoff_clock::minute),
        age: row.started.map_or_else(String::new, |then| age(then, now).replace("just now", "now")),
        state: match row.state {
            State::Running => handoff_board::State::Running,
            State::Success => handoff_board::State::Success,
            State::Error => handoff_board::State::Error,
            State::Interrupted => handoff_board::State::Interrupted,
            State::Lost => handoff_board::State::Lost,
        },
        backend: row.backend.clone(),
        model: row.model.clone().unwrap_or_default(),
        tokens: row.usage.as_ref().map(|usage| Tokens {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_input_tokens,
        }),
        cost_usd: row.usage.as_ref().map(|usage| usage.cost_usd).filter(|&cost| cost > 0.0),
        cwd: Sanitised::path(&row.cwd).to_string(),
        prompt: row.prompt.clone(),
    }
}
