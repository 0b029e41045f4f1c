//! The view with runs that were made up, to look at it and to test it in a real terminal.
//!
//! `cargo run -p handoff-board --example demo -- [--plain] [--empty] [--elsewhere] [--many] [--panic] [--broken] [--linger]`
//!
//! Prints what the view was left with, and which runs were stopped and deleted. Its clock stands still.

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::process::Command;
use std::time::Instant;

use handoff_board::{
    Changes, Clock, Detail, Document, News, Options, Row, Shown, Source, SourceError, State, Tokens, Viewer,
};

/// When all of this is.
const NOW: i64 = 1_795_255_200;

struct Demo {
    rows: Vec<Row>,
    born: Instant,
    /// How many rows were given.
    given: usize,
    changed: Vec<Row>,
    is_reset: bool,
    asked: Option<Instant>,
    stopped: Vec<String>,
    deleted: Vec<String>,
    panics: bool,
    broken: bool,
}

impl Source for Demo {
    fn news(&mut self) -> Result<News, SourceError> {
        if self.broken {
            return Err("the database is locked".into());
        }
        if std::mem::take(&mut self.is_reset) {
            self.given = self.rows.len();
            return Ok(News { is_reset: true, older: self.rows.clone(), ..News::default() });
        }
        let end = self.rows.len().min(self.given + 500);
        let older = self.rows[self.given..end].to_vec();
        self.given = end;
        let changed = std::mem::take(&mut self.changed);
        Ok(News { older, changed, has_more: end < self.rows.len(), ..News::default() })
    }

    fn detail(&mut self, id: &str) -> Result<Detail, SourceError> {
        assert!(!self.panics, "the demo panics as it was told to");
        let row = self.rows.iter().find(|row| row.id == id).ok_or("there is no such run")?;
        let seconds = self.born.elapsed().as_secs();
        let steps = (0..30 + seconds)
            .map(|n| format!("10:{:02}:{:02} step {n}: read src/part_{n}.rs\n", n / 60, n % 60));
        let document = |text: &str, kind: &str| Document {
            text: text.to_owned(),
            path: format!("~/.handoff/tasks/{id}.{kind}"),
        };
        Ok(Detail {
            prompt: document(
                &format!("{}\n\nKeep the public API as it is, and add a test for each case.\n", row.prompt),
                "prompt.md",
            ),
            progress: document(&steps.collect::<String>(), "out.txt"),
            result: (row.state == State::Success).then(|| document(RESULT, "result.md")),
        })
    }

    fn ask_changes(&mut self, _: &str) {
        self.asked = Some(Instant::now());
    }

    fn changes(&mut self, id: &str) -> Changes {
        match self.asked {
            Some(at) if at.elapsed().as_millis() > 200 && id.ends_with("docs") => {
                Changes::Unknown("its directory is gone".to_owned())
            }
            Some(at) if at.elapsed().as_millis() > 200 => Changes::Known(DIFF.to_owned()),
            _ => Changes::Pending,
        }
    }

    fn can_open(&mut self, _: &str) -> Result<(), SourceError> {
        Ok(())
    }

    fn stop(&mut self, id: &str) -> Result<(), SourceError> {
        self.stopped.push(id.to_owned());
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.state = State::Interrupted;
            row.ended = Some(NOW);
            row.note.clear();
            self.changed.push(row.clone());
        }
        Ok(())
    }

    fn delete(&mut self, id: &str) -> Result<(), SourceError> {
        self.rows.retain(|row| row.id != id);
        self.deleted.push(id.to_owned());
        self.is_reset = true;
        Ok(())
    }

    fn ended_before(&mut self, age: &str) -> Result<Vec<String>, SourceError> {
        let Some(days) = age.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) else {
            return Err(format!("`{age}` is no age: 12h, 30d or 8w").into());
        };
        let then = NOW - days * 86_400;
        let is_old = |row: &&Row| row.ended.is_some_and(|ended| ended < then);
        Ok(self.rows.iter().filter(is_old).map(|row| row.id.clone()).collect())
    }

    fn viewer(&mut self, id: &str, shown: Shown, viewer: Viewer) -> Result<Command, SourceError> {
        let mut command = Command::new("sh");
        command.args(["-c", "echo \"$1\"; echo press enter; read line", "sh"]);
        command.arg(format!("{viewer:?} of {shown:?} of {id}"));
        Ok(command)
    }
}

const DIFF: &str = "\
 src/parser.rs   | 12 +++++++-----
 tests/quotes.rs (new)

diff --git a/src/parser.rs b/src/parser.rs
index 3f1c2aa..b7e0d91 100644
--- a/src/parser.rs
+++ b/src/parser.rs
@@ -41,9 +41,11 @@ fn fields(line: &str) -> Vec<String> {
     let mut fields = Vec::new();
-    for part in line.split(',') {
-        fields.push(part.to_owned());
+    let mut field = String::new();
+    for c in line.chars() {
+        state = state.next(c, &mut field, &mut fields);
     }
     fields
 }
";

const RESULT: &str = "\
# Quoted fields parse

The parser read `\"a,b\"` as **two** fields, because it split the line *before* it looked at quotes. It is now a small
state machine, see [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180).

## What changed

- `src/parser.rs`: one pass, no allocation for fields without quotes
- `tests/quotes.rs`: 14 cases
  1. a quote inside of quotes
  2. a line end inside of quotes

| case | before | after |
|---|---|---|
| quoted comma | 2 fields | 1 field |
| 100 MB | 2.1 s | 0.8 s |

```rust
match state {
    State::Quoted => field.push(c),
    State::Plain => end(field),
}
```

> One test of the old suite expected the defect; I changed it.
";

/// A run with all that most runs have.
fn row(id: &str, age: i64, state: State, backend: (&str, &str), cwd: &str, prompt: &str) -> Row {
    let started = NOW - age;
    Row {
        id: id.to_owned(),
        state,
        started: Some(started),
        ended: (state != State::Running).then_some(NOW - age / 2),
        backend: backend.0.to_owned(),
        model: backend.1.to_owned(),
        project: cwd.rsplit('/').next().unwrap_or_default().to_owned(),
        is_here: cwd.ends_with("/api"),
        cwd: cwd.to_owned(),
        prompt: prompt.to_owned(),
        ..Row::default()
    }
}

fn costs(row: Row, cost_usd: f64) -> Row {
    let tokens = Tokens { input: 12_345, output: (cost_usd * 28_000.0) as u64, cache_read: 90_210 };
    Row { tokens: Some(tokens), cost_usd: Some(cost_usd), ..row }
}

#[expect(clippy::too_many_lines, reason = "a list of samples")]
fn rows() -> Vec<Row> {
    let ds = ("deepseek", "deepseek-chat");
    let cx = ("codex", "gpt-5-codex");
    let opus = ("opus", "claude-opus");
    let (api, hour) = ("~/work/api", 3_600);
    let parser = "Fix the CSV parser: quoted fields with commas are split";
    vec![
        Row {
            note: "edit src/parser.rs".to_owned(),
            ..row("261121-ds-07-fix-parser", 40, State::Running, ds, api, parser)
        },
        costs(
            Row {
                note: "cargo test --locked -p importer".to_owned(),
                is_pro: true,
                ..row(
                    "261121-cx-06-port-tests",
                    372,
                    State::Running,
                    cx,
                    api,
                    "Port the tests of the importer to the new fixtures",
                )
            },
            0.12,
        ),
        costs(
            Row {
                continues: Some("261121-ds-03-migrate".to_owned()),
                ..row(
                    "261121-ds-05-review",
                    22 * 60,
                    State::Success,
                    ds,
                    api,
                    "# Review\n\nthe last three commits for missing error handling",
                )
            },
            0.0142,
        ),
        costs(
            row(
                "261121-op-04-design",
                hour,
                State::Success,
                opus,
                "~/work/web",
                "設計を見直して、提案を三つ書いてください 👍🏽",
            ),
            1.84,
        ),
        costs(
            Row {
                note: "claude ended without a result, exit code 1: API Error 529 overloaded".to_owned(),
                ..row(
                    "261121-ds-03-migrate",
                    2 * hour,
                    State::Error,
                    ds,
                    api,
                    "Migrate the settings table; \u{1b}[31mkeep\u{1b}[0m old rows",
                )
            },
            0.002,
        ),
        row(
            "261121-cx-02-benchmark",
            23 * hour,
            State::Interrupted,
            cx,
            api,
            "Benchmark the importer against the last release",
        ),
        Row {
            note: "the supervisor stopped without recording a result".to_owned(),
            ..row(
                "261120-ds-01-docs",
                80 * 24 * hour,
                State::Lost,
                ds,
                "~/work/api/crates/importer/docs",
                "Write the docs of the importer\tand its options",
            )
        },
    ]
}

/// Ten thousand runs that have ended.
fn many() -> Vec<Row> {
    let kinds = rows();
    let one = |n: usize| Row {
        id: format!("261119-ds-{n:04}-more"),
        state: State::Success,
        is_here: true,
        started: Some(NOW - 1_000 - n as i64 * 600),
        ended: Some(NOW - 900 - n as i64 * 600),
        ..kinds[n % kinds.len()].clone()
    };
    (0..10_000).map(one).collect()
}

/// A minute in UTC on the days of the demo.
fn minute(at: i64) -> String {
    let day = NOW - NOW % 86_400;
    let (days, of_day) = ((at - day).div_euclid(86_400), at.rem_euclid(86_400));
    format!("2026-11-{:02} {:02}:{:02}", (21 + days).clamp(1, 30), of_day / 3_600, of_day / 60 % 60)
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let mut rows = match () {
        () if has("--empty") => Vec::new(),
        () if has("--many") => many(),
        () => rows(),
    };
    if has("--elsewhere") {
        rows.iter_mut().for_each(|row| row.is_here = false);
    }
    let mut demo = Demo {
        rows,
        born: Instant::now(),
        given: 0,
        changed: Vec::new(),
        is_reset: false,
        asked: None,
        stopped: Vec::new(),
        deleted: Vec::new(),
        panics: has("--panic"),
        broken: has("--broken"),
    };
    let clock = Clock { now: || NOW, minute };
    let options = Options { colour: !has("--plain"), clock, place: Some("api".to_owned()) };
    let left = handoff_board::show(&mut demo, options)?;
    println!("left with {left:?}, stopped {:?}, deleted {:?}", demo.stopped, demo.deleted);
    if has("--linger") {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
    Ok(())
}
