//! The draft as it came.

use std::path::{Path, PathBuf};
use std::time::Duration;

use handoff_document::{FileName, Timestamp};
use handoff_files::FileError;
use handoff_process::{
    Environment, InputError, InputFault, Output, is_input_silent_for, read_whole, read_whole_input,
};
use handoff_store::Store;
use handoff_surface::size;
use handoff_text::Sanitised;

/// No more than this is read of a draft; a handoff may have 1 MiB.
const MAX_DRAFT_BYTES: usize = 64 << 20;

/// A draft's bytes and where they are safe.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) bytes: Vec<u8>,
    /// The file that it was read from, when a refusal need not keep it again.
    pub(crate) file: Option<PathBuf>,
    /// Why `bytes` are not all of it, when they are not: such a draft is never written.
    pub(crate) cut: Option<String>,
}

impl Source {
    /// Reads the draft from the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let unreadable = |cause| FileError::new("read", path)(cause);
        let mut opened = handoff_files::open_named(path).map_err(|error| unreadable(error.source))?;
        // A pipe's content is gone once it is read.
        let file = handoff_files::is_file(path).then(|| path.to_owned());
        let read = read_whole(&mut opened, MAX_DRAFT_BYTES);
        match (read, file) {
            // Nothing is lost when a file cannot be read.
            (Err(InputError { fault: InputFault::Read(cause), .. }), Some(_)) => Err(unreadable(cause)),
            (read, file) => Ok(Self::of(read, file, &Sanitised::path(path))),
        }
    }

    /// Reads the draft from standard input to its end; `None` when that is a terminal.
    pub(crate) fn read_input() -> Option<Self> {
        read_whole_input(MAX_DRAFT_BYTES).transpose().map(|read| Self::of(read, None, "standard input"))
    }

    /// The draft that is on standard input where none is needed; `None` if nothing is sent there.
    pub(crate) fn sent() -> Option<Self> {
        /// A host may leave standard input open without sending anything.
        const FIRST_BYTE: Duration = Duration::from_millis(200);
        if is_input_silent_for(FIRST_BYTE) {
            return None;
        }
        Self::read_input()
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    /// The same when it has `length` bytes, else cut: a sender that is killed closes its pipe as one that is done does.
    pub(crate) fn of_length(mut self, length: Option<usize>) -> Self {
        if let Some(length) = length.filter(|&length| length != self.bytes.len() && self.cut.is_none()) {
            let reason = format!(
                "the draft has {} bytes and its sender announced {length}: it was ended before it had sent all of it",
                self.bytes.len()
            );
            self.cut = Some(reason);
        }
        self
    }

    fn of(read: Result<Vec<u8>, InputError>, file: Option<PathBuf>, name: &str) -> Self {
        match read {
            Ok(bytes) => Self { bytes, file, cut: None },
            Err(InputError { received, fault }) => {
                let reason = match fault {
                    InputFault::Read(cause) => format!(
                        "could not read {name} to its end: {}; what came before that has {}",
                        handoff_files::reason(&cause),
                        size(received.len() as u64)
                    ),
                    InputFault::TooLong(limit) => {
                        format!("{name} has more than {}, of which no more is kept", size(limit as u64))
                    }
                };
                Self { bytes: received, file, cut: Some(reason) }
            }
        }
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

    /// Keeps what can be kept of a draft that is refused, and says where in words for the message.
    pub(crate) fn keep(&self, environment: &Environment, output: &Output) -> Kept {
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
        // The last place where it can still be found: what called us.
        output.print_exact(&String::from_utf8_lossy(&self.bytes));
        Kept::Printed
    }
}

/// Where a refused draft is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    At(PathBuf),
    /// It could be written nowhere, so it was printed.
    Printed,
    /// There was nothing in it.
    Nothing,
}
