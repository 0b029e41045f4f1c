//! Text that somebody made up to break a screen.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::board::Board;
use crate::keys::{Key, Keys};
use crate::model::{Detail, Document, Row, Source, State};
use crate::theme::Theme;
use crate::{markdown, text};

struct Hostile(String);

impl Source for Hostile {
    fn rows(&mut self) -> Result<Vec<Row>, String> {
        let text = || self.0.clone();
        Ok(vec![Row {
            id: text(),
            started: text(),
            age: text(),
            state: State::Success,
            backend: text(),
            model: text(),
            tokens: None,
            cost_usd: Some(f64::NAN),
            cwd: text(),
            prompt: text(),
        }])
    }

    fn detail(&mut self, _: &str) -> Result<Detail, String> {
        let document = || Document { text: self.0.clone(), path: self.0.clone() };
        Ok(Detail { prompt: document(), progress: document(), result: Some(document()) })
    }

    fn stop(&mut self, _: &str) -> Result<(), String> {
        Err(self.0.clone())
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
        "![",
    ];
    let piece = prop_oneof![3 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_gets_control_of_the_screen(text in hostile(), width in 0_u16..90, height in 0_u16..26) {
        let mut source = Hostile(text);
        let mut board = Board::new(Theme::new(true));
        board.refresh(&mut source);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for key in [Key::Char('s'), Key::Char('y'), Key::Char('/'), Key::Paste(source.0.clone()), Key::Escape, Key::Enter,
            Key::Char('1'), Key::Char('2'), Key::Char(' ')]
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
