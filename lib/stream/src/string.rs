//! The strings of an event, as text for people: nothing that a terminal obeys.

use handoff_jsonl::Raw;
use handoff_text::Sanitised;

use crate::LINE_LIMIT;

/// A reason is a message for people; what is longer is a dump.
const REASON_LIMIT: usize = 8 << 10;

/// How much of a string a line of progress is made from, first and when that was not enough: white space and hidden
/// characters shrink, but seldom by much.
const LOOK: usize = LINE_LIMIT + 50;
const LOOK_AGAIN: usize = LINE_LIMIT * 8;

/// What a string of an event becomes.
pub(crate) trait Shown: Sized {
    /// One line of progress.
    fn line(self) -> Sanitised;

    /// Adds as much as a line of progress may need, not sanitised yet.
    fn add_to(self, line: &mut Vec<u8>);

    /// Some lines that say why.
    fn reason(self) -> Sanitised;
}

impl Shown for Raw<'_> {
    fn line(self) -> Sanitised {
        let line = Sanitised::line(&self.beginning(LOOK), LINE_LIMIT);
        if self.bytes().len() <= LOOK || line.ends_with('…') {
            return line;
        }
        Sanitised::line(&self.beginning(LOOK_AGAIN), LINE_LIMIT)
    }

    fn add_to(self, line: &mut Vec<u8>) {
        line.extend_from_slice(&self.beginning(LINE_LIMIT * 2));
    }

    fn reason(self) -> Sanitised {
        Sanitised::up_to(&self.beginning(REASON_LIMIT), REASON_LIMIT).text
    }
}
