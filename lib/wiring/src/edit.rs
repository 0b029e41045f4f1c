//! What is remembered of an edit, so that it can be taken back to the byte.

use serde::{Deserialize, Serialize};

use crate::undo::Undo;

/// An edit of a file, as it is kept in a manifest: what it left, and what gives the file back that was there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// BLAKE3 of the file after the edit, in hex: as long as it is the same, the edit can be undone to the byte.
    pub hash: String,
    /// Whether there was no such file.
    pub created: bool,
    /// Where the two differ, in bytes.
    pub at: usize,
    /// How many bytes of the new text are ours.
    pub inserted: usize,
    /// What stood there.
    pub removed: String,
}

/// The file was edited since, so that it cannot be given back to the byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edited;

impl Edit {
    /// The edit that turned `before`, None for no file, into `after`.
    pub fn new(before: Option<&str>, after: &str) -> Self {
        let Undo { at, inserted, removed } = Undo::between(before.unwrap_or(""), after);
        Self { hash: hash(after.as_bytes()), created: before.is_none(), at, inserted, removed }
    }

    /// What was there before, when `now` is what the edit left: the text, or None for no file.
    ///
    /// # Errors
    /// [`Edited`].
    pub fn undo(&self, now: &str) -> Result<Option<String>, Edited> {
        if hash(now.as_bytes()) != self.hash {
            return Err(Edited);
        }
        if self.created {
            return Ok(None);
        }
        let undo = Undo { at: self.at, inserted: self.inserted, removed: self.removed.clone() };
        undo.apply(now).map(Some).ok_or(Edited)
    }
}

/// BLAKE3 in hex: several times as fast as SHA-256 where the processor has no instructions for that.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
