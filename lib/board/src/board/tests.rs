//! What the tests of the board share: a source that was made up, and a screen as text.

mod actions;
mod screens;

use std::collections::VecDeque;
use std::process::Command;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::keys::Key;
use crate::model::{Changes, Detail, Document, State, Tokens};

/// When all of this is.
const NOW: i64 = 1_795_255_200;

#[derive(Default)]
struct Fake {
    news: VecDeque<Result<News, SourceError>>,
    detail: Detail,
    changes: Changes,
    old: Vec<String>,
    stopped: Vec<String>,
    deleted: Vec<String>,
    asked: usize,
    asked_changes: usize,
}

impl Source for Fake {
    fn news(&mut self) -> Result<News, SourceError> {
        self.news.pop_front().unwrap_or_else(|| Ok(News::default()))
    }

    fn detail(&mut self, _: &str) -> Result<Detail, SourceError> {
        self.asked += 1;
        Ok(self.detail.clone())
    }

    fn ask_changes(&mut self, _: &str) {
        self.asked_changes += 1;
    }

    fn changes(&mut self, _: &str) -> Changes {
        self.changes.clone()
    }

    fn can_open(&mut self, id: &str) -> Result<(), SourceError> {
        if id.contains("stubborn") { Err("its directory\x1b[2J is gone".into()) } else { Ok(()) }
    }

    fn stop(&mut self, id: &str) -> Result<(), SourceError> {
        self.stopped.push(id.to_owned());
        if id.contains("stubborn") { Err("no\x1b[2J permission".into()) } else { Ok(()) }
    }

    fn delete(&mut self, id: &str) -> Result<(), SourceError> {
        self.deleted.push(id.to_owned());
        if id.contains("stubborn") { Err("no\x1b[2J permission".into()) } else { Ok(()) }
    }

    fn ended_before(&mut self, age: &str) -> Result<Vec<String>, SourceError> {
        if age == "soon" { Err("`soon` is no age".into()) } else { Ok(self.old.clone()) }
    }

    fn viewer(&mut self, _: &str, _: Shown, _: Viewer) -> Result<Command, SourceError> {
        Err("no pager here".into())
    }
}

fn row(id: &str, state: State, prompt: &str) -> Row {
    Row {
        id: id.to_owned(),
        state,
        started: Some(NOW - 120),
        ended: (state != State::Running).then_some(NOW - 60),
        backend: "deepseek".to_owned(),
        model: "deepseek-chat".to_owned(),
        tokens: Some(Tokens { input: 12_345, output: 999, cache_read: 90_210 }),
        cost_usd: Some(0.12),
        project: "api".to_owned(),
        is_here: true,
        cwd: "~/work/api".to_owned(),
        prompt: prompt.to_owned(),
        ..Row::default()
    }
}

fn document(text: &str) -> Document {
    Document { text: text.to_owned(), path: "~/.handoff/tasks/x.md".to_owned() }
}

fn older(rows: Vec<Row>) -> Result<News, SourceError> {
    Ok(News { older: rows, ..News::default() })
}

fn changed(rows: Vec<Row>) -> Result<News, SourceError> {
    Ok(News { changed: rows, ..News::default() })
}

fn running() -> Row {
    Row {
        note: "edit src/parser.rs".to_owned(),
        ..row("1121-ds-03-fix-parser", State::Running, "Fix the parser")
    }
}

fn rows() -> Vec<Row> {
    let elsewhere = Row {
        project: "web".to_owned(),
        is_here: false,
        cwd: "~/work/web".to_owned(),
        started: Some(NOW - 90_000),
        ended: Some(NOW - 86_000),
        note: "API Error: 529 overloaded".to_owned(),
        ..row("1120-cx-09-elsewhere", State::Error, "Port the tests")
    };
    let continued = Row {
        is_pro: true,
        continues: Some("1121-ds-01-old".to_owned()),
        ..row("1121-ds-02-日本語", State::Success, "設計を\t見直\x1b[31mして e\u{301} 👍🏽 ok")
    };
    vec![running(), continued, row("1121-ds-01-old", State::Lost, "# Old things"), elsewhere]
}

fn fake() -> Fake {
    let detail = Detail {
        prompt: document("Fix the parser\n\tand test it"),
        progress: document("10:00:01 start\n10:00:02 read\n"),
        result: None,
    };
    Fake { news: VecDeque::from([older(rows())]), detail, ..Fake::default() }
}

fn minute(at: i64) -> String {
    if at == i64::MIN || at > NOW - 80_000 { "2026-11-21 10:00 CET" } else { "2026-11-20 09:00 CET" }
        .to_owned()
}

fn board(source: &mut Fake) -> Board {
    let clock = Clock { now: || NOW, minute };
    let place = Some("api".to_owned());
    let mut board = Board::new(Setting { theme: Theme::new(false), clock, place });
    board.refresh(source);
    board
}

fn screen(board: &mut Board, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| board.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(crate::text::width(symbol).max(1)).unwrap();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The screen, in which many empty lines are one that counts them.
fn short(screen: &str) -> String {
    let mut text = String::new();
    let mut empty = 0;
    for line in screen.lines().chain(["end"]) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        match empty {
            0 => {}
            1 | 2 => text.push_str(&"\n".repeat(empty)),
            _ => text.push_str(&format!("({empty} empty lines)\n")),
        }
        empty = 0;
        text.push_str(line);
        text.push('\n');
    }
    text.trim_end_matches("end\n").to_owned()
}

fn foot(board: &mut Board) -> String {
    screen(board, 76, 3).lines().last().unwrap().trim().to_owned()
}

fn press(board: &mut Board, source: &mut Fake, keys: &str) -> Step {
    let mut step = Step::Stay;
    for c in keys.chars() {
        let key = match c {
            '\n' => Key::Enter,
            '\x1b' => Key::Escape,
            c => Key::Char(c),
        };
        step = board.press(key, source);
    }
    step
}
