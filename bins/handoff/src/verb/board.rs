//! `handoff runs` on a terminal: the board, what it asks, and what was chosen there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use handoff_board::{
    Changes, Clock, Detail, Document, Left, News, Options, Shown, Source, SourceError, Tokens, Viewer,
};
use handoff_document::Timestamp;
use handoff_process::Failure;
use handoff_runs::{ListReader, Row, Runs, State};
use handoff_text::Sanitised;

use super::changes::Inquiry;
use super::facts::{Places, note};
use super::{changes, open, viewer};
use crate::here::Here;
use handoff_dispatch::{Excerpt, Part, SelectError};

/// How much of a text the board is given, in bytes: somewhat more than it shows.
const MAX_TEXT_BYTES: u64 = 160 << 10;

/// Shows the board, and then does what was chosen there.
pub(crate) fn show(here: &Here<'_>, runs: Runs) -> Result<u8, Failure> {
    let places = Places::new();
    let place = places.name_here();
    let mut record =
        Record { here, runs, places, reader: ListReader::default(), running: HashMap::new(), inquiry: None };
    let clock = Clock {
        now: || Timestamp::now().seconds(),
        minute: |seconds| handoff_clock::minute(Timestamp::from_seconds(seconds)),
    };
    let options = Options { colour: here.output.colour, clock, place };
    match here.holding(|| handoff_board::show(&mut record, options))? {
        Left::Quit => Ok(0),
        Left::Open(id) => open::run(here, Some(&id), None),
        Left::Signal(signal) => Ok(u8::try_from(128 + signal).unwrap_or(1)),
    }
}

/// Why the board is not given what it asks for.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("`{0}` is no age: 12h, 30d or 8w")]
    NoAge(String),
    #[error("the changes are in no file; p shows them in a pager")]
    NoFile,
    #[error("{} is not there", Sanitised::path(.0))]
    NotThere(PathBuf),
}

/// What the board asks.
struct Record<'a, 'h> {
    here: &'a Here<'h>,
    runs: Runs,
    places: Places,
    reader: ListReader,
    /// The runs that go on, whose progress the list doesn't have.
    running: HashMap<String, Row>,
    inquiry: Option<Inquiry>,
}

impl Record<'_, '_> {
    fn row(&self, id: &str) -> Result<Row, SelectError> {
        handoff_dispatch::find(&self.runs, id)
    }

    /// The rows as the board has them; those that go on are remembered.
    fn take(&mut self, rows: Vec<Row>) -> Vec<handoff_board::Row> {
        rows.into_iter()
            .map(|row| {
                let shown = self.board_row(&row);
                if row.state == State::Running {
                    self.running.insert(row.id.to_string(), row);
                } else {
                    self.running.remove(row.id.as_str());
                }
                shown
            })
            .collect()
    }

    fn board_row(&mut self, row: &Row) -> handoff_board::Row {
        let usage = row.usage.as_ref();
        let place = self.places.of(&row.cwd);
        handoff_board::Row {
            id: row.id.to_string(),
            state: match row.state {
                State::Running => handoff_board::State::Running,
                State::Success => handoff_board::State::Success,
                State::Error => handoff_board::State::Error,
                State::Interrupted => handoff_board::State::Interrupted,
                State::Lost => handoff_board::State::Lost,
            },
            started: row.started.map(Timestamp::seconds),
            ended: row.ended.map(Timestamp::seconds),
            backend: row.backend.clone(),
            model: row.model.clone().unwrap_or_default(),
            is_pro: row.pro,
            tokens: usage.map(|usage| Tokens {
                input: usage.input_tokens,
                output: usage.output_tokens,
                cache_read: usage.cache_read_input_tokens,
            }),
            cost_usd: usage.map(|usage| usage.cost_usd).filter(|&cost| cost > 0.0),
            project: place.project.clone(),
            is_here: place.is_here,
            cwd: Sanitised::path(&row.cwd).to_string(),
            prompt: row.prompt.clone(),
            continues: row.continues.as_ref().map(ToString::to_string),
            note: note(&self.runs, row),
        }
    }
}

impl Source for Record<'_, '_> {
    fn news(&mut self) -> Result<News, SourceError> {
        self.here.reconcile(&self.runs)?;
        let news = self.runs.list_update(&mut self.reader)?;
        if news.is_reset {
            self.running.clear();
        }
        let mut changed = self.take(news.changed);
        let known: Vec<Row> = self.running.values().cloned().collect();
        // Their progress grows while their rows stay as they are.
        changed.extend(known.iter().map(|row| self.board_row(row)));
        Ok(News {
            is_reset: news.is_reset,
            newer: self.take(news.newer),
            changed,
            older: self.take(news.older),
            has_more: news.has_more,
        })
    }

    fn detail(&mut self, id: &str) -> Result<Detail, SourceError> {
        let row = self.row(id)?;
        let files = self.runs.files(&row);
        let document = |path: &Path, part| Document {
            text: Excerpt::describe(path, MAX_TEXT_BYTES, part),
            path: Sanitised::path(path).to_string(),
        };
        let is_there = handoff_files::is_taken;
        let progress = if is_there(&files.out) {
            let Document { text, path } = document(&files.out, Part::End);
            Document { text: handoff_clock::local_times(&text, Timestamp::now()), path }
        } else {
            Document { text: String::new(), path: Sanitised::path(&files.out).to_string() }
        };
        Ok(Detail {
            prompt: document(&files.prompt, Part::Beginning),
            progress,
            result: is_there(&files.result).then(|| document(&files.result, Part::Beginning)),
        })
    }

    fn ask_changes(&mut self, id: &str) {
        if self.inquiry.as_ref().is_some_and(|inquiry| inquiry.id == id && inquiry.is_under_way()) {
            return;
        }
        self.inquiry = Some(match self.row(id) {
            Ok(row) => Inquiry::start(id, row.cwd, row.started),
            Err(error) => Inquiry::answered(id, Changes::Unknown(error.to_string())),
        });
    }

    fn changes(&mut self, id: &str) -> Changes {
        match self.inquiry.as_mut().filter(|inquiry| inquiry.id == id) {
            Some(inquiry) => inquiry.answer(),
            None => Changes::Pending,
        }
    }

    fn can_open(&mut self, id: &str) -> Result<(), SourceError> {
        Ok(open::check(self.here, &self.runs, id)?)
    }

    fn stop(&mut self, id: &str) -> Result<(), SourceError> {
        let row = self.row(id)?;
        Ok(handoff_dispatch::stop(&row)?)
    }

    fn delete(&mut self, id: &str) -> Result<(), SourceError> {
        let row = self.row(id)?;
        Ok(self.runs.delete(&row)?)
    }

    fn ended_before(&mut self, age: &str) -> Result<Vec<String>, SourceError> {
        let length = handoff_cli::age(age).map_err(|_| NotDone::NoAge(age.to_owned()))?;
        let seconds = i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
        let then = Timestamp::from_seconds(Timestamp::now().seconds().saturating_sub(seconds));
        let rows = self.runs.ended_before(then)?;
        Ok(rows.iter().map(|row| row.id.to_string()).collect())
    }

    fn viewer(&mut self, id: &str, shown: Shown, viewer: Viewer) -> Result<Command, SourceError> {
        let row = self.row(id)?;
        let files = self.runs.files(&row);
        let path = match shown {
            Shown::Changes if viewer == Viewer::Editor => {
                return Err(NotDone::NoFile.into());
            }
            Shown::Changes => return Ok(changes::in_pager(&row.cwd, row.started)?),
            Shown::Prompt => files.prompt,
            Shown::Progress => files.out,
            Shown::Result if handoff_files::is_taken(&files.result) => files.result,
            Shown::Result => files.out,
        };
        if !handoff_files::is_taken(&path) {
            return Err(NotDone::NotThere(path).into());
        }
        Ok(viewer::command(self.here.environment, viewer, &path))
    }
}
