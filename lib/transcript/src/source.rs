//! A file, out of it events, in bounded time and memory.

use std::io::{self, Read, Seek, SeekFrom};

use handoff_agents::{CLAUDE_CODE, CODEX, Dialect, Host};
use handoff_jsonl::{Fate, Limits, Line, Lines, Value, trimmed};

use crate::claude::{self, Claude};
use crate::codex::{self, Codex};
use crate::event::{DETAIL, Event, GIST, Tell};
use crate::session::Coverage;

/// A transcript of at most so many bytes is read whole; a usual one has a few MB.
pub const WHOLE: u64 = 32 << 20;

/// How much is read of a larger one's beginning, with the first request.
pub const HEAD: u64 = 1 << 20;

/// How much is read of its end.
pub const TAIL: u64 = 24 << 20;

/// What is read of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    whole: u64,
    head: u64,
    tail: u64,
    /// How much of a tool's input and output is wanted.
    detail: usize,
}

/// Everything, where that can be.
pub(crate) const ALL: Window = Window { whole: WHOLE, head: HEAD, tail: TAIL, detail: GIST };

/// What a copy of the last things needs, and who the session is.
pub(crate) const END: Window = Window { whole: 8 << 20, head: 64 << 10, tail: 8 << 20, detail: DETAIL };

const LIMITS: Limits = Limits { line: 1 << 20, string: 256, rest: 256 << 10 };

/// How many bytes are read at once.
const PORTION: usize = 128 << 10;

/// Reads the part of `transcript` that `window` shows, and tells what its lines tell.
pub(crate) fn pass(
    transcript: &mut (impl Read + Seek),
    window: Window,
    tell: Tell<'_>,
) -> io::Result<(Option<&'static Host>, Coverage)> {
    let size = transcript.seek(SeekFrom::End(0))?;
    transcript.seek(SeekFrom::Start(0))?;
    let mut decoder = Decoder {
        host: None,
        claude: Claude::new(window.detail),
        codex: Codex::new(window.detail),
        coverage: Coverage { size, ..Coverage::default() },
    };
    let mut portion = vec![0; PORTION];
    if size <= window.whole {
        let lines = decoder.stream(transcript.take(size), false, &mut portion, tell)?;
        // Of a file that is being written the last line may be a whole one already.
        lines.finish(&mut |line| decoder.line(line, tell));
    } else {
        // Each time the line that is cut through is passed over.
        drop(decoder.stream(transcript.by_ref().take(window.head), false, &mut portion, tell)?);
        decoder.finish(tell);
        tell(Event::Gap);
        transcript.seek(SeekFrom::Start(size - window.tail))?;
        let lines = decoder.stream(transcript.take(window.tail), true, &mut portion, tell)?;
        lines.finish(&mut |line| decoder.line(line, tell));
    }
    decoder.finish(tell);
    Ok((decoder.host, decoder.coverage))
}

#[derive(Debug)]
struct Decoder {
    host: Option<&'static Host>,
    claude: Claude,
    codex: Codex,
    coverage: Coverage,
}

impl Decoder {
    /// Takes the lines that end in `bytes`; gives back what has begun and not ended.
    fn stream(
        &mut self,
        mut bytes: impl Read,
        mut is_within_line: bool,
        portion: &mut [u8],
        tell: Tell<'_>,
    ) -> io::Result<Lines> {
        let mut lines = Lines::new(LIMITS, |_| false);
        loop {
            let count = match bytes.read(portion) {
                Ok(0) => return Ok(lines),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.coverage.read += count as u64;
            let mut part = &portion[..count];
            if is_within_line {
                let Some(end) = part.iter().position(|byte| *byte == b'\n') else { continue };
                part = &part[end + 1..];
                is_within_line = false;
            }
            lines.push(part, &mut |line| self.line(line, tell));
        }
    }

    fn line(&mut self, line: Line<'_>, tell: Tell<'_>) {
        let bytes = trimmed(line.bytes);
        if bytes.is_empty() && line.fate == Fate::Whole {
            return;
        }
        self.coverage.lines += 1;
        match line.fate {
            Fate::Whole => {}
            Fate::Shortened => self.coverage.shortened += 1,
            Fate::Lost => return self.coverage.lost += 1,
        }
        let value = Value::new(bytes);
        self.host = self.host.or_else(|| {
            let is_codex = || codex::is_ours(value).then_some(&CODEX);
            claude::is_ours(value).then_some(&CLAUDE_CODE).or_else(is_codex)
        });
        let is_read = match self.host.and_then(|host| host.transcript) {
            Some(Dialect::ClaudeCode) => self.claude.read(value, tell),
            Some(Dialect::Codex) => self.codex.read(value, tell),
            _ => value.pick([""]).is_some(),
        };
        self.coverage.unreadable += u64::from(!is_read);
    }

    fn finish(&mut self, tell: Tell<'_>) {
        self.claude.finish(tell);
        self.codex.finish(tell);
    }
}
