//! After compaction: what this same session was given before.

use handoff_document::Document;
use handoff_files::FileError;
use handoff_store::Inbox;
use handoff_surface::{Frame, Loaded, REMINDER};

/// How many handoffs are repeated at most.
const MOST: usize = 5;

/// How much of an archived handoff is read for it, in bytes.
const BEGINNING: u64 = 256 << 10;

/// The reminder for `session`; None when it was given nothing that is still in the archive.
///
/// # Errors
/// When there is no randomness for the frame.
pub fn remind(inbox: &Inbox, session: &str) -> Result<Option<String>, FileError> {
    let mut names = inbox.recall(session);
    names.reverse();
    let mut contents: Vec<(std::ffi::OsString, Vec<u8>)> = Vec::new();
    for name in names {
        let known = contents.iter().any(|(known, _)| *known == name);
        if known || contents.len() == MOST {
            continue;
        }
        if let Ok(content) = inbox.read_archived(&name, BEGINNING) {
            contents.push((name, content));
        }
    }
    if contents.is_empty() {
        return Ok(None);
    }
    let paths: Vec<_> = contents.iter().map(|(name, _)| inbox.read_path().join(name)).collect();
    let loaded: Vec<Loaded<'_>> = contents
        .iter()
        .zip(&paths)
        .map(|((name, content), path)| Loaded {
            document: Document::parse(content),
            file_name: name.as_encoded_bytes(),
            path,
        })
        .collect();
    let frame = Frame::new(handoff_files::random()?);
    Ok(Some(handoff_surface::reminder(&frame, &loaded, REMINDER)))
}
