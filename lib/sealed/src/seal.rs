//! Sealing and opening, whole and as streams.

use std::io::{BufRead, BufReader, Read, Write};

use crate::armor::{Armored, is_armored};
use crate::error::{OpenError, SealError};
use crate::header::{Header, MAX_RECIPIENTS};
use crate::key::{Identity, Recipient};
use crate::passphrase::{Passphrase, WORK_FACTOR_LOG};
use crate::{payload, primitives, stanza};

/// Who can open what is sealed.
#[derive(Clone, Copy, Debug)]
pub enum SealTo<'a> {
    /// Each of these, by itself: 1 to [`MAX_RECIPIENTS`].
    Recipients(&'a [Recipient]),
    /// Everybody who knows it.
    Passphrase(&'a Passphrase),
}

/// What it is opened with.
#[derive(Clone, Copy, Debug)]
pub enum OpenWith<'a> {
    /// The first of these that it is sealed to.
    Identities(&'a [Identity]),
    /// What it was sealed with.
    Passphrase(&'a Passphrase),
}

/// Encrypts `plain` so that each of `to` can open it.
///
/// # Errors
/// When there is no recipient or there are too many, or the system gives no random bytes.
pub fn seal(plain: &[u8], to: &[Recipient]) -> Result<Vec<u8>, SealError> {
    whole(plain, SealTo::Recipients(to))
}

/// Encrypts `plain` with a passphrase. Takes about a second and 256 MiB of memory.
///
/// # Errors
/// When the passphrase is empty, or the system gives no random bytes.
pub fn seal_with_passphrase(plain: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, SealError> {
    whole(plain, SealTo::Passphrase(passphrase))
}

fn whole(plain: &[u8], to: SealTo<'_>) -> Result<Vec<u8>, SealError> {
    let (header, file_key) = lock(to)?;
    let mut sealed = Vec::with_capacity(header.len() + payload::sealed_length(plain.len()));
    sealed.extend_from_slice(&header);
    payload::seal(plain, &mut sealed, &file_key)?;
    Ok(sealed)
}

/// Encrypts all of `plain` into `sealed`, 64 KiB at a time, and flushes it. Returns how many bytes `plain` had.
///
/// # Errors
/// As of [`seal`] and [`seal_with_passphrase`], and when reading or writing fails.
pub fn seal_stream(plain: impl Read, mut sealed: impl Write, to: SealTo<'_>) -> Result<u64, SealError> {
    let (header, file_key) = lock(to)?;
    sealed.write_all(&header).map_err(SealError::Write)?;
    let count = payload::seal(plain, &mut sealed, &file_key)?;
    sealed.flush().map_err(SealError::Write)?;
    Ok(count)
}

/// A new file key, and the header that gives it to those who may have it.
fn lock(to: SealTo<'_>) -> Result<(Vec<u8>, primitives::FileKey), SealError> {
    let file_key = primitives::random()?;
    let stanzas = match to {
        SealTo::Recipients([]) => return Err(SealError::NoRecipients),
        SealTo::Recipients(all) if all.len() > MAX_RECIPIENTS => {
            return Err(SealError::TooManyRecipients(all.len()));
        }
        SealTo::Recipients(all) => {
            let stanzas = all.iter().map(|recipient| stanza::for_recipient(recipient, &file_key));
            stanzas.collect::<Result<_, _>>()?
        }
        SealTo::Passphrase(passphrase) if passphrase.is_empty() => return Err(SealError::EmptyPassphrase),
        SealTo::Passphrase(passphrase) => {
            vec![stanza::for_passphrase(passphrase, &file_key, WORK_FACTOR_LOG)?]
        }
    };
    Ok((Header::render(&stanzas, &file_key), file_key))
}

/// Decrypts what was sealed to the recipient of one of `identities`, armored or not.
///
/// # Errors
/// When none of them opens it, or it is not whole and as it was sealed. See [`OpenError`].
pub fn open(sealed: &[u8], identities: &[Identity]) -> Result<Vec<u8>, OpenError> {
    opened(sealed, OpenWith::Identities(identities))
}

/// Decrypts what was sealed with a passphrase, armored or not. Takes as long as the sender chose, up to some seconds and 1 GiB
/// of memory.
///
/// # Errors
/// When the passphrase does not open it, or it is not whole and as it was sealed. See [`OpenError`].
pub fn open_with_passphrase(sealed: &[u8], passphrase: &Passphrase) -> Result<Vec<u8>, OpenError> {
    opened(sealed, OpenWith::Passphrase(passphrase))
}

fn opened(sealed: &[u8], with: OpenWith<'_>) -> Result<Vec<u8>, OpenError> {
    // What is inside is always shorter.
    let mut plain = Vec::with_capacity(sealed.len());
    unlock(sealed, &mut plain, with, u64::MAX)?;
    Ok(plain)
}

/// Decrypts all of `sealed` into `plain`, 64 KiB at a time, and flushes it. Returns how many bytes it wrote, which are at most
/// `limit`.
///
/// Every byte that it writes is as the sender wrote it. But after an error those bytes are not all of them: remove what was
/// written.
///
/// # Errors
/// As of [`open`] and [`open_with_passphrase`], when there are more than `limit` bytes, and when reading or writing fails.
pub fn open_stream(
    sealed: impl Read,
    mut plain: impl Write,
    with: OpenWith<'_>,
    limit: u64,
) -> Result<u64, OpenError> {
    let count = unlock(BufReader::new(sealed), &mut plain, with, limit)?;
    plain.flush().map_err(OpenError::Write)?;
    Ok(count)
}

fn unlock(
    mut sealed: impl BufRead,
    plain: &mut impl Write,
    with: OpenWith<'_>,
    limit: u64,
) -> Result<u64, OpenError> {
    if is_armored(&mut sealed).map_err(OpenError::Read)? {
        unlock_binary(&mut BufReader::new(Armored::new(sealed)), plain, with, limit)
    } else {
        unlock_binary(&mut sealed, plain, with, limit)
    }
}

fn unlock_binary(
    sealed: &mut impl BufRead,
    plain: &mut impl Write,
    with: OpenWith<'_>,
    limit: u64,
) -> Result<u64, OpenError> {
    let header = Header::read(sealed)?;
    let file_key = match with {
        OpenWith::Identities(identities) => stanza::with_identities(&header, identities)?,
        OpenWith::Passphrase(passphrase) => stanza::with_passphrase(&header, passphrase)?,
    };
    header.verify(&file_key)?;
    payload::open(sealed, plain, &file_key, limit)
}
