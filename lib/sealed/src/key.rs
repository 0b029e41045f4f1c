//! X25519 keys as texts: who can open, and who it is sealed to.

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{ParseKeyError, RandomError};
use crate::primitives;

const SECRET_PREFIX: &str = "AGE-SECRET-KEY-1";
const PUBLIC_PREFIX: &str = "age1";
const SECRET_HRP: Hrp = Hrp::parse_unchecked("age-secret-key-");
const PUBLIC_HRP: Hrp = Hrp::parse_unchecked("age");

/// A secret key: opens what is sealed to its [`recipient`](Self::recipient). Its bytes are overwritten when it is dropped, and
/// `Debug` does not show them.
pub struct Identity {
    secret: StaticSecret,
    recipient: Recipient,
}

impl Identity {
    /// Makes a new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self::new(*primitives::random()?))
    }

    /// The one whose secret is `bytes`, which nobody can guess.
    pub fn from_secret(bytes: [u8; 32]) -> Self {
        Self::new(bytes)
    }

    fn new(mut bytes: [u8; 32]) -> Self {
        let secret = StaticSecret::from(bytes);
        bytes.zeroize();
        let recipient = Recipient(PublicKey::from(&secret).to_bytes());
        Self { secret, recipient }
    }

    /// What is sealed to this identity names this.
    pub fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// The secret itself, `AGE-SECRET-KEY-1…`: for the one file that keeps it.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let text = bech32::encode_upper::<Bech32>(SECRET_HRP, self.secret.as_bytes());
        Zeroizing::new(text.expect("32 bytes are shorter than bech32's limit"))
    }

    /// The secret that it shares with the holder of `share`. `None` if that is a point of low order.
    pub(crate) fn shared_secret(&self, share: &[u8; 32]) -> Option<primitives::Key> {
        agree(&self.secret, share)
    }
}

impl FromStr for Identity {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let mut bytes = decode(text, SECRET_PREFIX, SECRET_HRP)?;
        let identity = Self::new(*bytes);
        bytes.zeroize();
        Ok(identity)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

/// A public key, `age1…`: what is sealed to it, only its [`Identity`] opens. Never a point of low order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient([u8; 32]);

impl Recipient {
    /// The point's bytes.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What a stanza says for this recipient: the share of a key that was made for it alone, and the secret that both have.
    pub(crate) fn agree(&self) -> Result<([u8; 32], primitives::Key), RandomError> {
        let ephemeral = StaticSecret::from(*primitives::random()?);
        let secret = agree(&ephemeral, &self.0).expect("a recipient is never of low order");
        Ok((PublicKey::from(&ephemeral).to_bytes(), secret))
    }
}

impl FromStr for Recipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let bytes = *decode(text, PUBLIC_PREFIX, PUBLIC_HRP)?;
        // Any secret finds it: all are multiples of the order of those points.
        let any = StaticSecret::from([0; 32]);
        agree(&any, &bytes).map(|_| Self(bytes)).ok_or(ParseKeyError::LowOrder)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = bech32::encode_lower::<Bech32>(PUBLIC_HRP, &self.0);
        f.pad(&text.expect("32 bytes are shorter than bech32's limit"))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

/// X25519. `None` if the point is of low order.
fn agree(secret: &StaticSecret, point: &[u8; 32]) -> Option<primitives::Key> {
    let shared = secret.diffie_hellman(&PublicKey::from(*point));
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}

/// The 32 bytes of a bech32 text that is written in the only way in which it may be.
fn decode(text: &str, prefix: &'static str, hrp: Hrp) -> Result<Zeroizing<[u8; 32]>, ParseKeyError> {
    if !text.starts_with(prefix) {
        return Err(ParseKeyError::Prefix { prefix });
    }
    let checked = CheckedHrpstring::new::<Bech32>(text).map_err(|_| ParseKeyError::Checksum)?;
    if checked.hrp() != hrp {
        return Err(ParseKeyError::Kind);
    }
    checked.validate_segwit_padding().map_err(|_| ParseKeyError::Kind)?;
    let mut bytes = Zeroizing::new([0; 32]);
    let mut rest = checked.byte_iter();
    for byte in &mut *bytes {
        *byte = rest.next().ok_or(ParseKeyError::Kind)?;
    }
    if rest.next().is_some() { Err(ParseKeyError::Kind) } else { Ok(bytes) }
}
