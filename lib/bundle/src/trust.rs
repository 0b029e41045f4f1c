//! Whose a bundle is. Its manifest names the hash of every other file of it, and carries a keyed hash of itself; the key
//! lies in the user's state directory, outside of every repository.

use std::path::{Path, PathBuf};

use handoff_files::{Dir, FileError};

use crate::bundle::Bundle;
use crate::error::BundleError;
use crate::path::{hex, unhex};

const KEY: &str = "key";
const ALLOWED: &str = "allowed";
/// What the key that seals undo records is derived for.
const RECORD_CONTEXT: &str = "agent-handoff 2026 handover undo record";
/// What stands in the keyed hash's place while the hash is made.
pub(crate) const PLACEHOLDER: &str =
    "0000000000000000:0000000000000000000000000000000000000000000000000000000000000000";

/// What is known of a bundle's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// This user made it on this machine, and no byte of manifest and summary has changed.
    Own,
    /// Somebody else's, and the user allowed exactly this content.
    Allowed,
    /// Somebody else's, or older than the key.
    Foreign,
    /// It claims this user's key and isn't what that key was used on, or its summary isn't the one it names.
    Tampered,
}

impl Trust {
    /// Whether it may be shown to an agent, and applied.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Own | Self::Allowed)
    }
}

/// The user's key, and what the user allowed.
#[derive(Debug)]
pub struct Keyring {
    state: PathBuf,
    key: Option<[u8; 32]>,
}

impl Keyring {
    /// Opens the one in the directory `state`, which need not exist.
    ///
    /// # Errors
    /// What the system says; `PermissionDenied` when the key is readable by others or is somebody else's,
    /// `InvalidData` when it is no key.
    pub fn open(state: &Path) -> Result<Self, BundleError> {
        let key = match Dir::open(state)? {
            Some(dir) => read(&dir)?,
            None => None,
        };
        Ok(Self { state: state.to_owned(), key })
    }

    /// The same, with a key made when there is none. Of several at once, all get the same.
    ///
    /// # Errors
    /// As for [`Keyring::open`].
    pub fn create(state: &Path) -> Result<Self, BundleError> {
        let dir = Dir::create(state)?;
        if read(&dir)?.is_none() {
            let fresh = handoff_files::random::<32>()?;
            // When another was faster, its key is the one.
            dir.temporary(&[&fresh])?.publish(KEY)?;
            dir.sync()?;
        }
        Self::open(state)
    }

    /// One that seals nothing, for work that has to be saved where the key cannot be used: such a bundle is nobody's own
    /// until it is allowed.
    pub fn without_key(state: &Path) -> Self {
        Self { state: state.to_owned(), key: None }
    }

    /// What is known of the bundle's origin. Its patches are not looked at, their hashes are: see [`Bundle::verify`].
    ///
    /// # Errors
    /// What the system says.
    pub fn trust(&self, bundle: &Bundle) -> Result<Trust, BundleError> {
        if !bundle.summary_is_right() {
            return Ok(Trust::Tampered);
        }
        if let Some(key) = &self.key {
            let said = bundle.manifest().keyed_hash.as_bytes();
            if said.starts_with(key_id(key).as_bytes()) {
                return Ok(if verify(key, bundle.raw(), said) { Trust::Own } else { Trust::Tampered });
            }
        }
        let allowed = match Dir::open(&self.state)?.map(|dir| dir.child(ALLOWED)).transpose()?.flatten() {
            Some(dir) => dir.kind_of(bundle.content_hash())?.is_some(),
            None => false,
        };
        Ok(if allowed { Trust::Allowed } else { Trust::Foreign })
    }

    /// Notes that the user allows this content. A bundle that was tampered with stays so.
    ///
    /// # Errors
    /// What the system says.
    pub fn allow(&self, bundle: &Bundle) -> Result<Trust, BundleError> {
        let dir = Dir::create(&self.state)?.create_child(ALLOWED)?;
        dir.create_new(bundle.content_hash())?;
        dir.sync()?;
        self.trust(bundle)
    }

    /// Takes the word back.
    ///
    /// # Errors
    /// What the system says.
    pub fn disallow(&self, bundle: &Bundle) -> Result<(), BundleError> {
        if let Some(dir) = Dir::open(&self.state)?.map(|dir| dir.child(ALLOWED)).transpose()?.flatten() {
            dir.remove(bundle.content_hash())?;
            dir.sync()?;
        }
        Ok(())
    }

    /// Whether the user allowed settings with this content.
    ///
    /// # Errors
    /// What the system says.
    pub fn allows_config(&self, content: &[u8]) -> Result<bool, BundleError> {
        match Dir::open(&self.state)?.map(|dir| dir.child(ALLOWED)).transpose()?.flatten() {
            Some(dir) => Ok(dir.kind_of(config_hash(content))?.is_some()),
            None => Ok(false),
        }
    }

    /// Notes that the user allows settings with this content.
    ///
    /// # Errors
    /// What the system says.
    pub fn allow_config(&self, content: &[u8]) -> Result<(), BundleError> {
        let dir = Dir::create(&self.state)?.create_child(ALLOWED)?;
        dir.create_new(config_hash(content))?;
        Ok(dir.sync()?)
    }

    /// Puts the keyed hash into a manifest that has [`PLACEHOLDER`] in its place. None without a key.
    pub(crate) fn seal(&self, manifest: &str) -> Option<String> {
        let key = self.key.as_ref()?;
        seal(&key_id(key), key, manifest)
    }

    /// What seals the records from which an apply is undone; None without a key.
    pub(crate) fn record_seal(&self) -> Option<RecordSeal> {
        let key = self.key.as_ref()?;
        Some(RecordSeal { id: key_id(key), key: blake3::derive_key(RECORD_CONTEXT, key) })
    }
}

/// Seals undo records and recognises them. Its key is derived from the user's: a manifest is never a record.
#[derive(Clone)]
pub(crate) struct RecordSeal {
    id: String,
    key: [u8; 32],
}

impl std::fmt::Debug for RecordSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordSeal").field("id", &self.id).finish_non_exhaustive()
    }
}

impl RecordSeal {
    /// Puts the keyed hash into a record that has [`PLACEHOLDER`] in its place; None when it has none.
    pub(crate) fn seal(&self, record: &str) -> Option<String> {
        seal(&self.id, &self.key, record)
    }

    /// Whether `said` is the keyed hash of the record `raw`.
    pub(crate) fn is_own(&self, raw: &[u8], said: &str) -> bool {
        said.starts_with(&self.id) && verify(&self.key, raw, said.as_bytes())
    }
}

/// `text` with the keyed hash of it in the place of the last [`PLACEHOLDER`]: a path could look the same, and all paths
/// stand before it.
fn seal(id: &str, key: &[u8; 32], text: &str) -> Option<String> {
    let hash = blake3::keyed_hash(key, text.as_bytes());
    let at = text.rfind(PLACEHOLDER)?;
    let (before, after) = (&text[..at], &text[at + PLACEHOLDER.len()..]);
    Some(format!("{before}{id}:{}{after}", hash.to_hex()))
}

/// What the user's word for settings is bound to.
fn config_hash(content: &[u8]) -> String {
    hex(&blake3::derive_key("agent-handoff 2026 handover config", content))
}

/// Which key it is, without telling the key.
fn key_id(key: &[u8; 32]) -> String {
    hex(&blake3::derive_key("agent-handoff 2026 handover key id", key)[..8])
}

/// Whether `said` is the keyed hash of `raw`, in which it stands exactly once.
fn verify(key: &[u8; 32], raw: &[u8], said: &[u8]) -> bool {
    if said.len() != PLACEHOLDER.len() {
        return false;
    }
    let mut places = raw.windows(said.len()).enumerate().filter(|(_, window)| *window == said);
    let (Some((at, _)), None) = (places.next(), places.next()) else { return false };
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&raw[..at]).update(PLACEHOLDER.as_bytes()).update(&raw[at + said.len()..]);
    let digits: Option<[u8; 32]> = unhex(&said[17..]).and_then(|bytes| bytes.try_into().ok());
    // Compared in constant time, as its type does.
    digits.is_some_and(|digits| hasher.finalize() == blake3::Hash::from(digits))
}

fn read(dir: &Dir) -> Result<Option<[u8; 32]>, BundleError> {
    let mut file = match dir.open_to_read(KEY) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let refuse = |kind, reason: &str| {
        BundleError::File(FileError::new("use", &dir.path_of(KEY))(std::io::Error::new(kind, reason)))
    };
    let access = file.access()?;
    if !access.is_ours() || access.mode & 0o077 != 0 {
        let reason = "others may read it; remove it, and allow again what you trust";
        return Err(refuse(std::io::ErrorKind::PermissionDenied, reason));
    }
    let bytes = file.read(64)?;
    let key = bytes.try_into().map_err(|_| {
        refuse(
            std::io::ErrorKind::InvalidData,
            "it is not 32 bytes long; remove it, and allow again what you trust",
        )
    })?;
    Ok(Some(key))
}
