//! Why bytes could not be sealed or opened.

use std::io;

use crate::{MAX_HEADER_BYTES, MAX_RECIPIENTS};

/// Why bytes could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no recipient.
    #[error("could not encrypt: no recipient is named")]
    NoRecipients,
    /// More than [`MAX_RECIPIENTS`].
    #[error("could not encrypt to {0} recipients: at most {MAX_RECIPIENTS} are possible")]
    TooManyRecipients(usize),
    /// The passphrase is empty.
    #[error("could not encrypt: the passphrase is empty")]
    EmptyPassphrase,
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The plaintext could not be read.
    #[error("could not read what is to be encrypted: {0}")]
    Read(#[source] io::Error),
    /// The encrypted bytes could not be written.
    #[error("could not write what was encrypted: {0}")]
    Write(#[source] io::Error),
}

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("could not get random bytes from the system: {0}")]
pub struct RandomError(pub(crate) getrandom::Error);

/// Why bytes could not be opened.
///
/// [`NoMatch`](Self::NoMatch), [`WrongPassphrase`](Self::WrongPassphrase), [`NeedsPassphrase`](Self::NeedsPassphrase) and
/// [`NeedsIdentity`](Self::NeedsIdentity) say that the key is not the right one. All others but [`Read`](Self::Read),
/// [`Write`](Self::Write), [`TooLong`](Self::TooLong) and [`WorkFactor`](Self::WorkFactor) say that the bytes are not what a
/// sender encrypted.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// They do not begin as an age file does.
    #[error("this is not an age file")]
    NotAge,
    /// It is an age file of another version.
    #[error("this age file is of another version than v1")]
    Version,
    /// The armor around it is not strict PEM.
    #[error("the armor of this age file is damaged: {0}")]
    Armor(#[from] ArmorFault),
    /// The header is not one that the format allows.
    #[error("the header of this age file is damaged: {0}")]
    Header(#[from] HeaderFault),
    /// No recipient of the file is one of the identities. A changed key share or wrapped key in the header looks the same.
    #[error("this age file is encrypted to other keys")]
    NoMatch,
    /// The passphrase is another one. A changed salt or wrapped key in the header looks the same.
    #[error("the passphrase is not the one that this age file was encrypted with")]
    WrongPassphrase,
    /// It is encrypted with a passphrase, and identities were given.
    #[error("this age file is encrypted with a passphrase")]
    NeedsPassphrase,
    /// It is encrypted to recipients, and a passphrase was given.
    #[error("this age file is encrypted to a key and not with a passphrase")]
    NeedsIdentity,
    /// The sender asks for more work than is done for any file: 2^`log_n` steps, of 1 KiB of memory each.
    #[error("this age file asks for a work factor of 2^{log_n}: at most 2^{max} is allowed")]
    WorkFactor {
        /// The logarithm that the file has.
        log_n: u8,
        /// The largest one that is allowed: [`MAX_WORK_FACTOR_LOG`](crate::MAX_WORK_FACTOR_LOG).
        max: u8,
    },
    /// The header was changed after it was written.
    #[error("the header of this age file was changed after it was encrypted")]
    Mac,
    /// What comes behind the header was changed, or is not whole.
    #[error("this age file is damaged: {0}")]
    Payload(#[from] PayloadFault),
    /// The plaintext is longer than the caller allows.
    #[error("this age file holds more than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// The encrypted bytes could not be read.
    #[error("could not read what is to be decrypted: {0}")]
    Read(#[source] io::Error),
    /// The plaintext could not be written.
    #[error("could not write what was decrypted: {0}")]
    Write(#[source] io::Error),
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// It ends before its MAC.
    #[error("it is cut short")]
    Truncated,
    /// It is longer than [`MAX_HEADER_BYTES`].
    #[error("it is longer than {MAX_HEADER_BYTES} bytes")]
    TooLong,
    /// It has more stanzas than [`MAX_RECIPIENTS`].
    #[error("it has more than {MAX_RECIPIENTS} recipients")]
    TooManyStanzas,
    /// It has no recipient stanza.
    #[error("it names no recipient")]
    NoStanza,
    /// A line does not have the form that the format gives to it.
    #[error("a line of it has another form than the format's")]
    Line,
    /// The arguments or the body of an `X25519` stanza have another form than the format's.
    #[error("an X25519 recipient in it has another form than the format's")]
    X25519,
    /// The key share of an `X25519` stanza is a point of low order, from which anyone can compute the secret.
    #[error("the key share of a recipient in it is a point of low order")]
    LowOrder,
    /// The arguments or the body of a `scrypt` stanza have another form than the format's.
    #[error("the passphrase entry in it has another form than the format's")]
    Scrypt,
    /// A `scrypt` stanza is not the only one.
    #[error("it has a passphrase and other recipients")]
    ScryptNotAlone,
}

/// What is wrong with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadFault {
    /// It ends before its final chunk.
    #[error("it is cut short")]
    Truncated,
    /// A chunk was changed or cut short.
    #[error("chunk {0} of it was changed or cut short")]
    Chunk(u64),
    /// The final chunk is empty and not the only one: no sender writes that.
    #[error("its last chunk is empty")]
    EmptyFinalChunk,
    /// Something follows the final chunk.
    #[error("something follows its last chunk")]
    Trailing,
}

/// What is wrong with an armor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmorFault {
    /// It does not begin with `-----BEGIN AGE ENCRYPTED FILE-----`, after at most 1 KiB of blanks.
    #[error("its first line is another one")]
    Begin,
    /// A line is not 64 columns of canonical base64, or as many as are left in the last one.
    #[error("line {0} of it is not base64 of the right length")]
    Line(u64),
    /// It ends before `-----END AGE ENCRYPTED FILE-----`.
    #[error("it is cut short")]
    Truncated,
    /// Something else than at most 1 KiB of blanks follows its last line.
    #[error("something follows its last line")]
    Trailing,
}

/// Why a text could not be read as an identity or a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    /// It does not begin as one of the kind that was asked for.
    #[error("it does not begin with `{prefix}`")]
    Prefix {
        /// What one begins with.
        prefix: &'static str,
    },
    /// A character is missing, added or another one: the checksum does not fit.
    #[error("it was mistyped or cut short: its checksum does not fit")]
    Checksum,
    /// It is a key of another kind, as those of plugins are, or is not written in the only way that the format has.
    #[error("it is not an X25519 key")]
    Kind,
    /// It is a point of low order: anyone could decrypt what is encrypted to it.
    #[error("it is a point of low order, which is not a key")]
    LowOrder,
}
