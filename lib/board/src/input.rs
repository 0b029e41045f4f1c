//! A line that is typed at the foot of a screen: a filter, a name, a number of days.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::footer::{self, Hint};
use crate::keys::Key;
use crate::table::put;
use crate::text;
use crate::theme::Theme;

/// What a key did to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another one.
    Changed,
    /// Enter: the text is to be taken.
    Done,
    /// Escape, or a backspace in an empty line: the text is to be dropped.
    Dropped,
    /// The key is none of a line's, such as an arrow.
    Other,
}

/// The text so far.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// As it was typed; sanitise it before it is shown anywhere else.
    pub text: String,
}

impl Input {
    /// Does what a key says.
    pub fn press(&mut self, key: &Key) -> Typed {
        match key {
            Key::Enter => return Typed::Done,
            Key::Escape => return Typed::Dropped,
            Key::Backspace if self.text.is_empty() => return Typed::Dropped,
            Key::Backspace => {
                self.text.pop();
            }
            Key::Ctrl('u') => self.text.clear(),
            Key::Ctrl('w') => {
                let kept = self.text.trim_end();
                let kept = kept.rfind(char::is_whitespace).map_or(0, |at| at + 1);
                self.text.truncate(kept);
            }
            Key::Char(c) => self.text.push(*c),
            Key::Paste(pasted) => self.text.push_str(&text::cell(pasted)),
            _ => return Typed::Other,
        }
        Typed::Changed
    }

    /// Draws `label` and the text in one line, with `hints` at its right end. Gives the column of the cursor.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, label: &str, hints: &[Hint], theme: Theme) -> u16 {
        let width = usize::from(area.width);
        let hints = footer::hints(hints, width / 2, theme);
        let taken = text::width(label);
        let room = width.saturating_sub(hints.width() + taken + 2).max(1);
        let typed = text::cut_front(&text::cell_as_typed(&self.text), room);
        put(buffer, area, area.y, &format!("{label}{typed}"), theme.strong());
        let x = area.right().saturating_sub(u16::try_from(hints.width()).unwrap_or(0)).max(area.x);
        buffer.set_line(x, area.y, &hints, area.width);
        let typed = u16::try_from(text::width(&typed) + taken).unwrap_or(0);
        area.x.saturating_add(typed).min(area.right().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_and_taken_back() {
        let mut input = Input::default();
        let mut press = |key| (input.press(&key), input.text.clone());
        assert_eq!(press(Key::Paste("fix the\nparser".to_owned())).1, "fix the parser");
        assert_eq!(press(Key::Ctrl('w')), (Typed::Changed, "fix the ".to_owned()));
        assert_eq!(press(Key::Backspace).1, "fix the");
        assert_eq!(press(Key::Ctrl('u')).1, "");
        assert_eq!(press(Key::Char('é')).1, "é");
        assert_eq!(press(Key::Enter).0, Typed::Done);
        assert_eq!(press(Key::Up), (Typed::Other, "é".to_owned()));
        assert_eq!(press(Key::Backspace).0, Typed::Changed);
        assert_eq!(press(Key::Backspace).0, Typed::Dropped);
        assert_eq!(press(Key::Escape).0, Typed::Dropped);
    }
}
