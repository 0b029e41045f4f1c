//! `handoff list`: what was run. On a terminal a live view, elsewhere rows.

use std::borrow::Cow;
use std::path::Path;

use handoff_board::text;
use handoff_document::Timestamp;
use handoff_process::{Environment, Failure, Status};
use handoff_runs::{Filter, Row, Runs};
use serde::Serialize;

use super::facts::{self, Places, elapsed, note};
use super::{board, printed};
use crate::args::List;
use crate::here::{self, Here};

/// How many are listed where nothing else is said.
const SHOWN: usize = 50;

/// The widest prompt and note in a row, in columns.
const MAX_PROMPT_COLUMNS: usize = 60;
const MAX_NOTE_COLUMNS: usize = 120;

pub(crate) fn run(here: &Here<'_>, list: &List) -> Result<u8, Failure> {
    let runs = here.runs()?;
    let limit = list.number.or((!list.all).then_some(SHOWN));
    let filter = Filter { limit, ..Filter::default() };
    if list.json {
        let mut entries = Entries::new(&runs);
        match &list.id {
            Some(id) => entries.add(&here::find(&runs, id)?),
            None => runs.each(&filter, |row| entries.add(&row))?,
        }
        return Ok(u8::from(here.output.json(&entries.end()?) != Status::Done));
    }
    if here.output.is_terminal() && list.id.is_none() && can_draw() {
        return board::show(here, runs);
    }
    let rows = match &list.id {
        Some(id) => vec![here::find(&runs, id)?],
        None => runs.list(&filter)?,
    };
    if rows.is_empty() {
        let next =
            if here.output.is_terminal() { "\n\nhandoff run --text fix the failing test\n" } else { "\n" };
        return Ok(printed(here.output, &format!("(no runs){next}")));
    }
    // Where a person reads, a row is a line.
    let width = here.output.width.filter(|_| here.output.is_terminal()).unwrap_or(usize::MAX);
    Ok(printed(here.output, &plain(&runs, &rows, width)))
}

/// Whether the terminal can do more than print lines.
fn can_draw() -> bool {
    let term = Environment::all().into_iter().find(|(name, _)| name == "TERM");
    term.is_none_or(|(_, term)| term != "dumb")
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
    last_step: Option<String>,
    continues: Option<&'a str>,
    backend: &'a str,
    model: Option<&'a str>,
    pro: bool,
    cwd: Cow<'a, str>,
    project: String,
    prompt: &'a str,
    started: Option<String>,
    ended: Option<String>,
    elapsed_seconds: Option<i64>,
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
    places: Places,
    now: Timestamp,
    text: Vec<u8>,
    failed: Option<serde_json::Error>,
}

impl<'r> Entries<'r> {
    fn new(runs: &'r Runs) -> Self {
        Self { runs, places: Places::new(), now: Timestamp::now(), text: b"[".to_vec(), failed: None }
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
            last_step: facts::last_step(self.runs, row),
            continues: row.continues.as_ref().map(handoff_runs::RunId::as_str),
            backend: &row.backend,
            model: row.model.as_deref(),
            pro: row.pro,
            cwd: lossy(&row.cwd),
            project: self.places.of(&row.cwd).project.clone(),
            prompt: &row.prompt,
            started: time(row.started),
            ended: time(row.ended),
            elapsed_seconds: elapsed(row, self.now),
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

/// The titles of the rows. The two texts stand last.
const TITLES: [&str; 11] = [
    "RUN",
    "AGE",
    "TIME",
    "STATE",
    "BACKEND",
    "IN/OUT/CACHED",
    "COST",
    "PROJECT",
    "CONTINUES",
    "PROMPT",
    "LAST STEP OR REASON",
];

/// The rows as text, each at most `width` columns wide. What is not known is `-`.
fn plain(runs: &Runs, rows: &[Row], width: usize) -> String {
    let now = Timestamp::now();
    let mut places = Places::new();
    let cells = rows.iter().map(|row| cells(runs, row, &mut places, now));
    let table: Vec<[String; 11]> = std::iter::once(TITLES.map(str::to_owned)).chain(cells).collect();
    let widest = |column: usize| table.iter().map(|row| text::width(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..TITLES.len()).map(widest).collect();
    let pad = |(cell, &width): (&String, &usize)| text::padded(cell, width + 2, false);
    let lines = table.iter().map(|row| row.iter().zip(&widths).map(pad).collect::<String>());
    lines.map(|line| text::cut(line.trim_end(), width) + "\n").collect()
}

fn cells(runs: &Runs, row: &Row, places: &mut Places, now: Timestamp) -> [String; 11] {
    let usage = row.usage.as_ref();
    let used = usage.map(|usage| {
        format!("{}/{}/{}", usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens)
    });
    let cost = usage.map(|usage| usage.cost_usd).filter(|&cost| cost > 0.0).map(text::cost);
    let age = row.started.map(|then| text::age(now.seconds().saturating_sub(then.seconds())));
    let pro = if row.pro { "+pro" } else { "" };
    let cells = [
        Some(text::cell(row.id.as_str())),
        age,
        elapsed(row, now).map(text::elapsed),
        Some(row.state.name().to_owned()),
        Some(text::cell(&row.backend) + pro),
        used,
        cost,
        Some(text::cell(&places.of(&row.cwd).project)),
        row.continues.as_ref().map(|before| text::cell(before.as_str())),
        Some(text::cut(&text::cell(&row.prompt), MAX_PROMPT_COLUMNS)),
        Some(text::cut(&text::cell(&note(runs, row)), MAX_NOTE_COLUMNS)),
    ];
    cells.map(|cell| cell.filter(|cell| !cell.is_empty()).unwrap_or_else(|| "-".to_owned()))
}
