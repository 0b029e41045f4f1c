//! After compaction: what this same session was given before.

use std::ffi::OsString;

use handoff_document::Document;
use handoff_files::FileError;
use handoff_store::Inbox;
use handoff_surface::{Frame, Loaded, REMINDER};

/// How many handoffs are repeated at most.
const MOST: usize = 5;

/// How much of an archived handoff is read for it, in bytes.
const BEGINNING: u64 = 256 << 10;

/// The reminder for `session`; None when it was given nothing that is still there. What is in `delivered` is still unread
/// and about to be archived: it is named where it will be.
///
/// # Errors
/// When there is no randomness for the frame.
pub fn remind(inbox: &Inbox, session: &str, delivered: &[OsString]) -> Result<Option<String>, FileError> {
    let mut names = inbox.recall(session);
    names.reverse();
    let mut contents: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
    for name in names {
        let known = contents.iter().any(|(known, _)| known.file_name() == Some(&*name));
        if known || contents.len() == MOST {
            continue;
        }
        // What was offered and not settled yet is still unread.
        let archived = inbox.read_archived(&name, BEGINNING).map(|content| (inbox.read_path(), content));
        let place = if delivered.contains(&name) { inbox.read_path() } else { inbox.unread_path() };
        let given = archived.or_else(|_| inbox.read_unread(&name, BEGINNING).map(|content| (place, content)));
        if let Ok((dir, content)) = given {
            contents.push((dir.join(&name), content));
        }
    }
    if contents.is_empty() {
        return Ok(None);
    }
    let loaded: Vec<Loaded<'_>> = contents
        .iter()
        .map(|(path, content)| Loaded {
            document: Document::parse(content),
            file_name: path.file_name().unwrap_or_default().as_encoded_bytes(),
            path,
        })
        .collect();
    let frame = Frame::new(handoff_files::random()?);
    Ok(Some(handoff_surface::reminder(&frame, &loaded, REMINDER)))
}
