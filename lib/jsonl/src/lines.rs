//! Bytes in any portions, out of them lines, in bounded memory.
//!
//! A line that came whole is handed on where it stands. Of one that came in parts as much is kept as its reader
//! wants: the beginning when that shows that it tells nothing, else all of it up to [`Limits::line`]. Beyond that
//! the line's strings are cut short, not the line: a result's `type` may stand after a result of any size.

use std::io::BufRead;

use crate::value::quote_or_backslash;

/// How much of a line is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// All of a line up to here; more than [`BEGINNING`].
    pub line: usize,
    /// Of each string that begins or goes on beyond that.
    pub string: usize,
    /// What a line may grow by beyond [`Limits::line`] before it is given up.
    pub rest: usize,
}

/// A line without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What was kept of it.
    pub bytes: &'a [u8],
    /// Whether that is all of it.
    pub fate: Fate,
}

/// What became of a line that was longer than [`Limits::line`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    /// It was not longer.
    Whole,
    /// Its strings are cut short.
    Shortened,
    /// It was given up; nothing is kept.
    Lost,
}

/// How many bytes of a line that tells nothing are kept.
pub const BEGINNING: usize = 512;

/// How many bytes, without leading blanks, it takes to see whether a line tells nothing.
const ENOUGH: usize = 32;

/// A buffer that has grown beyond this goes with its line.
const ROOMY: usize = 1 << 20;

/// Takes bytes, hands on lines.
#[derive(Debug)]
pub struct Lines {
    limits: Limits,
    /// Whether a line with this beginning is not needed beyond it.
    is_dull: fn(&[u8]) -> bool,
    /// What is kept of a line that has begun and not ended.
    kept: Vec<u8>,
    begun: bool,
    /// None while that cannot be said; else how much of the line is kept.
    wanted: Option<usize>,
    shortening: Option<Shortening>,
    fate: Fate,
}

/// Where in a line that is too long its next byte stands.
#[derive(Clone, Copy, Debug, Default)]
struct Shortening {
    in_string: bool,
    after_backslash: bool,
    /// Bytes kept of the string.
    length: usize,
    /// Whether the rest of the string is left out.
    dropping: bool,
}

impl Lines {
    /// Before the first byte. `is_dull` is asked with at least the first 32 bytes of a line that comes in parts.
    pub fn new(limits: Limits, is_dull: fn(&[u8]) -> bool) -> Self {
        Self {
            limits,
            is_dull,
            kept: Vec::new(),
            begun: false,
            wanted: None,
            shortening: None,
            fate: Fate::Whole,
        }
    }

    /// Takes the next bytes, and hands each line that ends in them to `take`.
    pub fn push(&mut self, mut bytes: &[u8], take: &mut dyn FnMut(Line<'_>)) {
        while !bytes.is_empty() {
            let mut rest = bytes;
            // The one fast search for a byte in std's public interface; a slice does not fail to be read.
            let length = rest.skip_until(b'\n').unwrap_or(bytes.len());
            let (part, ended) = match bytes[..length].strip_suffix(b"\n") {
                Some(line) => (line, true),
                None => (&bytes[..length], false),
            };
            bytes = rest;
            if ended && !self.begun && part.len() <= self.limits.line {
                take(Line { bytes: part, fate: Fate::Whole });
                continue;
            }
            self.begun = true;
            self.keep(part);
            if ended {
                self.end(take);
            }
        }
    }

    /// How many bytes of memory are held for the line that has begun.
    pub fn room(&self) -> usize {
        self.kept.capacity()
    }

    /// Hands on a last line without a line end.
    pub fn finish(mut self, take: &mut dyn FnMut(Line<'_>)) {
        if self.begun {
            self.end(take);
        }
    }

    fn end(&mut self, take: &mut dyn FnMut(Line<'_>)) {
        take(Line { bytes: &self.kept, fate: self.fate });
        if self.kept.capacity() > ROOMY {
            self.kept = Vec::new();
        }
        self.kept.clear();
        self.begun = false;
        self.wanted = None;
        self.shortening = None;
        self.fate = Fate::Whole;
    }

    fn keep(&mut self, mut part: &[u8]) {
        if self.wanted.is_none() {
            if self.kept.is_empty() {
                part = &part[part.iter().take_while(|byte| **byte <= b' ').count()..];
            }
            // Only the beginning, so that a dull line of 20 MB is not copied to see that it is one.
            let (beginning, rest) = part.split_at(part.len().min(BEGINNING - self.kept.len()));
            self.kept.extend_from_slice(beginning);
            part = rest;
            self.wanted = self.judge();
        }
        if let Some(wanted) = self.wanted {
            self.kept.truncate(wanted);
            self.keep_wanted(part, wanted);
        }
    }

    /// How much of the line is wanted, once enough of it is here.
    fn judge(&self) -> Option<usize> {
        let told = blank_trimmed(&self.kept);
        match told.get(..ENOUGH) {
            Some(enough) if (self.is_dull)(enough) => Some(self.kept.len() - told.len() + BEGINNING),
            Some(_) => Some(usize::MAX),
            None => (self.kept.len() == BEGINNING).then_some(usize::MAX),
        }
    }

    fn keep_wanted(&mut self, part: &[u8], wanted: usize) {
        let part = &part[..part.len().min(wanted.saturating_sub(self.kept.len()))];
        if self.fate == Fate::Lost {
            return;
        }
        let room = match self.shortening {
            None => self.limits.line.saturating_sub(self.kept.len()),
            Some(_) => 0,
        };
        let (fits, part) = part.split_at(part.len().min(room));
        self.kept.extend_from_slice(fits);
        if part.is_empty() {
            return;
        }
        let mut at = self.shortening.unwrap_or_else(|| Shortening::after(&self.kept));
        for byte in part {
            if at.keeps(*byte, self.limits.string) {
                self.kept.push(*byte);
            } else {
                self.fate = Fate::Shortened;
            }
            if self.kept.len() > self.limits.line + self.limits.rest {
                self.kept = Vec::new();
                self.fate = Fate::Lost;
                break;
            }
        }
        self.shortening = Some(at);
    }
}

impl Shortening {
    /// Where the next byte stands after the beginning of a line.
    fn after(line: &[u8]) -> Self {
        let mut at = Self::default();
        let mut rest = line;
        loop {
            let found = if at.in_string {
                quote_or_backslash(rest)
            } else {
                rest.iter().position(|byte| *byte == b'"')
            };
            let Some(found) = found else {
                at.length += rest.len();
                return at;
            };
            if rest[found] == b'"' {
                at.in_string = !at.in_string;
                at.length = 0;
                rest = &rest[found + 1..];
            } else {
                at.after_backslash = found + 1 == rest.len();
                at.length += found + 2;
                rest = rest.get(found + 2..).unwrap_or_default();
            }
        }
    }

    /// Whether the next byte is kept. Brackets, keys and quotes are; so is the byte after a backslash that was, for
    /// else the closing quote would belong to the backslash.
    fn keeps(&mut self, byte: u8, limit: usize) -> bool {
        let escaped = std::mem::take(&mut self.after_backslash);
        if !self.in_string {
            self.in_string = byte == b'"';
            self.length = 0;
            self.dropping = false;
            return true;
        }
        if !escaped {
            if byte == b'"' {
                self.in_string = false;
                return true;
            }
            self.dropping |= self.length >= limit;
            self.after_backslash = byte == b'\\';
        }
        self.length += 1;
        !self.dropping
    }
}

/// Without the blanks before a line's first character: white space, NUL and other controls, a byte order mark.
pub fn blank_trimmed(mut bytes: &[u8]) -> &[u8] {
    loop {
        let rest = bytes.trim_ascii_start();
        let rest = match rest {
            [0..=0x20, rest @ ..] | [0xEF, 0xBB, 0xBF, rest @ ..] => rest,
            _ => return rest,
        };
        bytes = rest;
    }
}

/// A line without the blanks around it.
pub fn trimmed(line: &[u8]) -> &[u8] {
    let line = blank_trimmed(line);
    let blanks = line.iter().rev().take_while(|byte| **byte <= b' ').count();
    &line[..line.len() - blanks]
}
