//! The three primitives of the format, with its parameters.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Tag};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::RandomError;

/// What a chunk or a wrapped key is longer than what it holds, in bytes.
pub(crate) const TAG_BYTES: usize = 16;
/// The length of a file key in bytes.
const FILE_KEY_BYTES: usize = 16;
/// The length of a wrapped file key in bytes.
pub(crate) const WRAPPED_BYTES: usize = FILE_KEY_BYTES + TAG_BYTES;

/// The key of one file, from which those of its header and its payload are derived.
pub(crate) type FileKey = Zeroizing<[u8; FILE_KEY_BYTES]>;
/// A key of 32 bytes.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// `N` random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, RandomError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(RandomError)?;
    Ok(bytes)
}

/// HKDF-SHA-256.
pub(crate) fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Key {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(info, &mut *key)
        .expect("32 bytes are fewer than 255 hashes");
    key
}

/// Encrypts a file key for one recipient.
pub(crate) fn wrap(key: &Key, file_key: &FileKey) -> [u8; WRAPPED_BYTES] {
    let mut wrapped = [0; WRAPPED_BYTES];
    let (text, tag) = wrapped.split_at_mut(FILE_KEY_BYTES);
    text.copy_from_slice(&**file_key);
    tag.copy_from_slice(&Chunks::new(key).seal(&[0; 12], text));
    wrapped
}

/// Decrypts a file key. `None` if it was wrapped with another key, or changed.
pub(crate) fn unwrap(key: &Key, wrapped: &[u8; WRAPPED_BYTES]) -> Option<FileKey> {
    let (text, tag) = wrapped.split_at(FILE_KEY_BYTES);
    let mut file_key = Zeroizing::new([0; FILE_KEY_BYTES]);
    file_key.copy_from_slice(text);
    Chunks::new(key).open(&[0; 12], &mut *file_key, tag).then_some(file_key)
}

/// ChaCha20-Poly1305 without associated data.
pub(crate) struct Chunks(ChaCha20Poly1305);

impl Chunks {
    pub(crate) fn new(key: &Key) -> Self {
        Self(ChaCha20Poly1305::new((&**key).into()))
    }

    /// Encrypts `text` in place and returns its tag.
    pub(crate) fn seal(&self, nonce: &[u8; 12], text: &mut [u8]) -> [u8; TAG_BYTES] {
        let tag = self.0.encrypt_inout_detached(nonce.into(), b"", text.into());
        tag.expect("a chunk is shorter than the 256 GiB that one nonce is good for").into()
    }

    /// Decrypts `text` in place. False, and `text` as it was, where the tag is that of another text.
    #[must_use]
    pub(crate) fn open(&self, nonce: &[u8; 12], text: &mut [u8], tag: &[u8]) -> bool {
        let Ok(tag) = Tag::try_from(tag) else { return false };
        self.0.decrypt_inout_detached(nonce.into(), b"", text.into(), &tag).is_ok()
    }
}
