//! The key of a machine: ed25519, written as ssh writes it.

use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD};
use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::wire;

/// How ssh calls this kind of key.
pub(crate) const KIND: &str = "ssh-ed25519";

/// The secret half of a machine's key. It is overwritten when it is dropped, and never shown.
#[derive(Clone)]
pub struct SecretKey(pub(crate) SigningKey);

/// The public half, by which others know the machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// A line of text is no key of the kind that letters are signed with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// It is a key of another kind.
    #[error("a key of the kind {0} is not used here, only {KIND}")]
    Kind(String),
    /// It is none.
    #[error("it does not read `{KIND} AAAA…`")]
    Malformed,
}

impl SecretKey {
    /// The one that these random bytes make.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretKey").field(&self.public()).finish()
    }
}

impl PublicKey {
    /// Reads a line of `authorized_keys` or of a file that `ssh-keygen` made, without options in front. A comment behind it
    /// is passed over.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn parse(line: &str) -> Result<Self, NotAKey> {
        let mut words = line.split_ascii_whitespace();
        let (Some(kind), Some(blob)) = (words.next(), words.next()) else { return Err(NotAKey::Malformed) };
        let is_kind =
            |kind: &str| kind.starts_with("ssh-") || kind.starts_with("ecdsa-") || kind.starts_with("sk-");
        if kind != KIND {
            return Err(if is_kind(kind) { NotAKey::Kind(kind.to_owned()) } else { NotAKey::Malformed });
        }
        let blob = BASE64.decode(blob.as_bytes()).map_err(|_| NotAKey::Malformed)?;
        Self::from_blob(&blob).ok_or(NotAKey::Malformed)
    }

    /// The same from the bytes that are written as base64.
    pub(crate) fn from_blob(mut blob: &[u8]) -> Option<Self> {
        let (kind, key) = (wire::take(&mut blob)?, wire::take(&mut blob)?);
        let key = Self(key.try_into().ok()?);
        // A point that is none, or of a small group, never signed anything.
        let is_strong = key.verifying().is_some_and(|key| !key.is_weak());
        (kind == KIND.as_bytes() && blob.is_empty() && is_strong).then_some(key)
    }

    pub(crate) fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(51);
        wire::put(&mut blob, KIND.as_bytes());
        wire::put(&mut blob, &self.0);
        blob
    }

    pub(crate) fn verifying(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(&self.0).ok()
    }

    /// As ssh names it: `SHA256:` and 43 characters.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(self.blob())))
    }
}

/// `ssh-ed25519 AAAA…`.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KIND} {}", BASE64.encode(&self.blob()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = SecretKey::from_seed(&[7; 32]).public();
        assert_eq!(PublicKey::parse(&key.to_string()), Ok(key));
        assert_eq!(PublicKey::parse(&format!("  {key} ann@laptop\n")), Ok(key));
        assert!(!format!("{:?}", SecretKey::from_seed(&[7; 32])).contains("7, 7"));
    }

    #[test]
    fn what_is_no_key_of_this_kind_is_named() {
        let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ ann@laptop";
        assert_eq!(PublicKey::parse(rsa), Err(NotAKey::Kind("ssh-rsa".to_owned())));
        let key = SecretKey::from_seed(&[7; 32]).public().to_string();
        for line in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "no-port ssh-ed25519 AAAA", &key[..key.len() - 4]]
        {
            assert_eq!(PublicKey::parse(line), Err(NotAKey::Malformed), "{line}");
        }
        // The neutral point, under which many signatures pass.
        let mut blob = Vec::new();
        wire::put(&mut blob, KIND.as_bytes());
        let mut point = [0; 32];
        point[0] = 1;
        wire::put(&mut blob, &point);
        assert_eq!(PublicKey::parse(&format!("{KIND} {}", BASE64.encode(&blob))), Err(NotAKey::Malformed));
    }
}
