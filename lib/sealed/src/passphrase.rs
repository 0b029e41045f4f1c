//! Passphrases, and the key that scrypt makes of one.

use std::fmt;

use scrypt::Params;
use zeroize::Zeroizing;

use crate::primitives::Key;

/// The logarithm of the work factor that is sealed with, as age has it: 2^18 steps of 1 KiB, about a second.
pub const WORK_FACTOR_LOG: u8 = 18;
/// The largest logarithm that is opened. It asks for 1 GiB of memory.
pub const MAX_WORK_FACTOR_LOG: u8 = 20;

/// A passphrase. Its bytes are overwritten when it is dropped, and `Debug` does not show them.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes it as it was typed, without the newline.
    pub fn new(text: impl Into<Zeroizing<String>>) -> Self {
        Self(text.into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that wraps a file key.
    pub(crate) fn key(&self, salt: &[u8; 16], log_n: u8) -> Key {
        let salt = [b"age-encryption.org/v1/scrypt".as_slice(), salt].concat();
        let mut key = Zeroizing::new([0; 32]);
        let parameters = Params::new(log_n, 8, 1).expect("the logarithm is at most MAX_WORK_FACTOR_LOG");
        scrypt::scrypt(self.0.as_bytes(), &salt, &parameters, &mut *key)
            .expect("32 bytes are a possible length");
        key
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}
