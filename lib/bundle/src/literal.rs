//! Git's binary patches, read and written as a stream: `literal <size>`, then the zlib stream in base 85, at most 52 bytes
//! a line. Git would hold such a file several times over in memory, and write what it was before as well.

use std::io::{BufRead, Read, Write};

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

/// Bytes on a line.
pub(crate) const LINE: usize = 52;
const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const WINDOW: u8 = 15;
/// What is large is seldom text: more than this costs much time, and saves little space.
const LEVEL: i32 = 3;

/// Why a literal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LiteralError {
    #[error("{}", handoff_files::reason(.0))]
    Io(#[from] std::io::Error),
    #[error("its content is not in git's form")]
    Malformed,
    #[error("its content is not as long as it says")]
    Size,
}

/// Writes the content of `source`, which must have `size` bytes, and the empty line behind it. `seen` is given every
/// piece of the content.
pub(crate) fn write(
    target: &mut dyn Write,
    source: &mut dyn Read,
    size: u64,
    mut seen: impl FnMut(&[u8]),
) -> Result<(), LiteralError> {
    writeln!(target, "literal {size}")?;
    let mut deflate = Deflate::new(LEVEL, true, WINDOW);
    let mut lines = Lines { target, pending: Vec::with_capacity(LINE) };
    let (mut input, mut output) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut total = 0_u64;
    loop {
        let count = match source.read(&mut input) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        seen(&input[..count]);
        total += count as u64;
        if total > size {
            return Err(LiteralError::Size);
        }
        let flush = if count == 0 { DeflateFlush::Finish } else { DeflateFlush::NoFlush };
        let mut rest = &input[..count];
        loop {
            let (was_in, was_out) = (deflate.total_in(), deflate.total_out());
            let status = deflate.compress(rest, &mut output, flush).map_err(|_| LiteralError::Malformed)?;
            rest = &rest[usize::try_from(deflate.total_in() - was_in).unwrap_or(0)..];
            let made = usize::try_from(deflate.total_out() - was_out).unwrap_or(0);
            lines.put(&output[..made])?;
            if status == Status::StreamEnd || (count > 0 && rest.is_empty() && made < output.len()) {
                break;
            }
        }
        if count == 0 {
            break;
        }
    }
    if total != size {
        return Err(LiteralError::Size);
    }
    lines.end()
}

struct Lines<'t> {
    target: &'t mut dyn Write,
    pending: Vec<u8>,
}

impl Lines<'_> {
    fn put(&mut self, mut bytes: &[u8]) -> Result<(), LiteralError> {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(LINE - self.pending.len()));
            self.pending.extend_from_slice(now);
            bytes = rest;
            if self.pending.len() == LINE {
                self.line()?;
            }
        }
        Ok(())
    }

    fn line(&mut self) -> Result<(), LiteralError> {
        let count = u8::try_from(self.pending.len()).unwrap_or(0);
        let mut line = [0; 2 + LINE / 4 * 5];
        line[0] = if count <= 26 { b'A' + count - 1 } else { b'a' + count - 27 };
        let mut length = 1;
        for four in self.pending.chunks(4) {
            let mut word = [0; 4];
            word[..four.len()].copy_from_slice(four);
            let mut value = u32::from_be_bytes(word);
            for digit in line[length..length + 5].iter_mut().rev() {
                *digit = DIGITS[(value % 85) as usize];
                value /= 85;
            }
            length += 5;
        }
        line[length] = b'\n';
        self.pending.clear();
        Ok(self.target.write_all(&line[..=length])?)
    }

    fn end(mut self) -> Result<(), LiteralError> {
        if !self.pending.is_empty() {
            self.line()?;
        }
        Ok(self.target.write_all(b"\n")?)
    }
}

/// Reads the lines behind `literal <size>`, up to the empty one, and gives `take` every piece of the content.
pub(crate) fn read(
    source: &mut dyn BufRead,
    size: u64,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), LiteralError> {
    let mut inflate = Inflate::new(true, WINDOW);
    let (mut line, mut output) = (Vec::new(), vec![0; 1 << 16]);
    let (mut ended, mut bytes) = (false, [0; LINE]);
    loop {
        line.clear();
        (&mut *source).take(LINE as u64 * 2).read_until(b'\n', &mut line)?;
        if line == b"\n" {
            break;
        }
        let count = decode(&line, &mut bytes).ok_or(LiteralError::Malformed)?;
        let mut rest = &bytes[..count];
        while !rest.is_empty() {
            if ended {
                return Err(LiteralError::Malformed);
            }
            let (was_in, was_out) = (inflate.total_in(), inflate.total_out());
            let status = inflate
                .decompress(rest, &mut output, InflateFlush::NoFlush)
                .map_err(|_| LiteralError::Malformed)?;
            let used = usize::try_from(inflate.total_in() - was_in).unwrap_or(0);
            let made = usize::try_from(inflate.total_out() - was_out).unwrap_or(0);
            rest = &rest[used..];
            if inflate.total_out() > size {
                return Err(LiteralError::Size);
            }
            take(&output[..made])?;
            ended = status == Status::StreamEnd;
            if !ended && used == 0 && made == 0 {
                return Err(LiteralError::Malformed);
            }
        }
        // What the last input makes may be more than one buffer.
        while !ended {
            let was_out = inflate.total_out();
            match inflate.decompress(&[], &mut output, InflateFlush::NoFlush) {
                Ok(status) => {
                    let made = usize::try_from(inflate.total_out() - was_out).unwrap_or(0);
                    if inflate.total_out() > size {
                        return Err(LiteralError::Size);
                    }
                    take(&output[..made])?;
                    ended = status == Status::StreamEnd;
                    if made == 0 {
                        break;
                    }
                }
                Err(_) => return Err(LiteralError::Malformed),
            }
        }
    }
    if ended && inflate.total_out() == size { Ok(()) } else { Err(LiteralError::Size) }
}

/// The beginning of a delta: how large what it is made for is, and what it makes.
pub(crate) struct DeltaHead {
    inflate: Inflate,
    bytes: Vec<u8>,
}

impl Default for DeltaHead {
    fn default() -> Self {
        Self { inflate: Inflate::new(true, WINDOW), bytes: Vec::with_capacity(Self::MAX_HEAD_BYTES) }
    }
}

impl DeltaHead {
    /// Two numbers of 64 bits, seven to a byte.
    const MAX_HEAD_BYTES: usize = 20;

    /// Takes the next bytes of the zlib stream; what comes after the head is passed over.
    pub(crate) fn take(&mut self, mut compressed: &[u8]) {
        while !compressed.is_empty() && self.bytes.len() < Self::MAX_HEAD_BYTES {
            let mut output = [0; Self::MAX_HEAD_BYTES];
            let room = &mut output[self.bytes.len()..];
            let (was_in, was_out) = (self.inflate.total_in(), self.inflate.total_out());
            let done = self.inflate.decompress(compressed, room, InflateFlush::NoFlush);
            let used = usize::try_from(self.inflate.total_in() - was_in).unwrap_or(0);
            let made = usize::try_from(self.inflate.total_out() - was_out).unwrap_or(0);
            self.bytes.extend_from_slice(&room[..made]);
            if used == 0 && made == 0 || !matches!(done, Ok(Status::Ok)) {
                return;
            }
            compressed = &compressed[used..];
        }
    }

    /// The size of what it makes, in bytes; None when that is not to be read.
    pub(crate) fn result(&self) -> Option<u64> {
        let mut bytes = self.bytes.iter();
        let mut number = || {
            let mut sum = 0_u64;
            for shift in (0..64).step_by(7) {
                let byte = *bytes.next()?;
                sum |= u64::from(byte & 0x7f).checked_shl(shift)?;
                if byte & 0x80 == 0 {
                    return Some(sum);
                }
            }
            None
        };
        number().and_then(|_| number())
    }
}

/// What each byte is worth as a digit; 255: it is none.
const WORTH: [u8; 256] = {
    let mut worth = [255; 256];
    let mut at = 0;
    while at < DIGITS.len() {
        worth[DIGITS[at] as usize] = at as u8;
        at += 1;
    }
    worth
};

/// The bytes of one line, its end included: how many of `bytes` they are. None when it is no such line.
pub(crate) fn decode(line: &[u8], bytes: &mut [u8; LINE]) -> Option<usize> {
    let (&first, digits) = line.strip_suffix(b"\n")?.split_first()?;
    let count = match first {
        b'A'..=b'Z' => first - b'A' + 1,
        b'a'..=b'z' => first - b'a' + 27,
        _ => return None,
    };
    let count = usize::from(count);
    if digits.len() != count.div_ceil(4) * 5 {
        return None;
    }
    for (five, four) in digits.chunks_exact(5).zip(bytes.chunks_exact_mut(4)) {
        let mut value = 0_u64;
        for digit in five {
            let worth = WORTH[usize::from(*digit)];
            if worth == 255 {
                return None;
            }
            value = value * 85 + u64::from(worth);
        }
        four.copy_from_slice(&u32::try_from(value).ok()?.to_be_bytes());
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(content: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        write(&mut written, &mut &content[..], content.len() as u64, |_| {}).unwrap();
        let mut lines = &written[..];
        let mut first = Vec::new();
        lines.read_until(b'\n', &mut first).unwrap();
        assert_eq!(first, format!("literal {}\n", content.len()).into_bytes());
        let mut back = Vec::new();
        read(&mut lines, content.len() as u64, |piece| {
            back.extend_from_slice(piece);
            Ok(())
        })
        .unwrap();
        assert!(lines.is_empty());
        assert_eq!(back, content);
        written
    }

    #[test]
    fn every_content_comes_back() {
        let noise: Vec<u8> =
            (0_u32..300_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (n >> 7) as u8).collect();
        for content in [&b""[..], b"x", &[0; 1_000_000], &noise, &noise[..65_536], &noise[..51]] {
            round(content);
        }
    }

    #[test]
    fn what_is_too_long_too_short_or_damaged_is_refused() {
        let written = round(&vec![7; 5000]);
        let body = &written[b"literal 5000\n".len()..];
        let read = |bytes: &[u8], size| read(&mut &bytes[..], size, |_| Ok(()));
        assert!(read(body, 5000).is_ok());
        assert!(matches!(read(body, 4999), Err(LiteralError::Size)));
        assert!(matches!(read(body, 5001), Err(LiteralError::Size)));
        for at in 0..body.len() {
            let mut damaged = body.to_owned();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            assert!(read(&damaged, 5000).is_err(), "at {at}");
            assert!(read(&body[..at], 5000).is_err(), "cut at {at}");
        }
        let mut short = &b"12"[..];
        assert!(matches!(write(&mut Vec::new(), &mut short, 3, |_| {}), Err(LiteralError::Size)));
    }
}
