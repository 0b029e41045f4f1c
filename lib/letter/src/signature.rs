//! Signatures as ssh makes them for files and git for commits (`PROTOCOL.sshsig` of OpenSSH), so that
//! `git verify-commit` and `ssh-keygen -Y verify` take ours, and we theirs.

use std::fmt;

use data_encoding::BASE64;
use ed25519_dalek::Signer;
use sha2::{Digest, Sha512};

use crate::key::{KIND, PublicKey, SecretKey};
use crate::wire;

/// What git signs commits for.
pub const NAMESPACE: &str = "git";

const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: u32 = 1;
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// As `ssh-keygen` breaks them.
const LINE: usize = 70;

/// A signature, with the public key that it names. That the key is somebody's is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    key: PublicKey,
    signature: [u8; 64],
    is_sha512: bool,
}

/// A signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// There is none.
    #[error("it is not signed")]
    Missing,
    /// It is of another kind than ed25519 by ssh, or cut.
    #[error("its signature is none that is known here")]
    Malformed,
    /// Something was changed since, or the key is another.
    #[error("its signature does not fit what it says")]
    Wrong,
}

impl Signature {
    /// Signs `message` with `key`.
    pub fn new(key: &SecretKey, message: &[u8]) -> Self {
        let signature = key.0.sign(&signed(message, true)).to_bytes();
        Self { key: key.public(), signature, is_sha512: true }
    }

    /// Reads one between its two lines.
    ///
    /// # Errors
    /// [`BadSignature::Malformed`].
    pub fn parse(text: &str) -> Result<Self, BadSignature> {
        let inner = text.trim().strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END));
        let digits: String = inner.unwrap_or_default().split_ascii_whitespace().collect();
        let blob = BASE64.decode(digits.as_bytes()).map_err(|_| BadSignature::Malformed)?;
        Self::from_blob(&blob).ok_or(BadSignature::Malformed)
    }

    fn from_blob(blob: &[u8]) -> Option<Self> {
        let mut rest = blob.strip_prefix(MAGIC)?.strip_prefix(&VERSION.to_be_bytes())?;
        let key = PublicKey::from_blob(wire::take(&mut rest)?)?;
        let (namespace, _reserved) = (wire::take(&mut rest)?, wire::take(&mut rest)?);
        let is_sha512 = match wire::take(&mut rest)? {
            b"sha512" => true,
            b"sha256" => false,
            _ => return None,
        };
        let mut signature = wire::take(&mut rest)?;
        let (kind, bytes) = (wire::take(&mut signature)?, wire::take(&mut signature)?);
        let is_whole = rest.is_empty() && signature.is_empty();
        let is_known = namespace == NAMESPACE.as_bytes() && kind == KIND.as_bytes();
        let signature = bytes.try_into().ok()?;
        (is_whole && is_known).then_some(Self { key, signature, is_sha512 })
    }

    /// The key that it was made with, when it fits `message`.
    ///
    /// # Errors
    /// [`BadSignature::Wrong`].
    pub fn verify(&self, message: &[u8]) -> Result<PublicKey, BadSignature> {
        let key = self.key.verifying().ok_or(BadSignature::Wrong)?;
        let signature = ed25519_dalek::Signature::from_bytes(&self.signature);
        key.verify_strict(&signed(message, self.is_sha512), &signature).map_err(|_| BadSignature::Wrong)?;
        Ok(self.key)
    }
}

/// What is signed in place of `message`.
fn signed(message: &[u8], is_sha512: bool) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    wire::put(&mut bytes, NAMESPACE.as_bytes());
    wire::put(&mut bytes, b"");
    if is_sha512 {
        wire::put(&mut bytes, b"sha512");
        wire::put(&mut bytes, &Sha512::digest(message));
    } else {
        wire::put(&mut bytes, b"sha256");
        wire::put(&mut bytes, &sha2::Sha256::digest(message));
    }
    bytes
}

/// The lines of it, without a line end behind the last.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = MAGIC.to_vec();
        blob.extend_from_slice(&VERSION.to_be_bytes());
        wire::put(&mut blob, &self.key.blob());
        wire::put(&mut blob, NAMESPACE.as_bytes());
        wire::put(&mut blob, b"");
        wire::put(&mut blob, if self.is_sha512 { b"sha512" } else { b"sha256" });
        let mut signature = Vec::new();
        wire::put(&mut signature, KIND.as_bytes());
        wire::put(&mut signature, &self.signature);
        wire::put(&mut blob, &signature);
        let digits = BASE64.encode(&blob);
        writeln!(f, "{BEGIN}")?;
        for at in (0..digits.len()).step_by(LINE) {
            writeln!(f, "{}", &digits[at..digits.len().min(at + LINE)])?;
        }
        f.write_str(END)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_as_it_is_written_and_fits_its_message_alone() {
        let key = SecretKey::from_seed(&[9; 32]);
        let signature = Signature::new(&key, b"the message");
        let read = Signature::parse(&signature.to_string()).unwrap();
        assert_eq!(read, signature);
        assert_eq!(read.verify(b"the message"), Ok(key.public()));
        assert_eq!(read.verify(b"the massage"), Err(BadSignature::Wrong));
    }

    #[test]
    fn every_changed_byte_makes_it_another_or_none() {
        let key = SecretKey::from_seed(&[9; 32]);
        let text = Signature::new(&key, b"m").to_string();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let fits = Signature::parse(&changed).and_then(|read| read.verify(b"m"));
            assert_ne!(fits, Ok(key.public()), "byte {at}");
        }
        for end in 0..text.len() {
            assert_eq!(Signature::parse(&text[..end]), Err(BadSignature::Malformed));
        }
    }
}
