//! What a run's file says, for people. An error or a cut is never taken for the end of a text.

use std::path::Path;

use handoff_files::FileError;
use handoff_runs::split_result;

/// Which part of a file that is longer than is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is left out stands at its end.
    Beginning,
    /// What is left out stands at its beginning.
    End,
}

/// The text of a file, without the head of a result.
#[derive(Debug)]
pub struct Excerpt {
    /// As it is in the file.
    pub text: String,
    /// How many bytes of it are left out; 0 when it is whole.
    pub left_out: u64,
}

impl Excerpt {
    /// At most `limit` bytes of the file at `path`.
    ///
    /// # Errors
    /// What the system says; `InvalidInput` when it is no regular file.
    pub fn read(path: &Path, limit: u64, part: Part) -> Result<Self, FileError> {
        let file = handoff_files::open_regular(path)?;
        let left_out = file.size().saturating_sub(limit);
        let offset = if part == Part::End { left_out } else { 0 };
        let bytes = file.read_at(offset, limit)?;
        let (_, text) = split_result(&bytes);
        Ok(Self { text: String::from_utf8_lossy(text).into_owned(), left_out })
    }

    /// The same for a view that shows nothing else: in place of what cannot be read the reason, and a line where it is
    /// cut.
    pub fn describe(path: &Path, limit: u64, part: Part) -> String {
        let Self { text, left_out } = match Self::read(path, limit, part) {
            Ok(read) => read,
            Err(error) => return format!("({error})\n"),
        };
        match (left_out, part) {
            (0, _) => text,
            (bytes, Part::Beginning) => format!("{text}\n[cut: {bytes} bytes more]\n"),
            (bytes, Part::End) => format!("[cut: {bytes} bytes before]\n{text}"),
        }
    }
}
