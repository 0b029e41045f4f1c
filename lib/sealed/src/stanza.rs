//! The two kinds of recipients: how each wraps the file key, and how it is unwrapped.

use data_encoding::BASE64_NOPAD;

use crate::error::{HeaderFault, OpenError, RandomError};
use crate::header::{Header, Stanza, decode_array};
use crate::key::{Identity, Recipient};
use crate::passphrase::{MAX_WORK_FACTOR_LOG, Passphrase};
use crate::primitives::{FileKey, Key, WRAPPED_BYTES, derive, random, unwrap, wrap};

const X25519: &str = "X25519";
const SCRYPT: &str = "scrypt";

/// Wraps the file key for a recipient.
pub(crate) fn for_recipient(recipient: &Recipient, file_key: &FileKey) -> Result<Stanza, RandomError> {
    let (share, secret) = recipient.agree()?;
    let key = x25519_key(&secret, &share, recipient);
    let arguments = vec![X25519.to_owned(), BASE64_NOPAD.encode(&share)];
    Ok(Stanza { arguments, body: wrap(&key, file_key).to_vec() })
}

/// Wraps the file key with a passphrase.
pub(crate) fn for_passphrase(
    passphrase: &Passphrase,
    file_key: &FileKey,
    log_n: u8,
) -> Result<Stanza, RandomError> {
    let salt = random()?;
    let key = passphrase.key(&salt, log_n);
    let arguments = vec![SCRYPT.to_owned(), BASE64_NOPAD.encode(&*salt), log_n.to_string()];
    Ok(Stanza { arguments, body: wrap(&key, file_key).to_vec() })
}

/// Unwraps the file key with the first identity that one of the stanzas is for. Stanzas of unknown kinds are passed over.
pub(crate) fn with_identities(header: &Header, identities: &[Identity]) -> Result<FileKey, OpenError> {
    if scrypt_of(header)?.is_some() {
        return Err(OpenError::NeedsPassphrase);
    }
    for (share, wrapped) in x25519_of(header)? {
        for identity in identities {
            let secret = identity.shared_secret(&share).ok_or(HeaderFault::LowOrder)?;
            let key = x25519_key(&secret, &share, identity.recipient());
            if let Some(file_key) = unwrap(&key, &wrapped) {
                return Ok(file_key);
            }
        }
    }
    Err(OpenError::NoMatch)
}

/// Unwraps the file key with a passphrase.
pub(crate) fn with_passphrase(header: &Header, passphrase: &Passphrase) -> Result<FileKey, OpenError> {
    let Some((salt, log_n, wrapped)) = scrypt_of(header)? else { return Err(OpenError::NeedsIdentity) };
    if log_n > MAX_WORK_FACTOR_LOG {
        return Err(OpenError::WorkFactor { log_n, max: MAX_WORK_FACTOR_LOG });
    }
    unwrap(&passphrase.key(&salt, log_n), &wrapped).ok_or(OpenError::WrongPassphrase)
}

fn x25519_key(secret: &Key, share: &[u8; 32], recipient: &Recipient) -> Key {
    let salt = [share.as_slice(), recipient.bytes()].concat();
    derive(&**secret, &salt, b"age-encryption.org/v1/X25519")
}

/// A key share, and the file key that is wrapped for it.
type X25519Entry = ([u8; 32], [u8; WRAPPED_BYTES]);

/// All stanzas of that kind. One with another form refuses the file, whichever it is for.
fn x25519_of(header: &Header) -> Result<Vec<X25519Entry>, HeaderFault> {
    let of_kind = header.stanzas.iter().filter(|stanza| stanza.arguments[0] == X25519);
    let entry = |stanza: &Stanza| {
        let [_, share] = stanza.arguments.as_slice() else { return None };
        Some((decode_array(share.as_bytes())?, stanza.body.as_slice().try_into().ok()?))
    };
    of_kind.map(|stanza| entry(stanza).ok_or(HeaderFault::X25519)).collect()
}

/// Salt, logarithm of the work factor, and the wrapped file key.
type ScryptEntry = ([u8; 16], u8, [u8; WRAPPED_BYTES]);

/// The stanza of that kind, which must be alone.
fn scrypt_of(header: &Header) -> Result<Option<ScryptEntry>, HeaderFault> {
    let Some(stanza) = header.stanzas.iter().find(|stanza| stanza.arguments[0] == SCRYPT) else {
        return Ok(None);
    };
    if header.stanzas.len() > 1 {
        return Err(HeaderFault::ScryptNotAlone);
    }
    let entry = || {
        let [_, salt, log_n] = stanza.arguments.as_slice() else { return None };
        let is_decimal = !log_n.starts_with('0') && log_n.bytes().all(|b| b.is_ascii_digit());
        let log_n = if is_decimal { log_n.parse().ok()? } else { return None };
        Some((decode_array(salt.as_bytes())?, log_n, stanza.body.as_slice().try_into().ok()?))
    };
    entry().map(Some).ok_or(HeaderFault::Scrypt)
}
