//! Letters that were sent through ssh and gave no receipt: whether each arrived is not known. The same handoff is sent again under
//! the same name, so that the other side knows it.

use std::io::ErrorKind;
use std::path::Path;

use handoff_document::Timestamp;
use handoff_files::{Dir, FileError};
use handoff_letter::LetterId;
use handoff_process::Environment;
use handoff_store::Store;
use sha2::{Digest, Sha256};

use crate::error::MailError;
use crate::mailroom;
use crate::send::Destination;

const DIRECTORY: &str = "send";
/// A name is not used again when the letter would be refused soon: after 25 days.
const KEEP_SECS: i64 = 25 * 86_400;
const MAX_BYTES: u64 = 64;

/// The letters to one destination from one worktree.
#[derive(Debug)]
pub struct Unreceipted {
    dir: Dir,
    to: String,
}

impl Unreceipted {
    /// Those from the worktree `top` to `to`.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(environment: &Environment, top: &Path, to: &Destination) -> Result<Self, MailError> {
        let store = Store::create(&environment.store_to_write()?)?;
        let dir = Dir::create(&store.path().join(mailroom::DIRECTORY))?.create_child(DIRECTORY)?;
        let now = Timestamp::now().seconds();
        for entry in dir.entries()? {
            if dir.modified(&entry.name).is_some_and(|at| now.saturating_sub(at) > 2 * KEEP_SECS) {
                dir.remove(&entry.name)?;
            }
        }
        Ok(Self { dir, to: format!("{to}\0{}", top.display()) })
    }

    /// The name of the letter that the handoff in the file `name` was sent as.
    pub fn letter_of(&self, name: &str) -> Option<LetterId> {
        let bytes = self.dir.open_to_read(self.key(name)).and_then(|mut file| file.read(MAX_BYTES)).ok()?;
        let id = LetterId::parse(std::str::from_utf8(&bytes).ok()?.trim())?;
        let age = Timestamp::now().seconds().saturating_sub(id.created().seconds());
        (0..KEEP_SECS).contains(&age).then_some(id)
    }

    /// Writes down that the handoff in the file `name` is about to be sent as `id`.
    ///
    /// # Errors
    /// What the system says.
    pub fn note(&self, name: &str, id: &LetterId) -> Result<(), FileError> {
        self.dir.temporary(&[format!("{id}\n").as_bytes()])?.replace(self.key(name))?;
        self.dir.sync()
    }

    /// Its receipt came.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget(&self, name: &str) -> Result<(), FileError> {
        match self.dir.remove(self.key(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn key(&self, name: &str) -> String {
        let hash = Sha256::digest(format!("{}\0{name}", self.to));
        hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
