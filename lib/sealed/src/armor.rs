//! The armor: the same bytes as strict PEM, for what carries text alone. It is read and never written.

use std::io::{self, BufRead, Read};

use data_encoding::BASE64;

use crate::error::{ArmorFault, OpenError};

const BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const END: &[u8] = b"-----END AGE ENCRYPTED FILE-----";
const COLUMNS: usize = 64;
/// How many blanks may stand before the armor, and how many behind it.
const MAX_BLANK_BYTES: usize = 1 << 10;
/// The longest line: of base64, or the first one, with a `\r\n`.
const MAX_LINE_BYTES: u64 = 66;

/// Whether bytes begin as an age file does, armored or not.
pub fn is_sealed(bytes: &[u8]) -> bool {
    let armor = bytes.trim_ascii_start();
    bytes.starts_with(crate::header::MAGIC) || armor.starts_with(BEGIN)
}

/// Whether what comes is armored, not binary. Reads nothing.
pub(crate) fn is_armored(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        match input.fill_buf() {
            Ok(bytes) => return Ok(bytes.first().is_some_and(|&first| first == b'-' || is_blank(first))),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The error of a stream that may have been an [`Armored`].
pub(crate) fn read_error(error: io::Error) -> OpenError {
    match error.downcast::<ArmorFault>() {
        Ok(fault) => OpenError::Armor(fault),
        Err(error) => OpenError::Read(error),
    }
}

/// The bytes inside of an armor. Its faults are errors of the stream.
pub(crate) struct Armored<R> {
    input: R,
    state: State,
    decoded: Vec<u8>,
    given: usize,
    /// How many lines of base64 were read.
    lines: u64,
}

/// Where in the armor it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    /// What comes is base64, or the end.
    Inside,
    /// The line before was the last one of base64.
    AtEnd,
    Done,
}

impl<R: BufRead> Armored<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, state: State::Before, decoded: Vec::new(), given: 0, lines: 0 }
    }

    /// Goes on by one line.
    fn step(&mut self) -> io::Result<()> {
        if self.state == State::Before {
            self.blanks(ArmorFault::Begin)?;
            if self.line()? != BEGIN {
                return Err(io::Error::other(ArmorFault::Begin));
            }
            self.state = State::Inside;
            return Ok(());
        }
        let line = self.line()?;
        if line == END {
            self.state = State::Done;
            self.blanks(ArmorFault::Trailing)?;
            let is_over = self.input.fill_buf()?.is_empty();
            return if is_over { Ok(()) } else { Err(io::Error::other(ArmorFault::Trailing)) };
        }
        self.lines += 1;
        let fault = || io::Error::other(ArmorFault::Line(self.lines));
        if self.state == State::AtEnd {
            return Err(fault());
        }
        (self.decoded, self.given) = (decode(&line).ok_or_else(fault)?, 0);
        let is_full = self.decoded.len() == COLUMNS / 4 * 3;
        self.state = if is_full { State::Inside } else { State::AtEnd };
        Ok(())
    }

    /// A line without its end. The last one may have none.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(io::Error::other(ArmorFault::Truncated));
        }
        let text =
            line.strip_suffix(b"\n").map_or(line.as_slice(), |line| line.strip_suffix(b"\r").unwrap_or(line));
        Ok(text.to_vec())
    }

    /// Passes over blanks, but for too many.
    fn blanks(&mut self, fault: ArmorFault) -> io::Result<()> {
        let mut passed = 0;
        loop {
            let bytes = self.input.fill_buf()?;
            let count = bytes.iter().take_while(|&&byte| is_blank(byte)).count();
            let is_over = count == 0 || count < bytes.len();
            self.input.consume(count);
            passed += count;
            if passed > MAX_BLANK_BYTES {
                return Err(io::Error::other(fault));
            }
            if is_over {
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> Read for Armored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() && self.state != State::Done {
            self.step()?;
        }
        let count = buffer.len().min(self.decoded.len() - self.given);
        buffer[..count].copy_from_slice(&self.decoded[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// A line of canonical base64 that is not empty, padded at its end alone.
fn decode(line: &[u8]) -> Option<Vec<u8>> {
    let padding = line.iter().rev().take_while(|&&byte| byte == b'=').count();
    let is_line = (1..=COLUMNS).contains(&line.len()) && !line[..line.len() - padding].contains(&b'=');
    if is_line { BASE64.decode(line).ok() } else { None }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
