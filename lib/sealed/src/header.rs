//! The header: who a file is for, as lines of text with a MAC.

use std::io::{BufRead, Read};

use data_encoding::BASE64_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::{HeaderFault, OpenError};
use crate::primitives::{FileKey, derive};

/// The longest header that is read, in bytes.
pub const MAX_HEADER_BYTES: usize = 64 << 10;
/// The most recipients that a file is sealed to, and the most recipient stanzas of a header that is read.
pub const MAX_RECIPIENTS: usize = 256;

/// What every age file begins with.
pub(crate) const MAGIC: &[u8] = b"age-encryption.org/";
const VERSION_LINE: &[u8] = b"age-encryption.org/v1";
/// The longest version line that is looked at.
const MAX_VERSION_LINE_BYTES: usize = 128;
/// A body is wrapped here; its last line is shorter.
const BODY_COLUMNS: usize = 64;

/// A header that was read. Its MAC is not checked yet: that takes the file key.
pub(crate) struct Header {
    /// For whom it is. At least one.
    pub(crate) stanzas: Vec<Stanza>,
    /// The bytes that the MAC is about.
    covered: Vec<u8>,
    mac: [u8; 32],
}

/// The file key, wrapped for one recipient.
pub(crate) struct Stanza {
    /// The first says the kind. At least one.
    pub(crate) arguments: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Header {
    /// Reads up to the first byte of the payload.
    pub(crate) fn read(input: &mut impl BufRead) -> Result<Self, OpenError> {
        let mut lines = Lines { input, covered: Vec::new() };
        lines.version()?;
        let mut stanzas = Vec::new();
        let mut line = lines.next()?;
        while let Some(arguments) = line.strip_prefix(b"-> ") {
            if stanzas.len() == MAX_RECIPIENTS {
                return Err(HeaderFault::TooManyStanzas.into());
            }
            let arguments = arguments_of(arguments).ok_or(HeaderFault::Line)?;
            stanzas.push(Stanza { arguments, body: lines.body()? });
            line = lines.next()?;
        }
        let mac = line.strip_prefix(b"--- ").and_then(decode_array).ok_or(HeaderFault::Line)?;
        if stanzas.is_empty() {
            return Err(HeaderFault::NoStanza.into());
        }
        let mut covered = lines.covered;
        // All but the space, the MAC and the end of its line.
        covered.truncate(covered.len() - (line.len() + 1) + b"---".len());
        Ok(Self { stanzas, covered, mac })
    }

    /// Checks the MAC: that the header is as the holder of the file key wrote it.
    pub(crate) fn verify(&self, file_key: &FileKey) -> Result<(), OpenError> {
        authenticator(file_key, &self.covered).verify_slice(&self.mac).map_err(|_| OpenError::Mac)
    }

    /// Renders the header of `stanzas`, with its MAC.
    pub(crate) fn render(stanzas: &[Stanza], file_key: &FileKey) -> Vec<u8> {
        let mut text = [VERSION_LINE, b"\n"].concat();
        for stanza in stanzas {
            text.extend_from_slice(format!("-> {}\n", stanza.arguments.join(" ")).as_bytes());
            let body = BASE64_NOPAD.encode(&stanza.body);
            for line in body.as_bytes().chunks(BODY_COLUMNS) {
                text.extend_from_slice(line);
                text.push(b'\n');
            }
            if body.len().is_multiple_of(BODY_COLUMNS) {
                text.push(b'\n');
            }
        }
        text.extend_from_slice(b"---");
        let mac = authenticator(file_key, &text).finalize().into_bytes();
        text.extend_from_slice(format!(" {}\n", BASE64_NOPAD.encode(&mac)).as_bytes());
        text
    }
}

/// The lines of a header, and all their bytes.
struct Lines<'a, R> {
    input: &'a mut R,
    covered: Vec<u8>,
}

impl<R: BufRead> Lines<'_, R> {
    fn version(&mut self) -> Result<(), OpenError> {
        let line = match self.line(MAX_VERSION_LINE_BYTES) {
            Ok(line) => line,
            Err(OpenError::Header(_)) => self.covered.clone(),
            Err(error) => return Err(error),
        };
        match line.strip_prefix(MAGIC) {
            Some(b"v1") => Ok(()),
            Some(_) => Err(OpenError::Version),
            None => Err(OpenError::NotAge),
        }
    }

    fn next(&mut self) -> Result<Vec<u8>, OpenError> {
        self.line(MAX_HEADER_BYTES - self.covered.len())
    }

    /// A line without its end, of at most `limit` bytes with it.
    fn line(&mut self, limit: usize) -> Result<Vec<u8>, OpenError> {
        let start = self.covered.len();
        let mut bounded = self.input.take(limit as u64);
        let count = bounded.read_until(b'\n', &mut self.covered).map_err(crate::armor::read_error)?;
        match self.covered[start..].strip_suffix(b"\n") {
            Some(line) => Ok(line.to_vec()),
            None if count == limit => Err(HeaderFault::TooLong.into()),
            None => Err(HeaderFault::Truncated.into()),
        }
    }

    /// A stanza's body: lines of 64 columns, and one that is shorter.
    fn body(&mut self) -> Result<Vec<u8>, OpenError> {
        let mut body = Vec::new();
        loop {
            let line = self.next()?;
            if line.len() > BODY_COLUMNS {
                return Err(HeaderFault::Line.into());
            }
            body.extend(BASE64_NOPAD.decode(&line).map_err(|_| HeaderFault::Line)?);
            if line.len() < BODY_COLUMNS {
                return Ok(body);
            }
        }
    }
}

/// Arguments that are separated by one space each, of visible characters.
fn arguments_of(line: &[u8]) -> Option<Vec<String>> {
    let text = str::from_utf8(line).ok()?;
    let is_argument = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic());
    text.split(' ').map(|part| is_argument(part).then(|| part.to_owned())).collect()
}

/// `N` bytes in canonical base64 without padding.
pub(crate) fn decode_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    BASE64_NOPAD.decode(text).ok()?.try_into().ok()
}

fn authenticator(file_key: &FileKey, header: &[u8]) -> Hmac<Sha256> {
    let key = derive(&**file_key, b"", b"header");
    let mac = Hmac::<Sha256>::new_from_slice(&*key).expect("HMAC takes keys of any length");
    mac.chain_update(header)
}
