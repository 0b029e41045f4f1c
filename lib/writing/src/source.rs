//! The draft as it came, and where it is safe.

use std::path::{Path, PathBuf};

use handoff_document::{FileName, Timestamp};
use handoff_files::FileError;
use handoff_process::{Environment, InputError, InputFault, read_whole};
use handoff_store::Store;
use handoff_surface::size;
use handoff_text::Sanitised;

use crate::template;

/// No more than this is read of a draft.
pub const MAX_DRAFT_BYTES: usize = 64 << 20;

/// A draft's bytes and where they are safe.
#[derive(Debug, Default)]
pub struct Source {
    /// The draft, or what arrived of it.
    pub bytes: Vec<u8>,
    /// The file that it was read from, when a refusal need not keep it again.
    pub file: Option<PathBuf>,
    /// Why `bytes` are not all of it, when they are not: such a draft is never written.
    pub cut: Option<Cut>,
    /// The next action that it was made of, when that is all that was given.
    pub next_action: Option<String>,
}

/// Why a draft did not arrive whole.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Cut {
    /// Reading it failed before its end.
    #[error(
        "could not read {from} to its end: {reason}; what came before that has {}",
        size(*received as u64)
    )]
    Unreadable {
        /// Where it was read from.
        from: String,
        /// What the system says.
        reason: String,
        /// How many bytes came before.
        received: usize,
    },
    /// It is longer than what is kept of a draft.
    #[error("{from} has more than {}, of which no more is kept", size(*limit as u64))]
    TooLong {
        /// Where it was read from.
        from: String,
        /// How much is kept, in bytes.
        limit: usize,
    },
    /// Its sender was ended before it had sent all of it.
    #[error(
        "the draft has {received} bytes and its sender announced {announced}: it was ended before it had sent all of it"
    )]
    Shorter {
        /// How many bytes came.
        received: usize,
        /// How many its sender has.
        announced: usize,
    },
}

/// Where a refused draft is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// In this file.
    At(PathBuf),
    /// It could be written nowhere: the caller has the only copy.
    Nowhere,
    /// There was nothing in it.
    Nothing,
}

impl Source {
    /// The draft `bytes`, which is in no file.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// The least draft: a title, and `action` as the next action.
    pub fn of_next_action(action: &str) -> Self {
        Self { next_action: Some(action.to_owned()), ..Self::of_bytes(template::of_next_action(action)) }
    }

    /// What was `read` from the place called `from`, at most [`MAX_DRAFT_BYTES`].
    pub fn of_input(read: Result<Vec<u8>, InputError>, from: &str) -> Self {
        let InputError { received, fault } = match read {
            Ok(bytes) => return Self::of_bytes(bytes),
            Err(error) => error,
        };
        let from = from.to_owned();
        let cut = match fault {
            InputFault::Read(cause) => {
                Cut::Unreadable { from, reason: handoff_files::reason(&cause), received: received.len() }
            }
            InputFault::TooLong(limit) => Cut::TooLong { from, limit },
        };
        Self { cut: Some(cut), ..Self::of_bytes(received) }
    }

    /// Reads the draft from the file at `path`.
    ///
    /// # Errors
    /// [`FileError`] where nothing is lost: the file can't be read, or not to its end. What came out of a pipe is kept.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let unreadable = |cause| FileError::new("read", path)(cause);
        let mut opened = handoff_files::open_named(path).map_err(|error| unreadable(error.source))?;
        // A pipe's content is gone once it is read.
        let file = handoff_files::is_file(path).then(|| path.to_owned());
        match read_whole(&mut opened, MAX_DRAFT_BYTES) {
            Err(InputError { fault: InputFault::Read(cause), .. }) if file.is_some() => {
                Err(unreadable(cause))
            }
            read => Ok(Self { file, ..Self::of_input(read, &Sanitised::path(path)) }),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    /// The same when it has `length` bytes, else cut: a sender that is killed closes its pipe as one that is done does.
    #[must_use]
    pub fn of_length(mut self, length: Option<usize>) -> Self {
        if let Some(announced) = length.filter(|&length| length != self.bytes.len()) {
            self.cut.get_or_insert(Cut::Shorter { received: self.bytes.len(), announced });
        }
        self
    }

    /// Removes the draft that became a handoff, when it lies where drafts are kept. A user's own file stays.
    pub(crate) fn discard(&self, environment: &Environment) {
        let Some(file) = &self.file else { return };
        let usual = environment.home.as_ref().map(|home| home.join(".agent-handoffs"));
        for root in environment.store().ok().into_iter().chain(usual) {
            let Ok(Some(store)) = Store::open(&root) else { continue };
            // Left behind it is a copy too many, and no harm.
            if store.discard_draft(file).is_ok_and(|was_there| was_there) {
                return;
            }
        }
    }

    /// Keeps what can be kept of a draft that is refused.
    pub fn keep(&self, environment: &Environment) -> Kept {
        if let Some(file) = &self.file {
            return Kept::At(file.clone());
        }
        if self.is_blank() {
            return Kept::Nothing;
        }
        let name = FileName::new(Timestamp::now(), "draft", None);
        let store = environment.store_to_write().ok();
        // Where the store cannot take it, the one directory that every system has may.
        for root in store.into_iter().chain([Environment::last_resort()]) {
            if let Ok(path) = Store::create(&root).and_then(|store| store.keep_draft(&name, &self.bytes)) {
                return Kept::At(path);
            }
        }
        Kept::Nowhere
    }
}
