//! Text that somebody made up to break a screen.

use std::process::Command;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::board::{Board, Setting};
use crate::keys::{Key, Keys};
use crate::model::{
    Changes, Clock, Detail, Document, News, Row, Shown, Source, SourceError, State, Tokens, Viewer,
};
use crate::theme::Theme;
use crate::{markdown, text};

struct Hostile(String);

impl Source for Hostile {
    fn news(&mut self) -> Result<News, SourceError> {
        let text = || self.0.clone();
        let row = |state, continues| Row {
            id: text(),
            state,
            started: Some(i64::MIN),
            ended: Some(i64::MAX),
            backend: text(),
            model: text(),
            is_pro: true,
            tokens: Some(Tokens { input: u64::MAX, output: u64::MAX, cache_read: 0 }),
            cost_usd: Some(f64::NAN),
            project: text(),
            is_here: true,
            cwd: text(),
            prompt: text(),
            continues,
            note: text(),
        };
        let rows = vec![
            row(State::Success, Some(text())),
            Row { id: "2".to_owned(), ..row(State::Error, None) },
            Row { id: "3".to_owned(), ..row(State::Running, None) },
        ];
        Ok(News { is_reset: true, older: rows, ..News::default() })
    }

    fn detail(&mut self, _: &str) -> Result<Detail, SourceError> {
        let document = || Document { text: self.0.clone(), path: self.0.clone() };
        Ok(Detail { prompt: document(), progress: document(), result: Some(document()) })
    }

    fn ask_changes(&mut self, _: &str) {}

    fn changes(&mut self, _: &str) -> Changes {
        Changes::Known(format!("{}\ndiff --git {}\n+{}", self.0, self.0, self.0))
    }

    fn can_open(&mut self, _: &str) -> Result<(), SourceError> {
        Err(self.0.clone().into())
    }

    fn stop(&mut self, _: &str) -> Result<(), SourceError> {
        Err(self.0.clone().into())
    }

    fn delete(&mut self, _: &str) -> Result<(), SourceError> {
        Err(self.0.clone().into())
    }

    fn ended_before(&mut self, _: &str) -> Result<Vec<String>, SourceError> {
        Ok(vec![self.0.clone()])
    }

    fn viewer(&mut self, _: &str, _: Shown, _: Viewer) -> Result<Command, SourceError> {
        Err(self.0.clone().into())
    }
}

/// What has broken screens before, between anything else.
fn hostile() -> impl Strategy<Value = String> {
    let known = [
        "\x1b[2J",
        "\x07",
        "\r\n",
        "\t",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{301}",
        "日",
        "👍🏽",
        "🇩🇪",
        "क्ष",
        "\u{1100}",
        "é",
        "⚠\u{fe0f}",
        "&#27;",
        "&#x202e;",
        "> ",
        "- ",
        "1. ",
        "# ",
        "```\n",
        "`",
        "**",
        "_",
        "[a](b",
        ")",
        "|",
        "|\n|-|-|\n",
        "<b",
        "<!--",
        "\n\n",
        "    ",
        "~~",
        "word ",
        "\u{5d0}\u{5d1}\u{5d2}",
        "\u{627}\u{644}\u{639}",
        "\u{2067}",
        "👨\u{200d}👩\u{200d}👧",
        "1\u{fe0f}\u{20e3}",
        "ก\u{e33}",
        "![",
    ];
    let piece = prop_oneof![3 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_gets_control_of_the_screen(text in hostile(), width in 0_u16..210, height in 0_u16..62) {
        let mut source = Hostile(text);
        let clock = Clock { now: || 0, minute: |at| format!("2026-11-21 \u{202e}{at}") };
        let place = Some(source.0.clone());
        let mut board = Board::new(Setting { theme: Theme::new(true), clock, place });
        board.refresh(&mut source);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for key in [Key::Char('s'), Key::Char('y'), Key::Char('/'), Key::Paste(source.0.clone()), Key::Escape, Key::Enter,
            Key::Char('1'), Key::Char('2'), Key::Char('4'), Key::Char(' '), Key::Char('x'), Key::Escape, Key::Escape,
            Key::Char('a'), Key::Char('S'), Key::Char('X'), Key::Enter, Key::Escape, Key::Char('t'), Key::Escape]
        {
            board.press(key, &mut source);
            terminal.draw(|frame| board.draw(frame)).unwrap();
            let buffer = terminal.backend().buffer();
            for (index, cell) in buffer.content.iter().enumerate() {
                let symbol = cell.symbol();
                // Sanitising changes nothing of what holds only what the spec allows.
                prop_assert!(*handoff_text::Sanitised::from(symbol) == *symbol, "{symbol:?}");
                prop_assert!(!symbol.contains(['\n', '\t', '\u{fe0f}']), "{symbol:?}");
                let end = index % usize::from(width.max(1)) + text::width(symbol);
                prop_assert!(end <= usize::from(width), "{symbol:?} hangs over the edge");
            }
        }
    }

    #[test]
    fn a_document_stays_within_its_width(text in hostile(), width in 24_usize..120) {
        for line in markdown::markdown_lines(&text, Theme::new(false), width) {
            prop_assert!(text::width(&line.to_string()) <= width, "{line}");
        }
    }

    #[test]
    fn no_bytes_confuse_the_keyboard(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut keys = Keys::default();
        keys.push(&bytes);
        keys.take();
        keys.give_up();
        prop_assert!(!keys.is_waiting());
    }
}

/// Names that have broken tables elsewhere.
const NAMES: [&str; 10] = [
    "設計を見直して提案を三つ書いてください",
    "👨\u{200d}👩\u{200d}👧 family 🇩🇪🇺🇦 👍🏽 ⚠\u{fe0f} 1\u{fe0f}\u{20e3}",
    "e\u{301}e\u{301}e\u{301} Z\u{310}\u{311}\u{312}\u{313}\u{314}\u{315}\u{316}\u{317}algo",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}",
    "\u{627}\u{644}\u{639}\u{631}\u{628}\u{64a}\u{629}",
    "\u{202e}txt.exe\u{202c} \u{2067}x\u{2069}",
    "\x1b[2J\x1b]0;t\x07\u{9b}31m \r\n\t tabs\tand\nlines",
    "क्षत्रिय ก\u{e33}ไทย 한국어 \u{1100}\u{1161}",
    "\u{200b}\u{feff}\u{e0041}\u{e0042}",
    "a-very-long-word-without-any-space-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on",
];

/// A list that has all of its rows at once.
struct Named(Vec<Row>);

impl Source for Named {
    fn news(&mut self) -> Result<News, SourceError> {
        Ok(News { older: std::mem::take(&mut self.0), ..News::default() })
    }
    fn detail(&mut self, _: &str) -> Result<Detail, SourceError> {
        Ok(Detail::default())
    }
    fn ask_changes(&mut self, _: &str) {}
    fn changes(&mut self, _: &str) -> Changes {
        Changes::Pending
    }
    fn can_open(&mut self, _: &str) -> Result<(), SourceError> {
        Ok(())
    }
    fn stop(&mut self, _: &str) -> Result<(), SourceError> {
        Ok(())
    }
    fn delete(&mut self, _: &str) -> Result<(), SourceError> {
        Ok(())
    }
    fn ended_before(&mut self, _: &str) -> Result<Vec<String>, SourceError> {
        Ok(Vec::new())
    }
    fn viewer(&mut self, _: &str, _: Shown, _: Viewer) -> Result<Command, SourceError> {
        Err(String::new().into())
    }
}

/// A run for each name.
fn named_rows() -> Vec<Row> {
    NAMES
        .iter()
        .enumerate()
        .map(|(number, name)| Row {
            id: format!("261121-ds-{number}"),
            state: State::Success,
            started: Some(0),
            ended: Some(60),
            backend: "backend".to_owned(),
            project: (*name).to_owned(),
            cwd: (*name).to_owned(),
            prompt: (*name).to_owned(),
            note: format!("{name} {name}"),
            cost_usd: Some(1.25),
            ..Row::default()
        })
        .collect()
}

/// Rows in which the words behind each name stand at one place show that it took the columns it was given.
#[test]
fn the_columns_stand_straight_beside_any_name() {
    let clock = Clock { now: || 240, minute: |_| "2026-11-21 10:00".to_owned() };
    let mut board = Board::new(Setting { theme: Theme::new(false), clock, place: None });
    board.refresh(&mut Named(named_rows()));
    for width in 40..=200 {
        let mut terminal = Terminal::new(TestBackend::new(width, 40)).unwrap();
        terminal.draw(|frame| board.draw(frame)).unwrap();
        let buffer = terminal.backend().buffer();
        // Cells that a wide character covers are empty, so the place in the buffer is the place on the screen.
        let line = |y: u16| -> Vec<&str> { (0..width).map(|x| buffer[(x, y)].symbol()).collect() };
        let place_of = |y: u16, word: &str| {
            let cells = line(y);
            (0..cells.len()).find(|&x| cells[x..].concat().starts_with(word))
        };
        let header = (0..40).find(|&y| line(y).concat().contains("STATE")).unwrap();
        let mut seen = 0;
        for y in header + 1..40 {
            if !line(y).concat().contains("success") {
                break;
            }
            seen += 1;
            for (title, word) in [("AGE", "4m"), ("COST", "$1.25"), ("BACKEND", "backend")] {
                let Some(at) = place_of(header, title) else { continue };
                let end = |at: usize, word: &str| at + text::width(word);
                let found =
                    place_of(y, word).unwrap_or_else(|| panic!("no {word} at {width}: {:?}", line(y)));
                let is_straight = found == at || end(found, word) == end(at, title);
                assert!(is_straight, "{word} is not below {title} at {width} columns: {:?}", line(y));
            }
        }
        assert_eq!(seen, NAMES.len(), "at {width} columns");
    }
}
