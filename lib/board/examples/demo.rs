//! The view with runs that were made up, to look at it and to test it in a real terminal.
//!
//! `cargo run -p handoff-board --example demo -- [--plain] [--empty] [--many] [--panic] [--broken] [--linger]`
//!
//! Prints what the view was left with, and which runs were stopped.

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::time::Instant;

use handoff_board::{Detail, Document, Row, Source, State, Tokens};

struct Demo {
    rows: Vec<Row>,
    born: Instant,
    stopped: Vec<String>,
    panics: bool,
    broken: bool,
}

impl Source for Demo {
    fn rows(&mut self) -> Result<Vec<Row>, String> {
        if self.broken {
            return Err("the database is locked".to_owned());
        }
        Ok(self.rows.clone())
    }

    fn detail(&mut self, id: &str) -> Result<Detail, String> {
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

    fn stop(&mut self, id: &str) -> Result<(), String> {
        self.stopped.push(id.to_owned());
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.state = State::Interrupted;
        }
        Ok(())
    }
}

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

fn row(
    id: &str,
    age: &str,
    state: State,
    backend: (&str, &str),
    cost_usd: Option<f64>,
    rest: (&str, &str),
) -> Row {
    Row {
        id: id.to_owned(),
        started: "2026-11-21 10:00".to_owned(),
        age: age.to_owned(),
        state,
        backend: backend.0.to_owned(),
        model: backend.1.to_owned(),
        tokens: cost_usd.map(|cost| Tokens {
            input: 12_345,
            output: (cost * 28_000.0) as u64,
            cache_read: 90_210,
        }),
        cost_usd,
        cwd: rest.0.to_owned(),
        prompt: rest.1.to_owned(),
    }
}

fn rows() -> Vec<Row> {
    let ds = ("deepseek", "deepseek-chat");
    let cx = ("codex", "gpt-5-codex");
    let opus = ("opus", "claude-opus");
    vec![
        row(
            "1121-ds-07-fix-parser",
            "40s",
            State::Running,
            ds,
            None,
            ("~/work/api", "Fix the CSV parser: quoted fields with commas are split"),
        ),
        row(
            "1121-cx-06-port-tests",
            "6m",
            State::Running,
            cx,
            Some(0.12),
            ("~/work/api", "Port the tests of the importer to the new fixtures"),
        ),
        row(
            "1121-ds-05-review",
            "22m",
            State::Success,
            ds,
            Some(0.0142),
            ("~/work/web", "Review the last three commits for missing error handling"),
        ),
        row(
            "1121-op-04-design",
            "1h",
            State::Success,
            opus,
            Some(1.84),
            ("~/work/design", "設計を見直して、提案を三つ書いてください 👍🏽"),
        ),
        row(
            "1121-ds-03-migrate",
            "2h",
            State::Error,
            ds,
            Some(0.002),
            ("~/work/api", "Migrate the settings table; \u{1b}[31mkeep\u{1b}[0m old rows"),
        ),
        row(
            "1121-cx-02-benchmark",
            "3h",
            State::Interrupted,
            cx,
            None,
            ("~/work/bench", "Benchmark the importer against the last release"),
        ),
        row(
            "1120-ds-01-docs",
            "1d",
            State::Lost,
            ds,
            None,
            ("~/work/api/crates/importer/docs", "Write the docs of the importer\tand its options"),
        ),
    ]
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let mut rows = if has("--empty") { Vec::new() } else { rows() };
    if has("--many") {
        let more = (0..10_000).map(|n| Row { id: format!("1119-ds-{n:04}-more"), ..rows[n % 7].clone() });
        rows = more.collect();
    }
    let mut demo = Demo {
        rows,
        born: Instant::now(),
        stopped: Vec::new(),
        panics: has("--panic"),
        broken: has("--broken"),
    };
    let left = handoff_board::show(&mut demo, !has("--plain"))?;
    println!("left with {left:?}, stopped {:?}", demo.stopped);
    if has("--linger") {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
    Ok(())
}
