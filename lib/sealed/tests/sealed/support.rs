//! What several tests need.

use std::io::{self, Read};

use handoff_sealed::{Identity, Recipient, seal};

/// A new identity.
pub(crate) fn identity() -> Identity {
    Identity::generate().unwrap()
}

/// The recipients of identities.
pub(crate) fn recipients(identities: &[Identity]) -> Vec<Recipient> {
    identities.iter().map(|identity| *identity.recipient()).collect()
}

/// `plain` sealed to one identity.
pub(crate) fn sealed_to(identity: &Identity, plain: &[u8]) -> Vec<u8> {
    seal(plain, &[*identity.recipient()]).unwrap()
}

/// `length` bytes, none of which is like its neighbours.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length as u64).map(|number| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// Where the payload of a sealed file begins.
pub(crate) fn payload_start(sealed: &[u8]) -> usize {
    let mac = sealed.windows(5).position(|window| window == b"\n--- ").unwrap() + 1;
    mac + sealed[mac..].iter().position(|&byte| byte == b'\n').unwrap() + 1
}

/// Gives its bytes in portions.
pub(crate) struct Portions<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) portion: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.portion.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}
