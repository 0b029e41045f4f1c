//! The payload: chunks of 64 KiB, each with a tag, the last of them marked as such.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::armor::read_error;
use crate::error::{OpenError, PayloadFault, SealError};
use crate::primitives::{Chunks, FileKey, TAG_BYTES, derive, random};

/// What one chunk holds, in bytes.
const CHUNK_BYTES: usize = 64 << 10;
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
const NONCE_BYTES: usize = 16;

/// How long a payload is for a plaintext of `length` bytes.
pub(crate) fn sealed_length(length: usize) -> usize {
    NONCE_BYTES + length + length.div_ceil(CHUNK_BYTES).max(1) * TAG_BYTES
}

/// Encrypts all of `plain`; returns how many bytes that were.
pub(crate) fn seal(
    mut plain: impl Read,
    sealed: &mut impl Write,
    file_key: &FileKey,
) -> Result<u64, SealError> {
    let nonce = random::<NONCE_BYTES>()?;
    sealed.write_all(&*nonce).map_err(SealError::Write)?;
    let mut cipher = Stream::new(file_key, &nonce);
    // One byte more tells whether it is the last chunk.
    let mut buffer = Zeroizing::new(vec![0; CHUNK_BYTES + 1]);
    let (mut held, mut total) = (0, 0);
    loop {
        held += fill(&mut plain, &mut buffer[held..]).map_err(SealError::Read)?;
        let is_last = held <= CHUNK_BYTES;
        let count = held.min(CHUNK_BYTES);
        let following = buffer[CHUNK_BYTES];
        let tag = cipher.seal(&mut buffer[..count], is_last);
        sealed.write_all(&buffer[..count]).and_then(|()| sealed.write_all(&tag)).map_err(SealError::Write)?;
        total += count as u64;
        if is_last {
            return Ok(total);
        }
        buffer[0] = following;
        held = 1;
    }
}

/// Decrypts all of `sealed`; returns how many bytes that made. Writes a chunk only when its tag was checked, and at most
/// `limit` bytes.
pub(crate) fn open(
    mut sealed: impl Read,
    plain: &mut impl Write,
    file_key: &FileKey,
    limit: u64,
) -> Result<u64, OpenError> {
    let mut nonce = [0; NONCE_BYTES];
    if fill(&mut sealed, &mut nonce).map_err(read_error)? < NONCE_BYTES {
        return Err(PayloadFault::Truncated.into());
    }
    let mut cipher = Stream::new(file_key, &nonce);
    let mut buffer = Zeroizing::new(vec![0; SEALED_CHUNK_BYTES]);
    let mut total = 0;
    loop {
        let count = fill(&mut sealed, &mut buffer).map_err(read_error)?;
        let (is_last, length) = cipher.open(&mut buffer[..count])?;
        total += length as u64;
        if total > limit {
            return Err(OpenError::TooLong { limit });
        }
        plain.write_all(&buffer[..length]).map_err(OpenError::Write)?;
        if is_last {
            break;
        }
    }
    let follows = fill(&mut sealed, &mut buffer[..1]).map_err(read_error)? > 0;
    if follows { Err(PayloadFault::Trailing.into()) } else { Ok(total) }
}

/// The cipher with its counter.
struct Stream {
    chunks: Chunks,
    counter: u64,
}

impl Stream {
    fn new(file_key: &FileKey, nonce: &[u8; NONCE_BYTES]) -> Self {
        Self { chunks: Chunks::new(&derive(&**file_key, nonce, b"payload")), counter: 0 }
    }

    /// Eleven bytes of counter, of which 2^64 chunks need eight, and the mark of the last chunk.
    fn nonce(&self, is_last: bool) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.counter.to_be_bytes());
        nonce[11] = is_last.into();
        nonce
    }

    fn seal(&mut self, text: &mut [u8], is_last: bool) -> [u8; TAG_BYTES] {
        let tag = self.chunks.seal(&self.nonce(is_last), text);
        self.counter += 1;
        tag
    }

    /// Decrypts a chunk in place. Returns whether it is the last one, and how many bytes it holds.
    fn open(&mut self, chunk: &mut [u8]) -> Result<(bool, usize), PayloadFault> {
        let length = chunk.len().checked_sub(TAG_BYTES).ok_or(PayloadFault::Truncated)?;
        let (text, tag) = chunk.split_at_mut(length);
        // Only a full chunk can be followed by another one.
        let is_followed = length == CHUNK_BYTES && self.chunks.open(&self.nonce(false), text, tag);
        if !is_followed && !self.chunks.open(&self.nonce(true), text, tag) {
            return Err(PayloadFault::Chunk(self.counter));
        }
        if length == 0 && self.counter > 0 {
            return Err(PayloadFault::EmptyFinalChunk);
        }
        self.counter += 1;
        Ok((!is_followed, length))
    }
}

/// Reads until `buffer` is full or the input ends. Returns how many bytes those were.
fn fill(mut input: impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
