//! What the bytes of a terminal's keyboard mean.
//!
//! Written here rather than taken from a library, because the one at hand turns in circles for ever once the terminal
//! is gone, and waits inside half a sequence.

/// A key, or a paste, which is never taken for keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "keys are called what is printed on them")]
pub enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Escape,
    Backspace,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// The mouse wheel, away from the user.
    WheelUp,
    /// The mouse wheel, towards the user.
    WheelDown,
    /// The left button of the mouse, in a cell that is counted from 0 at the top left.
    Click {
        column: u16,
        row: u16,
    },
    /// A text that was pasted.
    Paste(String),
}

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// A paste is read no further than this.
const PASTE_LIMIT: usize = 1 << 16;

/// Bytes that came, and what of them is not a whole key yet.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pending: Vec<u8>,
}

impl Keys {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Whether the rest of a sequence is awaited. When it doesn't come, [`Keys::give_up`] takes it for what it is.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.pending.is_empty() && !self.is_pasting()
    }

    fn is_pasting(&self) -> bool {
        self.pending.starts_with(PASTE_BEGINS) && self.pending.len() < PASTE_LIMIT
    }

    /// The whole keys so far.
    pub(crate) fn take(&mut self) -> Vec<Key> {
        let mut keys = Vec::new();
        while let Some((key, length)) = next(&self.pending) {
            self.pending.drain(..length);
            keys.extend(key);
        }
        keys
    }

    /// The rest that stayed alone: an Escape, or nothing.
    pub(crate) fn give_up(&mut self) -> Vec<Key> {
        if self.is_pasting() {
            return Vec::new();
        }
        let alone = self.pending == b"\x1b";
        self.pending.clear();
        if alone { vec![Key::Escape] } else { Vec::new() }
    }
}

/// The first key with its length; a length without a key for what means nothing here. None: more is needed.
fn next(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    let first = *bytes.first()?;
    let one = |key| Some((Some(key), 1));
    match first {
        b'\r' | b'\n' => one(Key::Enter),
        b'\t' => one(Key::Tab),
        0x7F | 0x08 => one(Key::Backspace),
        0x1B => escape(bytes),
        0x01..=0x1A => one(Key::Ctrl(char::from(first - 1 + b'a'))),
        0x00..=0x1F => Some((None, 1)),
        0x20..=0x7E => one(Key::Char(char::from(first))),
        _ => wide(bytes),
    }
}

fn wide(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    let chunk = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(chunk) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            std::str::from_utf8(&chunk[..error.valid_up_to()]).unwrap_or("")
        }
        Err(error) => return error.error_len().map(|length| (None, length)),
    };
    valid.chars().next().map(|c| (Some(Key::Char(c)), c.len_utf8()))
}

fn escape(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    match *bytes.get(1)? {
        b'[' if bytes.starts_with(PASTE_BEGINS) => {
            let body = &bytes[PASTE_BEGINS.len()..];
            let end = body.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS)?;
            let text = String::from_utf8_lossy(&body[..end]).into_owned();
            Some((Some(Key::Paste(text)), PASTE_BEGINS.len() + end + PASTE_ENDS.len()))
        }
        b'[' => {
            let end = 2 + bytes[2..].iter().position(|byte| (0x40..=0x7E).contains(byte))?;
            Some((control_sequence(&bytes[2..end], bytes[end]), end + 1))
        }
        b'O' => Some((letter(*bytes.get(2)?), 3)),
        // Two Escapes, or an Escape quickly followed by a key.
        0x1B => Some((Some(Key::Escape), 1)),
        // Alt with a key means nothing here.
        byte => Some((None, if byte.is_ascii() { 2 } else { 1 })),
    }
}

fn control_sequence(parameters: &[u8], last: u8) -> Option<Key> {
    if let Some(mouse) = parameters.strip_prefix(b"<") {
        return if last == b'M' { mouse_report(mouse) } else { None };
    }
    if last != b'~' {
        return letter(last);
    }
    match parameters.split(|&byte| byte == b';').next()? {
        b"1" | b"7" => Some(Key::Home),
        b"4" | b"8" => Some(Key::End),
        b"5" => Some(Key::PageUp),
        b"6" => Some(Key::PageDown),
        _ => None,
    }
}

/// A press as SGR reports it: button, column and row, from 1.
fn mouse_report(parameters: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(parameters).ok()?;
    let mut numbers = text.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    match button {
        0 => Some(Key::Click { column: column.saturating_sub(1), row: row.saturating_sub(1) }),
        64 => Some(Key::WheelUp),
        65 => Some(Key::WheelDown),
        _ => None,
    }
}

fn letter(byte: u8) -> Option<Key> {
    match byte {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        b'H' => Some(Key::Home),
        b'F' => Some(Key::End),
        b'Z' => Some(Key::BackTab),
        b'M' => Some(Key::Enter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        keys.push(bytes);
        let mut taken = keys.take();
        taken.extend(keys.give_up());
        taken
    }

    #[test]
    fn keys_are_known_in_all_their_spellings() {
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[1;5C\x1b[D"), [Key::Up, Key::Down, Key::Right, Key::Left]);
        assert_eq!(keys(b"\x1b[H\x1b[1~\x1bOF\x1b[8~"), [Key::Home, Key::Home, Key::End, Key::End]);
        assert_eq!(keys(b"\x1b[5~\x1b[6~\x1b[Z\t"), [Key::PageUp, Key::PageDown, Key::BackTab, Key::Tab]);
        assert_eq!(keys(b"\x03\x1a\x7f\r"), [Key::Ctrl('c'), Key::Ctrl('z'), Key::Backspace, Key::Enter]);
        assert_eq!(keys("é日".as_bytes()), [Key::Char('é'), Key::Char('日')]);
    }

    #[test]
    fn an_escape_alone_is_the_key() {
        assert_eq!(keys(b"\x1b"), [Key::Escape]);
        assert_eq!(keys(b"\x1b\x1b"), [Key::Escape, Key::Escape]);
    }

    #[test]
    fn what_means_nothing_is_passed_over() {
        assert_eq!(keys(b"\x1b[15~\x1bx\x1b[?1;2c\xff\xc3\x28j"), [Key::Char('('), Key::Char('j')]);
        assert_eq!(keys(b"\x1b["), []);
    }

    #[test]
    fn the_mouse_scrolls_and_clicks() {
        let (up, down) = (b"\x1b[<64;10;5M", b"\x1b[<65;10;5M");
        assert_eq!(keys(&[&up[..], down].concat()), [Key::WheelUp, Key::WheelDown]);
        assert_eq!(keys(b"\x1b[<0;3;7M\x1b[<0;3;7m"), [Key::Click { column: 2, row: 6 }]);
        assert_eq!(keys(b"\x1b[<2;3;7M\x1b[<;;M\x1b[<0;99999;1M\x1b[<0;1M"), []);
    }

    #[test]
    fn a_sequence_may_come_in_pieces() {
        let mut keys = Keys::default();
        let mut taken = Vec::new();
        for byte in "\x1b[A日\x1b[200~q\r\x1b[201~".bytes() {
            keys.push(&[byte]);
            taken.extend(keys.take());
        }
        assert_eq!(taken, [Key::Up, Key::Char('日'), Key::Paste("q\r".to_owned())]);
        assert!(!keys.is_waiting());
    }
}
