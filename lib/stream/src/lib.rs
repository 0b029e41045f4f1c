//! What a backend says, line by line: its progress while it goes on, and at the end its true outcome.
//!
//! [`Reader`] takes the output of a program of any [`Protocol`], such as `codex exec --json`, in any portions. It reads no file, starts no process and looks at no clock. Whatever the bytes are, it does not fail, its
//! memory is bounded, and how they were portioned makes no difference: a line that makes no sense tells nothing.
//!
//! - A run has succeeded when the backend said so, not when its process did ([`Outcome`]).
//! - Of several results the last one counts. One run has several when a background task of `claude` ends after the
//!   first and begins another turn; [`Reader::is_done`] is taken back then.
//! - Plain text between the events, as of a merged stderr, is kept as a short tail: it is the reason when nothing
//!   else is.
//! - Memory: a line that arrives in parts is kept up to [`TEXT_LIMIT`] and a little, a result's text up to
//!   [`TEXT_LIMIT`]. A 20 MB result costs 40 MB at its end, the usual stream a few kB.

mod claude;
mod codex;
mod copilot;
mod gemini;
mod opencode;
mod outcome;
mod progress;
mod qwen;
mod reason;
mod state;
mod string;
mod tail;
mod tool;

pub use outcome::{Outcome, SessionId, Usage, Verdict};
pub use progress::Progress;
pub use reason::{Reason, ReasonKind};

use handoff_agents::Protocol;
use handoff_jsonl::{Fate, Limits, Line, Lines};
use state::{State, Tell};

/// The most bytes of a line of progress.
pub const LINE_LIMIT: usize = 400;

/// The most bytes of a result.
pub const TEXT_LIMIT: usize = 24 << 20;

const LIMITS: Limits = Limits { line: TEXT_LIMIT + (64 << 10), string: 256, rest: 1 << 20 };

/// Reads one run's stream.
#[derive(Debug)]
pub struct Reader {
    protocol: Protocol,
    lines: Lines,
    state: State,
}

impl Reader {
    /// A reader before the first byte.
    pub fn new(protocol: Protocol) -> Self {
        Self::within(protocol, LIMITS)
    }

    fn within(protocol: Protocol, limits: Limits) -> Self {
        let is_dull: fn(&[u8]) -> bool = match protocol {
            Protocol::Claude => |line| !line.starts_with(b"{") || claude::is_dull(line),
            Protocol::Codex => |line| !line.starts_with(b"{") || codex::is_dull(line),
            Protocol::Gemini => |line| !line.starts_with(b"{") || gemini::is_dull(line),
            Protocol::Qwen => |line| !line.starts_with(b"{") || qwen::is_dull(line),
            Protocol::Opencode => |line| !line.starts_with(b"{") || opencode::is_dull(line),
            Protocol::Copilot => |line| !line.starts_with(b"{") || copilot::is_dull(line),
        };
        Self { protocol, lines: Lines::new(limits, is_dull), state: State::default() }
    }

    /// Takes the next bytes, and calls `tell` for each thing worth a line of progress.
    pub fn push(&mut self, bytes: &[u8], tell: &mut dyn FnMut(Progress)) {
        let Self { protocol, lines, state } = self;
        lines.push(bytes, &mut |line| read(*protocol, state, line, tell));
    }

    /// Whether the backend has given its result and nothing that it said shows that more is to come. A process that
    /// does not end now is waited for only briefly, while reading on: what else it says may take this back.
    pub fn is_done(&self) -> bool {
        self.state.done
    }

    /// Takes the end of the stream.
    pub fn finish(self, tell: &mut dyn FnMut(Progress)) -> Outcome {
        let Self { protocol, lines, mut state } = self;
        lines.finish(&mut |line| read(protocol, &mut state, line, tell));
        state.outcome()
    }
}

fn read(protocol: Protocol, state: &mut State, line: Line<'_>, tell: Tell<'_>) {
    let bytes = handoff_jsonl::trimmed(line.bytes);
    if line.fate == Fate::Lost {
        return tell(Progress::Note("an event of more than 25 MB was skipped".into()));
    }
    state.shortened = line.fate == Fate::Shortened;
    match (bytes.first(), protocol) {
        (None, _) => {}
        (Some(b'{'), Protocol::Claude) => claude::read(state, bytes, tell),
        (Some(b'{'), Protocol::Codex) => codex::read(state, bytes, tell),
        (Some(b'{'), Protocol::Gemini) => gemini::read(state, bytes, tell),
        (Some(b'{'), Protocol::Qwen) => qwen::read(state, bytes, tell),
        (Some(b'{'), Protocol::Opencode) => opencode::read(state, bytes, tell),
        (Some(b'{'), Protocol::Copilot) => copilot::read(state, bytes, tell),
        _ => state.tail.push(bytes),
    }
    if state.shortened {
        tell(Progress::Note("an event of more than 24 MB was shortened".into()));
    }
}

#[cfg(test)]
mod tests;
