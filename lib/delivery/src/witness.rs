//! Proof that a record was written by a hook, not by a sandboxed agent.
//!
//! For each offer there is an empty file `<state>/offers/<32 hex digits>`, named by the SHA-256 of the handoff's file name
//! and the record's line. Any sandboxed agent may write in the store; none may write there.

use std::ffi::OsStr;

use handoff_files::{Dir, Kind};
use handoff_state::{StateDir, StateError};
use sha2::{Digest, Sha256};

const OFFERS: &str = "offers";

/// The witnesses of this user's offers.
#[derive(Debug)]
pub(crate) struct Witnesses(Option<Dir>);

impl Witnesses {
    /// Those that are there, to look at.
    pub(crate) fn open(state: Option<&StateDir>) -> Self {
        let open = |state: &StateDir| state.open().ok()??.child(OFFERS).ok()?;
        Self(state.and_then(open))
    }

    /// Whether there can be any: without a place for them no record has one.
    pub(crate) fn can_be(&self) -> bool {
        self.0.is_some()
    }

    /// To add to. Nothing is brought to the disk: an offer that is forgotten is made again.
    pub(crate) fn create(state: &StateDir) -> Result<Self, StateError> {
        Ok(Self(Some(state.create_unsynced()?.create_unsynced(OFFERS)?)))
    }

    /// Notes that `line` was recorded for `handoff`.
    pub(crate) fn add(&self, handoff: &OsStr, line: &str) -> Result<(), StateError> {
        if let Some(dir) = &self.0 {
            dir.create_new(name(handoff, line))?;
        }
        Ok(())
    }

    /// Whether `line` was recorded for `handoff` by a hook.
    pub(crate) fn has(&self, handoff: &OsStr, line: &str) -> bool {
        let kind = |dir: &Dir| dir.kind_of(name(handoff, line));
        self.0.as_ref().is_some_and(|dir| matches!(kind(dir), Ok(Some(Kind::File))))
    }

    /// Removes the witness of a record that is no longer needed. One that stays is harmless.
    pub(crate) fn remove(&self, handoff: &OsStr, line: &str) {
        if let Some(dir) = &self.0 {
            let _ = dir.remove(name(handoff, line));
        }
    }
}

fn name(handoff: &OsStr, line: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(handoff.as_encoded_bytes());
    hash.update([0]);
    hash.update(line.as_bytes());
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
