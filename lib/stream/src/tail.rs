//! The last of what was no event: a program that fails before it speaks JSON says why in plain words.

use handoff_text::Sanitised;

use crate::{LINE_LIMIT, Reason};

/// How much of one line is kept. Less than what is kept of any line, see `lines::BEGINNING`.
const OF_A_LINE: usize = LINE_LIMIT;
/// How much is kept at least, and how much at most between two clearings.
const KEPT: usize = 4 << 10;
const ROOM: usize = 16 << 10;

#[derive(Debug, Default)]
pub(crate) struct Tail(Vec<u8>);

impl Tail {
    pub(crate) fn push(&mut self, line: &[u8]) {
        if self.0.len() > ROOM {
            let old = self.0.len() - KEPT;
            self.0.drain(..old);
        }
        self.0.extend_from_slice(&line[..line.len().min(OF_A_LINE)]);
        self.0.push(b'\n');
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        let beginning = self.0.len().saturating_sub(KEPT);
        let kept = match beginning {
            0 => &self.0[..],
            // What stands before the first line end is the rest of a line.
            _ => self.0[beginning..].splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default(),
        };
        let text = Sanitised::from(Sanitised::text(kept).trim());
        (!text.is_empty()).then(|| Reason::of_words(text))
    }
}
