//! Events, out of them the copy that stays.

use std::collections::VecDeque;

use serde_json::Value as Json;

use handoff_agents::Host;

use crate::event::{Call, Deed, Event, Fact, Return};
use crate::session::{Coverage, Outcome, Text};

/// The most bytes of a copy.
pub const CUT_DOWN_LIMIT: usize = 256 << 10;

/// The most bytes of a text, and of a tool's input or output, in the copy.
const TEXT: usize = crate::TEXT_LIMIT;
const DETAIL: usize = 400;

/// The most bytes of texts that wait to be cut and written; much more than can be written.
const KEPT: usize = 3 << 20;

/// How many of the last entries may still get what their call returned.
const OPEN: usize = 64;

const MARK: &str = "…";

/// A transcript cut down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutDown {
    /// JSON lines, as [`cut_down`](crate::cut_down) describes them.
    pub lines: String,
    /// Whether everything that was said and done is in it, each thing at least in part.
    pub whole: bool,
    /// How much of the transcript was read for it.
    pub coverage: Coverage,
}

#[derive(Debug)]
enum Entry {
    Said { role: &'static str, text: Text },
    Done { id: String, tool: String, input: Text, outcome: Outcome, output: Option<Text> },
}

#[derive(Debug, Default)]
pub(crate) struct Digest {
    session: Option<Text>,
    entries: VecDeque<Entry>,
    size: usize,
    left_out: bool,
}

impl Digest {
    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Fact(Fact::SessionId, id) => self.session = Some(id),
            Event::Fact(..) | Event::Hint(_) => {}
            Event::Request(text) => self.push(Entry::Said { role: "user", text }),
            Event::Answer(text) => self.push(Entry::Said { role: "assistant", text }),
            Event::Failed(failure) => {
                let text = Text::from(failure.reason.text.as_str());
                self.push(Entry::Said { role: "error", text });
            }
            Event::Interrupted => {
                self.push(Entry::Said { role: "error", text: Text::from("interrupted by the user") });
            }
            Event::Call(call) => self.call(call),
            Event::Return(back) if back.id.is_empty() => {}
            Event::Return(back) => self.came_back(back),
            Event::Ran(call, _) if matches!(call.deed, Deed::Plan(_)) => {}
            Event::Ran(call, back) => {
                if call.id.is_empty() || self.find(&call.id).is_none() {
                    self.call(call);
                }
                self.came_back(back);
            }
            Event::Changed { id, outcome, .. } => {
                if let Some(Entry::Done { outcome: known, .. }) = self.find(&id) {
                    *known = outcome;
                }
            }
            Event::Gap => self.left_out = true,
        }
    }

    fn call(&mut self, call: Call) {
        let Call { id, tool, input, .. } = call;
        self.push(Entry::Done { id, tool, input, outcome: Outcome::Unknown, output: None });
    }

    fn came_back(&mut self, back: Return) {
        let mut grown = 0;
        if let Some(Entry::Done { outcome, output, .. }) = self.find(&back.id) {
            if *outcome == Outcome::Unknown {
                *outcome = back.outcome;
            }
            // An event tells a command's output before the call returns it with a header.
            if output.as_ref().is_none_or(|output| output.text.is_empty()) {
                grown = back.output.text.len();
                *output = Some(back.output);
            }
        }
        self.size += grown;
        self.shrink();
    }

    fn find(&mut self, wanted: &str) -> Option<&mut Entry> {
        let is_it = |entry: &&mut Entry| matches!(entry, Entry::Done { id, .. } if id == wanted);
        self.entries.iter_mut().rev().take(OPEN).find(is_it)
    }

    fn push(&mut self, entry: Entry) {
        self.size += entry.size();
        self.entries.push_back(entry);
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.size > KEPT
            && let Some(entry) = self.entries.pop_front()
        {
            self.size -= entry.size();
            self.left_out = true;
        }
    }

    pub(crate) fn finish(
        self,
        host: Option<&'static Host>,
        coverage: Coverage,
        redact: &dyn Fn(&str) -> String,
    ) -> CutDown {
        let mut head = Vec::new();
        head.extend(host.map(|host| ("from", Json::from(host.stamp))));
        head.extend(self.session.map(|session| ("session", shown(&session, redact, DETAIL))));
        let mut room = CUT_DOWN_LIMIT - object(&head).len() - r#","whole":false"#.len();
        let mut lines = Vec::new();
        let mut whole = !self.left_out;
        for entry in self.entries.into_iter().rev() {
            let line = entry.line(redact);
            if line.len() > room {
                whole = false;
                break;
            }
            room -= line.len();
            lines.push(line);
        }
        head.push(("whole", Json::from(whole)));
        lines.push(object(&head));
        lines.reverse();
        CutDown { lines: lines.concat(), whole, coverage }
    }
}

impl Entry {
    fn size(&self) -> usize {
        // A little more than the texts, so that empty ones cannot be without number.
        let texts = match self {
            Self::Said { text, .. } => text.text.len(),
            Self::Done { id, tool, input, output, .. } => {
                let output = output.as_ref().map_or(0, |output| output.text.len());
                id.len() + tool.len() + input.text.len() + output
            }
        };
        texts + size_of::<Self>() + 64
    }

    fn line(&self, redact: &dyn Fn(&str) -> String) -> String {
        match self {
            Self::Said { role, text } => {
                object(&[("role", Json::from(*role)), ("text", shown(text, redact, TEXT))])
            }
            Self::Done { tool, input, outcome, output, .. } => {
                let tool = shown(&Text::from(tool.as_str()), redact, DETAIL);
                let mut fields = vec![("tool", tool), ("input", shown(input, redact, DETAIL))];
                fields.extend(outcome.is_ok().map(|ok| ("ok", Json::from(ok))));
                fields.extend(output.as_ref().map(|output| ("output", shown(output, redact, DETAIL))));
                object(&fields)
            }
        }
    }
}

/// A text without secrets, at most `limit` bytes of it.
fn shown(text: &Text, redact: &dyn Fn(&str) -> String, limit: usize) -> Json {
    let told = if text.cut { without_half_word(&text.text) } else { &text.text };
    let mut shown = redact(told);
    if shown.len() > limit || text.cut {
        shown.truncate(shown.floor_char_boundary(limit - MARK.len()));
        shown.push_str(MARK);
    }
    Json::from(shown)
}

/// Without its last word, which may be half a secret that nothing recognises. A word longer than any secret but a
/// key's block, whose lines are words, is shortened.
fn without_half_word(text: &str) -> &str {
    const WORD: usize = 2 << 10;
    let least = text.floor_char_boundary(text.len().saturating_sub(WORD));
    let end = text[least..].rfind(char::is_whitespace).map_or(least, |found| least + found);
    &text[..end]
}

/// A line with the fields in this order.
fn object(fields: &[(&str, Json)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}\n", fields.join(","))
}
